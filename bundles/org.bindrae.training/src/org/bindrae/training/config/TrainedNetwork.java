package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.IpaConfig;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.training.EmbeddingOrigin;
import org.bindrae.training.FrameNoise;
import org.bindrae.training.Inference;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.Task;
import org.bindrae.training.TrainingConfig;
import org.bindrae.training.Workbench;
import org.bindrae.training.packing.SideChainPacking;
import org.bindrae.training.prediction.ModelPredictor;

/**
 * A network with trained weights, ready to predict.
 *
 * @param file the weights
 * @param predictor uses {@code model}
 * @param task what it was trained for, with the noise of that
 * @param choice of the attention backend, which may be another one later
 */
public record TrainedNetwork(Path file, Stage1Model model, ModelPredictor predictor, TrainingConfig task, AttentionBackends.Choice choice)
        implements
            AutoCloseable {
    /**
     * Opens weights.
     *
     * @param weights a run directory, whose best checkpoint is taken; a checkpoint of one; or a weights file
     * @param settings says backend, device and precision, and which embeddings it takes: those of the run where the settings say the default
     * @throws IOException naming the file, when it is missing, damaged or of another architecture
     */
    public static TrainedNetwork open(Workbench workbench, Path weights, WorkbenchConfig settings) throws IOException {
        Path file = Files.isDirectory(weights) ? RunDirectory.weights(weights) : weights;
        Stage1Weights read = Stage1Weights.read(file);
        Workbench.Place place = workbench.place(settings.compute());
        IpaConfig sizes = read.config().ipaConfig(workbench.edgeModes().named(read.config().edge().mode()));
        Supplier<AttentionBackends.Choice> backends = () -> workbench.backends().choose(settings.attention().backend(), sizes, place.device(), place.dtype());
        AttentionBackends.Choice choice = backends.get();
        WorkbenchConfig trained = trained(file, settings);
        // new proteins have their embeddings elsewhere than those it was trained with
        EmbeddingConfig embedding = settings.embedding().equals(EmbeddingConfig.defaults()) ? trained.embedding() : settings.embedding();
        ResidueEmbedder embedder = workbench.embedders().choose(embedding);
        EmbeddingOrigin.check(file, read.metadata(), embedder.origin(embedding));
        Stage1Model model = read.model(place.device(), place.dtype(), workbench.edgeModes());
        ModelPredictor predictor = new ModelPredictor(new Inference(model, backends), embedder, embedding);
        return new TrainedNetwork(file, model, predictor, trained.training(), choice);
    }

    /** What the run of a checkpoint was trained with; the settings' own for a file that belongs to no run. */
    private static WorkbenchConfig trained(Path file, WorkbenchConfig settings) throws IOException {
        Path folder = file.toAbsolutePath().getParent().getParent();
        Path config = folder == null ? null : RunDirectory.configFile(folder);
        return config != null && Files.isRegularFile(config) ? new ConfigFormat().read(config, List.of()) : settings;
    }

    /** The predictor as it is to be judged: on perturbed backbones where it was trained to recover them. */
    public ModelPredictor judged() {
        return task.task() == Task.DENOISE ? predictor.withNoise(new FrameNoise(task.positionNoise(), task.rotationNoise(), task.seed())) : predictor;
    }

    /** The same predictor with side chains that are packed; nothing for a network without distributions. */
    public Optional<ModelPredictor> packed() {
        return model.config().chi().bins() == 0 ? Optional.empty() : Optional.of(predictor.packed(SideChainPacking.of(SideChainPacking.Settings.defaults())));
    }

    @Override
    public void close() {
        model.close();
    }
}
