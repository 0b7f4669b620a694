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
import org.bindrae.training.models.PretrainedModel;
import org.bindrae.training.packing.SideChainPacking;
import org.bindrae.training.prediction.ModelPredictor;

/**
 * A network with trained weights, ready to predict.
 *
 * @param origin file of the weights, or the installed model
 * @param predictor uses {@code model}
 * @param task what it was trained for, with the noise of that
 * @param choice of the attention backend, which may be another one later
 */
public record TrainedNetwork(String origin, Stage1Model model, ModelPredictor predictor, TrainingConfig task, AttentionBackends.Choice choice)
        implements
            AutoCloseable {
    /**
     * Opens weights of a file.
     *
     * @param weights a run directory, whose best checkpoint is taken; a checkpoint of one; or a weights file
     * @param settings says backend, device and precision, and which embeddings it takes: those of the run where the settings say the default
     * @throws IOException naming the file, when it is missing, damaged or of another architecture
     */
    public static TrainedNetwork open(Workbench workbench, Path weights, WorkbenchConfig settings) throws IOException {
        Path file = Files.isDirectory(weights) ? RunDirectory.weights(weights) : weights;
        Stage1Weights read = Stage1Weights.read(file);
        WorkbenchConfig exported = WeightsExport.run(read);
        WorkbenchConfig trained = exported != null ? exported : trained(file, settings);
        // new proteins have their embeddings elsewhere than those it was trained with
        EmbeddingConfig embedding = settings.embedding().equals(EmbeddingConfig.defaults()) ? trained.embedding() : settings.embedding();
        return open(workbench, file.toString(), read, settings, trained.training(), embedding);
    }

    /**
     * Opens an installed model.
     *
     * @param settings says backend, device and precision, and where embeddings are if the model takes any but features of the sequence
     * @throws IOException naming the model's file, when it is damaged or cannot be used
     */
    public static TrainedNetwork open(Workbench workbench, PretrainedModel model, WorkbenchConfig settings) throws IOException {
        Stage1Weights read = model.weights();
        WorkbenchConfig exported = WeightsExport.run(read);
        WorkbenchConfig trained = exported != null ? exported : settings;
        // for what the sequence says, settings meant for other networks do not matter
        boolean bySequence = exported != null && exported.embedding().resolvedSource().equals(EmbeddingConfig.SEQUENCE);
        return open(workbench, model.name() + " (installed model)", read, settings, trained.training(),
                bySequence ? exported.embedding() : settings.embedding());
    }

    private static TrainedNetwork open(Workbench workbench, String origin, Stage1Weights read, WorkbenchConfig settings, TrainingConfig task,
            EmbeddingConfig embedding) throws IOException {
        Workbench.Place place = workbench.place(settings.compute());
        IpaConfig sizes = read.config().ipaConfig(workbench.edgeModes().named(read.config().edge().mode()));
        Supplier<AttentionBackends.Choice> backends = () -> workbench.backends().choose(settings.attention().backend(), sizes, place.device(), place.dtype());
        AttentionBackends.Choice choice = backends.get();
        ResidueEmbedder embedder = workbench.embedders().choose(embedding);
        EmbeddingOrigin.check(read.path(), read.metadata(), embedder.origin(embedding));
        Stage1Model model = read.model(place.device(), place.dtype(), workbench.edgeModes());
        ModelPredictor predictor = new ModelPredictor(new Inference(model, backends), embedder, embedding);
        return new TrainedNetwork(origin, model, predictor, task, choice);
    }

    /** What the run of a checkpoint was trained with; the settings' own for a file that belongs to no run. */
    private static WorkbenchConfig trained(Path file, WorkbenchConfig settings) throws IOException {
        Optional<Path> run = RunDirectory.of(file);
        return run.isPresent() ? new ConfigFormat().read(RunDirectory.configFile(run.get()), List.of()) : settings;
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
