package org.bindrae.training;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.MissingOperationsException;
import org.bindrae.tensor.nn.LearningRateSchedule;
import org.bindrae.training.TrainingResult.Outcome;

/** The part of a run that is computed on one device with the same settings: its steps, and the validations between them. */
final class Stay {
    private final TrainingConfig config;
    private final TrainingPlan plan;
    private final LearningRateSchedule schedule;
    private final TrainingSet training;
    private final TrainingListener listener;
    private final Asked asked;
    private final RunProgress progress;
    private final Parts parts;

    /** Of the backend in use; null while there was none yet. */
    private BackendGuard guard;
    /** Pauses up to the last time that the backend was told. */
    private int pausesTold;
    private boolean planned;
    private UnderWay underWay;
    /** When the last step was over: {@link System#nanoTime}. */
    private long settled = System.nanoTime();

    /** What there is on the device, and what works with it. */
    record Parts(Seat seat, Checkpoint.Trained trained, StepRunner steps, Validation validation, BatchLoader loader, Watch watch) {
    }

    /** What is asked before each step, as {@link Placement} says. */
    record Asked(Supplier<AttentionBackends.Choice> backends, Supplier<Placement.Change> changes, Supplier<String> refusals, Supplier<Duration> patience) {
    }

    /** Why it is over; the latest checkpoint holds everything. */
    sealed interface End {
        /** The run has ended. */
        record OfRun(TrainingResult result) implements End {
        }

        /** The device goes away. */
        record OfDevice() implements End {
        }

        /** The run goes on here with other settings, and with the backend that it has. */
        record OfSettings(Placement.Change change, AttentionBackends.Choice choice) implements End {
        }
    }

    /** A step that was begun; the state counts it already. */
    private record UnderWay(TrainingState before, double learningRate, long start, List<PreparedBatch> batches, BackendGuard guard,
            Supplier<StepRunner.Result> result) {
    }

    /** Memory that a step takes, memory that there is, and how many residues of a batch fit. */
    private record MemoryNeed(long bytes, long available, int residues) {
    }

    /** The batches of the step that follows {@code done} steps. */
    private record Ahead(long done, Future<List<PreparedBatch>> batches) {
    }

    Stay(TrainingConfig config, TrainingPlan plan, TrainingSet training, Asked asked, RunProgress progress, Parts parts, TrainingListener listener) {
        this.config = config;
        this.plan = plan;
        this.schedule = new LearningRateSchedule(config.learningRate(), Math.min(config.warmUpSteps(), plan.totalSteps()), plan.totalSteps(),
                TrainingConfig.FINAL_RATE);
        this.training = training;
        this.listener = listener;
        this.asked = asked;
        this.progress = progress;
        this.parts = parts;
    }

    /** What is to be known before the first step of a run: what is missing then is an error, and not waited for. */
    void prepare(AttentionBackends.Choice first) throws IOException {
        choose(first);
        try {
            planMemory();
        } catch (BackendFaultException e) {
            failed(e);
        }
    }

    /** Goes on with the backend that the run has had. */
    void keep(AttentionBackends.Choice last) {
        guard = guard(last);
        pausesTold = progress.pauses();
    }

    private BackendGuard guard(AttentionBackends.Choice choice) {
        return new BackendGuard(choice, parts.seat().lease(), asked.patience(), parts.watch());
    }

