package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

import org.bindrae.tensor.Device;
import org.bindrae.training.TrainingResult.Outcome;

/** Where a run stands between two steps: in memory, in its checkpoints and in what is written down of it. */
final class RunProgress implements AutoCloseable {
    private static final long PAUSE_MILLIS = 200;

    private final RunDirectory run;
    private final TrainingListener listener;
    private final StopRequest stop;
    private TrainingConfig config;
    private TrainingPlan plan;
    private RunRecorder recorder;
    private TrainingState state;
    /** What the last checkpoint holds. */
    private TrainingState saved;
    private String embeddings;
    private Path lastCheckpoint;
    private int pauses;

    RunProgress(TrainingConfig config, TrainingPlan plan, RunDirectory run, TrainingListener listener, StopRequest stop) {
        this.config = config;
        this.plan = plan;
        this.run = run;
        this.listener = listener;
        this.stop = stop;
    }

    /** Goes on with other settings, once the latest checkpoint holds everything up to now: a run that is resumed changes at the same step. */
    void change(Placement.Change change, TrainingPlan next) throws IOException {
        run.replaceConfig(change.config());
        config = change.training();
        plan = next;
        recorder.configured(state.step(), change);
    }

    /** What ends the run. */
    StopRequest stop() {
        return stop;
    }

    TrainingState state() {
        return state;
    }

    void set(TrainingState next) {
        state = next;
    }

    /**
     * Puts back what the latest checkpoint holds; nothing where there is none.
     *
     * @param dataHash of the samples
     * @param origin of their embeddings
     * @throws IOException naming the file, when it cannot be read or is not of this configuration and these samples
     */
    void restore(Checkpoint.Trained trained, String dataHash, String origin) throws IOException {
        embeddings = origin;
        Optional<Path> latest = run.checkpoints().latest();
        if (latest.isEmpty()) {
            state = TrainingState.initial(config.seed(), dataHash);
            return;
        }
        Path file = latest.get();
        Checkpoint checkpoint = Checkpoint.read(file);
        saved = checkpoint.state();
        if (saved.seed() != config.seed()) {
            throw new IOException(file + ": the run has the seed " + saved.seed() + ", but the configuration says " + config.seed()
                    + "; put it back or start a new run");
        }
        if (!saved.dataHash().equals(dataHash)) {
            throw new IOException(file + ": the samples or the split have changed since this checkpoint; prepare them as they were, or start a new run");
        }
        if (plan.epoch(saved.step()) != saved.epoch() || plan.stepOfEpoch(saved.step()) != saved.stepOfEpoch()) {
            throw new IOException(file + ": step " + saved.step()
                    + " is another place in the samples with this configuration: its batches have changed; put them back or start a new run");
        }
        checkpoint.restore(trained, embeddings);
        state = saved;
        lastCheckpoint = file;
        // the run may have ended between a new checkpoint and the removal of an old one
        run.checkpoints().removeOld(config.keepCheckpoints());
    }

    /** Begins to write down what happens, once it is known where the run stands. */
    void begin(Map<String, Object> provenance) throws IOException {
        recorder = new RunRecorder(run.folder(), state, config.loss(), listener);
        recorder.started(run.folder(), state, provenance);
    }

    /**
     * Goes back to the latest checkpoint, because what came after it is lost.
     *
     * @param backend that is to blame
     * @param reason as {@link RunRecorder#backendFailed} says
     */
    void goBack(String backend, String reason) throws IOException {
        long lost = state.step();
        recorder.backendFailed(lost, backend, reason);
        recorder.close();
        state = saved == null ? TrainingState.initial(config.seed(), state.dataHash()) : saved;
        recorder = new RunRecorder(run.folder(), state, config.loss(), listener);
        recorder.wentBack(state.step(), lost);
    }

    RunRecorder recorder() {
        return recorder;
    }

    /** Whether something that is done after so many steps, or after each epoch for 0, is to be done now. */
    boolean due(int interval) {
        return interval == 0 ? plan.endsEpoch(state.step()) : state.step() > 0 && state.step() % interval == 0;
    }

    boolean checkpointDue() {
        return due(config.checkpointInterval()) && !state.equals(saved);
    }

    void checkpoint(Checkpoint.Trained trained) throws IOException {
        state = state.withMetricsBytes(recorder.metricsBytes());
        lastCheckpoint = run.checkpoints().write(state.step(), Checkpoint.content(trained, state, embeddings), config.keepCheckpoints());
        saved = state;
        recorder.checkpointed(state.step(), lastCheckpoint);
    }

    /** Replaces the best checkpoint. */
    void keepAsBest(Checkpoint.Trained trained) throws IOException {
        state = state.withMetricsBytes(recorder.metricsBytes());
        recorder.checkpointed(state.step(), run.checkpoints().writeBest(Checkpoint.content(trained, state, embeddings)));
    }

    /** Sees to it that the latest checkpoint holds everything. */
    void save(Checkpoint.Trained trained) throws IOException {
        if (!state.equals(saved)) {
            checkpoint(trained);
        }
    }

    /**
     * What the run needs, as soon as it is there: as long as asking for it throws IllegalArgumentException or IllegalStateException, the run pauses.
     *
     * @param lease of the device that the run is on
     * @throws DeviceLeavesException when that goes away meanwhile
     */
    <T> T await(Supplier<T> needed, Device.Lease lease) throws IOException, InterruptedException {
        String reason = null;
        while (true) {
            DeviceLeavesException.check(lease);
            try {
                return needed.get();
            } catch (IllegalArgumentException | IllegalStateException e) {
                if (!e.getMessage().equals(reason)) {
                    reason = e.getMessage();
                    pauses++;
                    recorder.paused(state.step(), reason);
                }
                stop.pause(PAUSE_MILLIS);
            }
        }
    }

    /** How often the run has paused. */
    int pauses() {
        return pauses;
    }

    TrainingResult ended(Outcome outcome, String detail) throws IOException {
        recorder.ended(outcome.name().toLowerCase(Locale.ROOT), state.step(), detail);
        return new TrainingResult(outcome, state.step(), plan.totalSteps(), state.best(), state.bestStep(), lastCheckpoint);
    }

    @Override
    public void close() throws IOException {
        if (recorder != null) {
            recorder.close();
        }
    }
}
