package org.bindrae.training.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.SampleSource;
import org.bindrae.data.Split;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.training.Compute;
import org.bindrae.training.Placement;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StopRequest;
import org.bindrae.training.Trainer;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.TrainingSet;
import org.bindrae.training.Workbench;

/** A training run as a {@link WorkbenchConfig} describes it. It holds the folder of the run until it is closed. */
public final class ConfiguredTraining implements AutoCloseable {
    private final Workbench workbench;
    private final RunDirectory run;
    /** Null for where the configuration says. */
    private final Path samples;
    /** Null for what the configuration says. */
    private final Compute compute;
    private final RunSettings settings;

    /** @param configurations which it follows one of; null for none */
    private ConfiguredTraining(Workbench workbench, Configurations configurations, RunDirectory run, Path samples, Compute compute) throws IOException {
        this.workbench = workbench;
        this.run = run;
        this.samples = samples;
        this.compute = compute;
        WorkbenchConfig config = config();
        FollowedConfiguration followed = configurations == null ? FollowedConfiguration.NONE : FollowedConfiguration.read(run.folder());
        this.settings = configurations == null ? new RunSettings(run.folder(), config, followed, null, _ -> {
            // nobody knows of it
        }) : configurations.follow(run.folder(), config, followed);
    }

    /**
     * Makes the folder of a new run whose settings do not change.
     *
     * @param config with a folder of samples
     * @param folder of the run, empty or absent
     * @throws IOException naming the file, when samples, embeddings or the run directory cannot be used
     * @throws IllegalArgumentException if something else is wrong: the folder is not made then
     */
    public static ConfiguredTraining create(Workbench workbench, WorkbenchConfig config, Split split, Path folder) throws IOException {
        WorkbenchConfig complete = complete(workbench, config);
        requireReady(workbench, complete);
        requireUsable(workbench, complete, split);
        return opened(workbench, null, RunDirectory.create(folder, new ConfigFormat().json(complete), split), null, null);
    }

    /**
     * Makes the folder of a new run that follows the configuration that its own was chosen from.
     *
     * @param chosen with a folder of samples
     * @param folder of the run, empty or absent
     * @param patient whether its device and attention backend need not be there yet
     * @throws IOException naming the file, when samples, embeddings or the run directory cannot be used
     * @throws IllegalArgumentException if something else is wrong: the folder is not made then
     */
    public static ConfiguredTraining create(Workbench workbench, Configurations configurations, ChosenConfiguration chosen, Split split, Path folder,
            boolean patient) throws IOException {
        WorkbenchConfig complete = complete(workbench, chosen.config());
        if (!patient) {
            requireReady(workbench, complete);
        }
        requireUsable(workbench, complete, split);
        RunDirectory run = RunDirectory.create(folder, new ConfigFormat().json(complete), split);
        try {
            FollowedConfiguration.of(chosen).write(folder);
        } catch (IOException | RuntimeException e) {
            run.close();
            throw e;
        }
        return opened(workbench, configurations, run, null, null);
    }