    /** Trains until the run ends, the device goes away or settings change. */
    End train() throws IOException {
        try {
            return takeSteps();
        } catch (DivergenceException e) {
            progress.recorder().ended("diverged", progress.state().step(), e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            if (parts.seat().lease().revoked()) {
                throw new IllegalStateException(parts.seat().device().name() + " went away before the run could leave it (" + e.getMessage()
                        + "); resume the run from its last checkpoint", e);
            }
            throw e;
        }
    }

    private End takeSteps() throws IOException {
        Ahead ahead = null;
        MissingOperationsException missing = null;
        while (true) {
            try {
                if (missing != null) {
                    awaitOperations(missing.type());
                    missing = null;
                }
                boolean done = progress.state().step() >= plan.totalSteps();
                if (done || validationDue() || progress.checkpointDue()) {
                    settle();
                }
                if (validationDue()) {
                    validate();
                }
                boolean early = config.patience() > 0 && progress.state().withoutGain() >= config.patience();
                if (done || early) {
                    return end(done ? Outcome.FINISHED : Outcome.STOPPED_EARLY, "");
                }
                if (progress.checkpointDue()) {
                    progress.checkpoint(parts.trained());
                }
                progress.stop().check();
                awaitBackend();
                // after waiting, so that what was changed meanwhile counts for the next step
                Placement.Change change = asked.changes().get();
                if (change != null) {
                    return change(change);
                }
                String refusal = asked.refusals().get();
                if (refusal != null) {
                    progress.recorder().refused(progress.state().step(), refusal);
                }
                if (!planned) {
                    planMemory();
                }
                long start = System.nanoTime();
                long step = progress.state().step();
                Future<List<PreparedBatch>> now = ahead != null && ahead.done() == step ? ahead.batches() : load(step);
                // a step that is taken again finds the batches of the next one ready
                ahead = ahead != null && ahead.done() > step ? ahead : null;
                List<PreparedBatch> batches = parts.loader().take(now);
                if (ahead == null && step + 1 < plan.totalSteps()) {
                    ahead = new Ahead(step + 1, load(step + 1));
                }
                step(batches, start);
            } catch (MissingOperationsException e) {
                // no weights have changed: what was begun is begun anew
                missing = e;
            } catch (BackendFaultException e) {
                failed(e);
            } catch (DeviceLeavesException e) {
                return leave();
            } catch (InterruptedException e) {
                return end(Outcome.INTERRUPTED, "");
            }
        }
    }

    private Future<List<PreparedBatch>> load(long done) {
        return parts.loader().start(training, plan.step(done), plan.epoch(done));
    }

    /** Begins a step. A device that works by itself has it before the last one is looked at, so that it never waits. */
    private void step(List<PreparedBatch> batches, long start) throws IOException {
        long done = progress.state().step();
        double learningRate = schedule.at(done + 1);
        Supplier<StepRunner.Result> result;
        try {
            result = guard.call(batches, backend -> parts.steps().step(done, batches, learningRate, backend));
        } catch (DivergenceException e) {
            throw toBlame(e, done, anywhere(batches), guard);
        } finally {
            batches.forEach(PreparedBatch::close);
        }
        settle();
        underWay = new UnderWay(progress.state(), learningRate, start, anywhere(batches), guard, result);
        progress.set(progress.state().afterStep(plan.epoch(done + 1), plan.stepOfEpoch(done + 1)));
        if (parts.seat().device() instanceof HostDevice) {
            settle();
        }
    }

    /** Waits for the step under way, if there is one, and writes down what it did. */
    private void settle() throws IOException {
        UnderWay step = underWay;
        if (step == null) {
            return;
        }
        underWay = null;
        StepRunner.Result result;
        try {
            result = step.guard().call(step.batches(), _ -> step.result().get());
        } catch (DivergenceException e) {
            progress.set(step.before());
            throw toBlame(e, step.before().step(), step.batches(), step.guard());
        }
        double loss = result.losses().total(config.loss());
        long now = System.nanoTime();
        double seconds = (now - Math.max(step.start(), settled)) * 1e-9;
        settled = now;
        TrainingState before = step.before();
        progress.recorder().stepped(new StepReport(before.step() + 1, plan.totalSteps(), before.epoch(), result.losses(), loss, step.learningRate(),
                result.gradientNorm(), result.residues(), result.activationBytes(), seconds));
    }

    /** As they are for any device: what they have of it is closed when the step was begun. */
    private static List<PreparedBatch> anywhere(List<PreparedBatch> batches) {
        return batches.stream().map(PreparedBatch::anywhere).toList();
    }

    /** Finds out whether a step diverged, or its backend gave what is not finite. */
    private RuntimeException toBlame(DivergenceException e, long done, List<PreparedBatch> batches, BackendGuard used) {
        String fault = parts.steps().diagnose(done, batches, used);
        return fault == null ? e : new BackendFaultException(used.choice(), fault, e);
    }

    /** Takes a backend out of service. No weights have changed: what was begun is begun anew. */
    private void failed(BackendFaultException fault) throws IOException {
        AttentionBackends.Choice choice = fault.choice();
        choice.outOfService().add(choice.backend(), fault.reason());
        progress.recorder().backendFailed(progress.state().step(), choice.backend().name(), fault.reason());
        if (fault.getCause() instanceof DivergenceException) {
            parts.trained().optimiser().goOn();
        }
    }

    private void awaitBackend() throws IOException, InterruptedException {
        AttentionBackends.Choice now = progress.await(() -> asked.backends().get().require(), parts.seat().lease());
        if (guard == null || now.backend() != guard.choice().backend() || progress.pauses() > pausesTold) {
            choose(now);
        }
    }

    /** Tells of a backend that is used from now on, or again. */
    private void choose(AttentionBackends.Choice now) throws IOException {
        guard = guard(now);
        pausesTold = progress.pauses();
        progress.recorder().backendChosen(progress.state().step(), now);
    }

    private void awaitOperations(Class<?> type) throws IOException, InterruptedException {
        progress.await(() -> parts.seat().device().operations(type), parts.seat().lease());
    }

    /** Takes batches apart that would not fit the device. */
    private void planMemory() throws IOException {
        MemoryNeed need = guard.call(List.of(), this::memoryNeed);
        if (need != null) {
            plan.limit(need.residues);
            progress.recorder().memoryPlanned(progress.state().step(), need.bytes, need.available, need.residues);
        }
        planned = true;
    }

    private MemoryNeed memoryNeed(AttentionBackend backend) throws IOException {
        Stage1Model model = parts.trained().model();
        BatchLoader loader = parts.loader();
        try (MemoryPlan memory = MemoryPlan.of(model, config, backend)) {
            if (memory == null) {
                return null;
            }
            long available = MemoryPlan.available(model.parameters().device());
            int residues = memory.residuesThatFit(members -> loader.prepare(training, members, 0), plan.largest(), BatchLoader.lengths(training), available);
            return new MemoryNeed(memory.peak(), available, residues);
        }
    }

    /** After the last step in any case; not again when the run was resumed after one. */
    private boolean validationDue() {
        TrainingState state = progress.state();
        boolean due = progress.due(config.validationInterval()) || state.step() == plan.totalSteps();
        return due && state.validatedStep() < state.step() && !parts.validation().isEmpty();
    }

    private void validate() throws IOException, InterruptedException {
        awaitBackend();
        Validation.Result result = parts.validation().run(parts.trained(), guard, parts.seat().lease(), progress.stop(), listener);
        double loss = result.losses().total(config.loss());
        double watched = config.monitor() == Monitor.CHI1 ? result.chi1Accuracy() : loss;
        TrainingState before = progress.state();
        boolean better = !Double.isNaN(watched) && (Double.isNaN(before.best()) || config.monitor().better(watched, before.best()));
        int epoch = plan.endsEpoch(before.step()) ? before.epoch() - 1 : before.epoch();
        progress.set(before.validated(watched, better));
        progress.recorder().validated(new ValidationReport(before.step(), epoch, result.losses(), loss, result.chi1Accuracy(), result.residues(), better));
        if (better) {
            progress.keepAsBest(parts.trained());
        }
    }

    private End change(Placement.Change change) throws IOException {
        config.requireSameRun(change.training());
        change.training().validate();
        settleOrDrop();
        if (!config.validatesLike(change.training())) {
            progress.set(progress.state().withoutBest());
        }
        progress.save(parts.trained());
        return new End.OfSettings(change, guard.choice());
    }

    /** Brings the run off the device. */
    private End leave() throws IOException {
        if (!parts.seat().own()) {
            return end(Outcome.INTERRUPTED, parts.seat().device().name() + " went away");
        }
        settleOrDrop();
        progress.save(parts.trained());
        return new End.OfDevice();
    }

    /** Settles the step under way, unless its backend spoilt it: then it was not taken. */
    private void settleOrDrop() throws IOException {
        try {
            settle();
        } catch (BackendFaultException e) {
            failed(e);
        }
    }

    private End end(Outcome outcome, String detail) throws IOException {
        if (underWay != null) {
            settleOrDrop();
            // whoever heard of that step may have interrupted once more
            Thread.interrupted();
        }
        progress.save(parts.trained());
        return new End.OfRun(progress.ended(outcome, detail));
    }
}
