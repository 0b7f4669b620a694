package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.training.Compute;
import org.bindrae.training.Placement;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.Trainer;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.TrainingSet;
import org.bindrae.training.Workbench;

/** Training runs as a {@link WorkbenchConfig} describes them. */
public final class ConfiguredTraining {
    private ConfiguredTraining() {
    }

    /**
     * Trains a new network in a new run directory.
     *
     * @param config with a folder of samples
     * @param folder of the run, empty or absent
     * @throws IOException naming the file, when samples, embeddings or the run directory cannot be used
     */
    public static TrainingResult start(Workbench workbench, WorkbenchConfig config, Split split, Path folder, TrainingListener listener) throws IOException {
        WorkbenchConfig complete = complete(workbench, config);
        // everything that can be wrong is found before the folder is made
        if (split.train().isEmpty()) {
            throw new IllegalArgumentException("there are no training samples in the split");
        }
        Placement placement = new ConfiguredPlacement(workbench, complete);
        placement.attention(placement.place());
        trainingSet(workbench, complete, split.train());
        trainingSet(workbench, complete, split.validation());
        try (RunDirectory run = RunDirectory.create(folder, new ConfigFormat().json(complete), split)) {
            return run(workbench, complete, run, listener);
        }
    }

    /**
     * Goes on with a run from its latest checkpoint.
     *
     * @param samples where its samples are now, or null for where they were
     * @param compute where it is computed from now on, or null for where the run's configuration says
     * @throws IOException naming the file, when there is no run, or its samples, checkpoint or configuration cannot be used
     */
    public static TrainingResult resume(Workbench workbench, Path folder, Path samples, Compute compute, TrainingListener listener) throws IOException {
        try (RunDirectory run = RunDirectory.resume(folder)) {
            WorkbenchConfig config = new ConfigFormat().parse(run.config(), RunDirectory.configFile(folder).toString(), List.of());
            WorkbenchConfig moved = samples == null ? config : config.withSamples(samples.toString());
            return run(workbench, compute == null ? moved : moved.withCompute(compute), run, listener);
        }
    }

    /** The same with what can only be known on this machine: the width of the embeddings, and where paths lead. */
    private static WorkbenchConfig complete(Workbench workbench, WorkbenchConfig relative) throws IOException {
        WorkbenchConfig config = relative.withAbsolutePaths();
        if (config.model().embeddingWidth() > 0) {
            return config;
        }
        ResidueEmbedder embedder = workbench.embedders().choose(config.embedding());
        return config.withEmbeddingWidth(embedder.width(config.embedding()));
    }

    private static TrainingSet trainingSet(Workbench workbench, WorkbenchConfig config, List<String> ids) throws IOException {
        ResidueEmbedder embedder = workbench.embedders().choose(config.embedding());
        return TrainingSet.of(new SampleCache(Path.of(config.data().samples())), ids, embedder, config.embedding());
    }

    private static TrainingResult run(Workbench workbench, WorkbenchConfig config, RunDirectory run, TrainingListener listener) throws IOException {
        Split split = run.split();
        return new Trainer(config.training(), new ConfiguredPlacement(workbench, config), trainingSet(workbench, config, split.train()),
                trainingSet(workbench, config, split.validation()), run, listener).run();
    }
}
