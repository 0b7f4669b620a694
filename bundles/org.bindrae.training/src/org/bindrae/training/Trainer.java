package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.tensor.nn.LearningRateSchedule;
import org.bindrae.training.TrainingResult.Outcome;

/**
 * Trains a network in a run directory: from its latest checkpoint on, if it has one, and then exactly as if it had never stopped. The same configuration,
 * samples, machine and precision give the same bytes, with any number of threads.
 *
 * <p>Interrupting the thread ends the run after the step under way, with a checkpoint. The attention backend is asked for before each step and may change at
 * any time; when there is none, the run waits.
 */
public final class Trainer {
    private static final long PAUSE_MILLIS = 200;

    private final TrainingConfig config;
    private final Stage1Model model;
    private final TrainingSet training;
    private final TrainingSet validationSet;
    private final Supplier<AttentionBackends.Choice> backends;
    private final RunDirectory run;
    private final TrainingListener listener;
    private final TrainingPlan plan;
    private final LearningRateSchedule schedule;

    private TrainingState state;
    private AttentionBackends.Choice choice;
    /** What the last checkpoint holds. */
    private TrainingState saved;
    private Path lastCheckpoint;
    private UnderWay underWay;
    /** When the last step was over: {@link System#nanoTime}. */
    private long settled = System.nanoTime();

    /** A step that was begun; the state counts it already. */
    private record UnderWay(TrainingState before, double learningRate, long start, Supplier<StepRunner.Result> result) {
    }

    /**
     * Nothing is read or written yet.
     *
     * @param model with its initial weights; holds the last weights, not the averaged ones, after {@link #run}
     * @param validation may be empty: there is no best checkpoint and no early end then
     * @param backends as {@link AttentionBackends#choose} says; an exception of the first call fails the run, later ones make it wait
     * @throws IllegalArgumentException if the configuration is wrong or does not fit the network, or there is nothing to train with
     */
    public Trainer(TrainingConfig config, Stage1Model model, TrainingSet training, TrainingSet validation, Supplier<AttentionBackends.Choice> backends,
            RunDirectory run, TrainingListener listener) {
        config.validate();
        if (training.size() == 0) {
            throw new IllegalArgumentException("there are no training samples");
        }
        if (config.task() == Task.DENOISE && !model.config().updateFrames()) {
            throw new IllegalArgumentException("the task denoise needs a network that moves frames: set updateFrames of the model");
        }
        this.config = config;
        this.model = model;
        this.training = training;
        this.validationSet = validation;
        this.backends = backends;
        this.run = run;
        this.listener = listener;
        this.plan = new TrainingPlan(config, BatchLoader.lengths(training));
        this.schedule = new LearningRateSchedule(config.learningRate(), Math.min(config.warmUpSteps(), plan.totalSteps()), plan.totalSteps(),
                TrainingConfig.FINAL_RATE);
    }

    /** Steps of the whole run. */
    public long totalSteps() {
        return plan.totalSteps();
    }

    /**
     * Trains until the end, or until this thread is interrupted; its interrupted status is cleared then.
     *
     * @throws IOException naming the file, when a sample cannot be read, or a file of the run cannot be written or does not belong to this configuration
     * @throws DivergenceException when the loss is not a number, naming step, term and samples; the run can go on from its last checkpoint
     */
    public TrainingResult run() throws IOException {
        Device device = model.parameters().device();
        Losses losses = new Losses(config.loss());
        choice = backends.get();
        try (AdamW optimiser = new AdamW(model.parameters(), config.optimiser());
                Ema averages = new Ema(model.parameters(), config.ema());
                TensorArena arena = device.arena();
                BatchLoader loader = new BatchLoader(config, losses, device, model.parameters().dtype())) {
            Checkpoint.Trained trained = new Checkpoint.Trained(model, optimiser, averages);
            restore(trained);
            try (RunRecorder recorder = new RunRecorder(run.folder(), state, config.loss(), listener)) {
                recorder.started(run.folder(), state, Provenance.of(model, config, training, validationSet, choice));
                recorder.backendChosen(state.step(), choice);
                planMemory(loader, recorder);
                StepRunner steps = new StepRunner(config, losses, trained, arena);
                Validation validation = new Validation(config, validationSet, loader, losses, arena);
                return train(new Parts(trained, steps, validation, loader, recorder));
            }
        }
    }

    /** Takes batches apart that would not fit the device. */
    private void planMemory(BatchLoader loader, RunRecorder recorder) throws IOException {
        try (MemoryPlan memory = MemoryPlan.of(model, config, choice.backend())) {
            if (memory == null) {
                return;
            }
            long available = MemoryPlan.available(model.parameters().device());
            int limit = memory.residuesThatFit(members -> loader.prepare(training, members, 0), plan.largest(), BatchLoader.lengths(training), available);
            plan.limit(limit);
            recorder.memoryPlanned(state.step(), memory.peak(), available, limit);
        }
    }

    /** What a run works with. */
    private record Parts(Checkpoint.Trained trained, StepRunner steps, Validation validation, BatchLoader loader, RunRecorder recorder) {
    }

    private void restore(Checkpoint.Trained trained) throws IOException {
        String dataHash = Provenance.hash(training, validationSet);
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
        checkpoint.restore(trained);
        state = saved;
        lastCheckpoint = file;
        // the run may have ended between a new checkpoint and the removal of an old one
        run.checkpoints().removeOld(config.keepCheckpoints());
    }

    private TrainingResult train(Parts parts) throws IOException {
        try {
            return takeSteps(parts);
        } catch (DivergenceException e) {
            parts.recorder().ended("diverged", state.step(), e.getMessage());
            throw e;
        }
    }