    private static ConfiguredTraining opened(Workbench workbench, Configurations configurations, RunDirectory run, Path samples, Compute compute)
            throws IOException {
        try {
            return new ConfiguredTraining(workbench, configurations, run, samples, compute);
        } catch (IOException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /**
     * Opens a run that is to go on from its latest checkpoint, with settings that do not change.
     *
     * @param samples where its samples are now, or null for where they were
     * @param compute where it is computed from now on, or null for where the run's configuration says
     * @throws IOException naming the file, when there is no run, or its samples or configuration cannot be used
     */
    public static ConfiguredTraining resume(Workbench workbench, Path folder, Path samples, Compute compute) throws IOException {
        return resume(workbench, null, folder, samples, compute, false);
    }

    /**
     * Opens a run that is to go on from its latest checkpoint, as it was; from then on it follows the configuration that it followed when it was begun.
     *
     * @param configurations null for settings that do not change
     * @param samples where its samples are now, or null for where they were
     * @param compute where it is computed from now on, or null for where the run's configuration says
     * @param patient whether its device and attention backend need not be there yet
     * @throws IOException naming the file, when there is no run, or its samples or configuration cannot be used
     */
    public static ConfiguredTraining resume(Workbench workbench, Configurations configurations, Path folder, Path samples, Compute compute, boolean patient)
            throws IOException {
        ConfiguredTraining training = opened(workbench, configurations, RunDirectory.resume(folder), samples, compute);
        try {
            if (!patient) {
                training.requireReady(workbench);
            }
            requireUsable(workbench, training.config(), training.run.split());
            return training;
        } catch (IOException | RuntimeException e) {
            training.close();
            throw e;
        }
    }

    private static void requireReady(Workbench workbench, WorkbenchConfig config) {
        Placement placement = new ConfiguredPlacement(workbench, config);
        placement.attention(placement.place());
    }

    /** Finds what can be wrong with the run itself before anything is done. */
    private static void requireUsable(Workbench workbench, WorkbenchConfig config, Split split) throws IOException {
        if (split.train().isEmpty()) {
            throw new IllegalArgumentException("there are no training samples in the split");
        }
        workbench.edgeModes().named(config.model().edge().mode());
        trainingSet(workbench, config, split.train());
        trainingSet(workbench, config, split.validation());
    }

    /** The same with what can only be known on this machine: where embeddings come from and their width, and where paths lead. */
    private static WorkbenchConfig complete(Workbench workbench, WorkbenchConfig relative) throws IOException {
        WorkbenchConfig absolute = relative.withAbsolutePaths();
        WorkbenchConfig config = absolute.withEmbedding(absolute.embedding().resolved());
        if (config.model().embeddingWidth() > 0) {
            return config;
        }
        ResidueEmbedder embedder = workbench.embedders().choose(config.embedding());
        return config.withEmbeddingWidth(embedder.width(config.embedding()));
    }

    private static TrainingSet trainingSet(Workbench workbench, WorkbenchConfig config, List<String> ids) throws IOException {
        ResidueEmbedder embedder = workbench.embedders().choose(config.embedding());
        return TrainingSet.of(SampleSource.open(Path.of(config.data().samples())), ids, embedder, config.embedding());
    }

    /** Folder of the run. */
    public Path folder() {
        return run.folder();
    }

    /** The configuration that the run goes on with. */
    public WorkbenchConfig config() throws IOException {
        WorkbenchConfig config = new ConfigFormat().parse(run.config(), RunDirectory.configFile(run.folder()).toString(), List.of());
        WorkbenchConfig moved = samples == null ? config : config.withSamples(samples.toString());
        return compute == null ? moved : moved.withCompute(compute);
    }

    /**
     * Looks whether the device and the attention backend of the run are there at the moment.
     *
     * @param parts to train with
     * @throws IllegalArgumentException or IllegalStateException if they are not; the message says what is missing
     */
    public void requireReady(Workbench parts) {
        requireReady(parts, settings.config());
    }

    /** Trains until the end, or until this thread is interrupted. */
    public TrainingResult run(TrainingListener listener) throws IOException {
        return run(workbench, listener, new StopRequest());
    }

    /**
     * Trains, from the latest checkpoint on if there is one, as {@link Trainer#run(StopRequest)} says. May be called again to go on.
     *
     * @param parts to train with
     */
    public TrainingResult run(Workbench parts, TrainingListener listener, StopRequest stop) throws IOException {
        WorkbenchConfig config = config();
        Split split = run.split();
        ConfiguredPlacement placement = new ConfiguredPlacement(parts, settings);
        settings.begin(config);
        settings.check(placement::requireBackend);
        return new Trainer(config.training(), placement, trainingSet(parts, config, split.train()),
                trainingSet(parts, config, split.validation()), run, listener).run(stop);
    }

    @Override
    public void close() throws IOException {
        settings.close();
        run.close();
    }
}