    private TrainingResult takeSteps(Parts parts) throws IOException {
        Future<List<PreparedBatch>> next = null;
        while (true) {
            try {
                if (state.step() >= plan.totalSteps() || validationDue(parts.validation()) || checkpointDue()) {
                    settle(parts);
                }
                if (validationDue(parts.validation())) {
                    validate(parts);
                }
                boolean early = config.patience() > 0 && state.withoutGain() >= config.patience();
                if (early || state.step() >= plan.totalSteps()) {
                    return end(parts, early && state.step() < plan.totalSteps() ? Outcome.STOPPED_EARLY : Outcome.FINISHED);
                }
                if (checkpointDue()) {
                    checkpoint(parts);
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                awaitBackend(parts.recorder());
                long start = System.nanoTime();
                List<PreparedBatch> batches = parts.loader().take(next == null ? load(parts.loader(), state.step()) : next);
                next = state.step() + 1 < plan.totalSteps() ? load(parts.loader(), state.step() + 1) : null;
                step(parts, batches, start);
            } catch (InterruptedException e) {
                return end(parts, Outcome.INTERRUPTED);
            }
        }
    }

    private Future<List<PreparedBatch>> load(BatchLoader loader, long done) {
        return loader.start(training, plan.step(done), plan.epoch(done));
    }

    /** Begins a step. A device that works by itself has it before the last one is looked at, so that it never waits. */
    private void step(Parts parts, List<PreparedBatch> batches, long start) throws IOException {
        long done = state.step();
        double learningRate = schedule.at(done + 1);
        Supplier<StepRunner.Result> result;
        try {
            result = parts.steps().step(done, batches, learningRate, choice.backend());
        } finally {
            batches.forEach(PreparedBatch::close);
        }
        settle(parts);
        underWay = new UnderWay(state, learningRate, start, result);
        state = state.afterStep(plan.epoch(done + 1), plan.stepOfEpoch(done + 1));
        if (model.parameters().device() instanceof HostDevice) {
            settle(parts);
        }
    }

    /** Waits for the step under way, if there is one, and writes down what it did. */
    private void settle(Parts parts) throws IOException {
        UnderWay step = underWay;
        if (step == null) {
            return;
        }
        underWay = null;
        StepRunner.Result result;
        try {
            result = step.result().get();
        } catch (DivergenceException e) {
            state = step.before();
            throw e;
        }
        double loss = result.losses().total(config.loss());
        long now = System.nanoTime();
        double seconds = (now - Math.max(step.start(), settled)) * 1e-9;
        settled = now;
        TrainingState before = step.before();
        parts.recorder().stepped(new StepReport(before.step() + 1, plan.totalSteps(), before.epoch(), result.losses(), loss, step.learningRate(),
                result.gradientNorm(), result.residues(), result.activationBytes(), seconds));
    }

    private void awaitBackend(RunRecorder recorder) throws IOException, InterruptedException {
        String reason = null;
        while (true) {
            try {
                AttentionBackends.Choice now = backends.get();
                if (reason != null || now.backend() != choice.backend()) {
                    recorder.backendChosen(state.step(), now);
                }
                choice = now;
                return;
            } catch (IllegalArgumentException | IllegalStateException e) {
                if (!e.getMessage().equals(reason)) {
                    reason = e.getMessage();
                    recorder.paused(state.step(), reason);
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }

    private boolean due(int interval) {
        return interval == 0 ? plan.endsEpoch(state.step()) : state.step() > 0 && state.step() % interval == 0;
    }

    /** After the last step in any case; not again when the run was resumed after one. */
    private boolean validationDue(Validation validation) {
        boolean due = due(config.validationInterval()) || state.step() == plan.totalSteps();
        return due && state.validatedStep() < state.step() && !validation.isEmpty();
    }

    private boolean checkpointDue() {
        return due(config.checkpointInterval()) && !state.equals(saved);
    }

    private void validate(Parts parts) throws IOException, InterruptedException {
        awaitBackend(parts.recorder());
        Validation.Result result = parts.validation().run(parts.trained(), choice.backend(), listener);
        double loss = result.losses().total(config.loss());
        double watched = config.monitor() == Monitor.CHI1 ? result.chi1Accuracy() : loss;
        boolean better = !Double.isNaN(watched) && (Double.isNaN(state.best()) || config.monitor().better(watched, state.best()));
        int epoch = plan.endsEpoch(state.step()) ? state.epoch() - 1 : state.epoch();
        state = state.validated(watched, better);
        parts.recorder().validated(new ValidationReport(state.step(), epoch, result.losses(), loss, result.chi1Accuracy(), result.residues(), better));
        if (better) {
            state = state.withMetricsBytes(parts.recorder().metricsBytes());
            parts.recorder().checkpointed(state.step(), run.checkpoints().writeBest(Checkpoint.content(parts.trained(), state)));
        }
    }

    private void checkpoint(Parts parts) throws IOException {
        state = state.withMetricsBytes(parts.recorder().metricsBytes());
        lastCheckpoint = run.checkpoints().write(state.step(), Checkpoint.content(parts.trained(), state), config.keepCheckpoints());
        saved = state;
        parts.recorder().checkpointed(state.step(), lastCheckpoint);
    }

    private TrainingResult end(Parts parts, Outcome outcome) throws IOException {
        if (underWay != null) {
            settle(parts);
            // whoever heard of that step may have interrupted once more
            Thread.interrupted();
        }
        if (!state.equals(saved)) {
            checkpoint(parts);
        }
        parts.recorder().ended(outcome.name().toLowerCase(Locale.ROOT), state.step(), "");
        return new TrainingResult(outcome, state.step(), plan.totalSteps(), state.best(), state.bestStep(), lastCheckpoint);
    }
}
