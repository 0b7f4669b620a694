package org.bindrae.training;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.training.TrainingResult.Outcome;

/**
 * Trains a network in a run directory: from its latest checkpoint on, if it has one, and then exactly as if it had never stopped. The same configuration,
 * samples, machine and precision give the same bytes, with any number of threads.
 *
 * <p>Interrupting the thread ends the run after the step under way, with a checkpoint. The attention backend is asked for before each step and may change at
 * any time; when there is none, or operations of the device are missing, the run waits. When its device goes away, it writes a checkpoint after the step under
 * way and goes on from there where its {@link Placement} says. When that tells of other settings, the run writes a checkpoint and goes on from there with
 * them, which is what a run does that is resumed.
 */
public final class Trainer {
    private final Supplier<Seat> seats;
    private final Function<Workbench.Place, AttentionBackends.Choice> backends;
    private final Supplier<Placement.Change> changes;
    private final Supplier<String> refusals;
    private final Supplier<Duration> patience;
    private final TrainingSet training;
    private final TrainingSet validationSet;
    private final RunDirectory run;
    private final TrainingListener listener;
    private final long totalSteps;
    private TrainingConfig config;
    private TrainingPlan plan;

    /**
     * Trains a network that stays where it is: when its device goes away, the run ends like one that is interrupted. Nothing is read or written yet.
     *
     * @param model with its initial weights; holds the last weights, not the averaged ones, after {@link #run}
     * @param validation may be empty: there is no best checkpoint and no early end then
     * @param backends as {@link AttentionBackends#choose} says; an exception of the first call fails the run, later ones make it wait
     * @throws IllegalArgumentException if the configuration is wrong or does not fit the network, or there is nothing to train with
     */
    public Trainer(TrainingConfig config, Stage1Model model, TrainingSet training, TrainingSet validation, Supplier<AttentionBackends.Choice> backends,
            RunDirectory run, TrainingListener listener) {
        this(config, () -> Seat.of(model), _ -> backends.get(), () -> null, () -> null, () -> Placement.DEFAULT_PATIENCE, training, validation, run,
                listener);
        requireFit(model);
    }

    /**
     * Trains a network that goes from one device to another when it must. Nothing is read or written yet.
     *
     * @param validation may be empty: there is no best checkpoint and no early end then
     * @throws IllegalArgumentException if the configuration is wrong, or there is nothing to train with
     */
    public Trainer(TrainingConfig config, Placement placement, TrainingSet training, TrainingSet validation, RunDirectory run, TrainingListener listener) {
        this(config, () -> Seat.on(placement.place(), placement::network), placement::attention, placement::change, placement::refusal,
                placement::patience, training, validation, run, listener);
    }

    private Trainer(TrainingConfig config, Supplier<Seat> seats, Function<Workbench.Place, AttentionBackends.Choice> backends,
            Supplier<Placement.Change> changes, Supplier<String> refusals, Supplier<Duration> patience, TrainingSet training, TrainingSet validation,
            RunDirectory run, TrainingListener listener) {
        config.validate();
        if (training.size() == 0) {
            throw new IllegalArgumentException("there are no training samples");
        }
        this.config = config;
        this.seats = seats;
        this.training = training;
        this.validationSet = validation;
        this.backends = backends;
        this.changes = changes;
        this.refusals = refusals;
        this.patience = patience;
        this.run = run;
        this.listener = listener;
        this.plan = new TrainingPlan(config, BatchLoader.lengths(training));
        this.totalSteps = plan.totalSteps();
    }

    private void requireFit(Stage1Model model) {
        if (config.task() == Task.DENOISE && !model.config().updateFrames()) {
            throw new IllegalArgumentException("the task denoise needs a network that moves frames: set updateFrames of the model");
        }
    }

    /** Steps of the whole run. */
    public long totalSteps() {
        return totalSteps;
    }

    /** Trains until the end, or until this thread is interrupted. */
    public TrainingResult run() throws IOException {
        return run(new StopRequest());
    }

    /**
     * Trains until the end, or until this thread is interrupted, its interrupted status being cleared then, or until it is asked to stop.
     *
     * @throws IOException naming the file, when a sample cannot be read, or a file of the run cannot be written or does not belong to this configuration
     * @throws DivergenceException when the loss is not a number, naming step, term and samples; the run can go on from its last checkpoint
     */
    public TrainingResult run(StopRequest stop) throws IOException {
        Seat seat = seats.get();
        boolean begun = false;
        String left = null;
        try (RunProgress progress = new RunProgress(config, plan, run, listener, stop)) {
            while (true) {
                try {
                    TrainingResult result = stay(seat, begun, left, progress);
                    if (result != null) {
                        return result;
                    }
                    left = seat.device().name();
                } catch (HangException e) {
                    abandon(seat, e, progress);
                    left = null;
                }
                begun = true;
                try {
                    stop.check();
                    seat = progress.await(seats, Device.Lease.PERMANENT);
                } catch (InterruptedException e) {
                    return progress.ended(Outcome.INTERRUPTED, "");
                }
            }
        }
    }

    /**
     * Goes on without a thread that hangs, from the latest checkpoint.
     *
     * @throws IllegalStateException when that is not possible
     */
    private static void abandon(Seat seat, HangException hang, RunProgress progress) throws IOException {
        BackendGuard guard = hang.guard();
        String name = guard.choice().backend().name();
        String within = " within " + guard.limit().toMillis() / 1000.0 + " s";
        String reason = "did not return after step " + progress.state().step() + within;
        if (hang.isOfBackend()) {
            guard.choice().outOfService().add(guard.choice().backend(), reason);
            progress.goBack(name, reason);
            if (seat.own()) {
                return;
            }
            throw new IllegalStateException("attention backend " + name + " " + reason + "; resume the run from its last checkpoint");
        }
        String message = seat.device().name() + " did not end its work after step " + progress.state().step() + within + ", for which the attention backend "
                + name + " may be to blame; start the workbench anew and resume the run from its last checkpoint";
        progress.recorder().ended("hung", progress.state().step(), message);
        throw new IllegalStateException(message);
    }

    /**
     * Trains on a device until the run ends, or the device goes away: null then, and the latest checkpoint holds everything.
     *
     * @param left the device that the run was on before; null for none or the same
     */
    private TrainingResult stay(Seat seat, boolean begun, String left, RunProgress progress) throws IOException, HangException {
        Watch watch = new Watch();
        return watch.run(() -> stay(seat, begun, left, progress, watch));
    }

    private TrainingResult stay(Seat taken, boolean before, String left, RunProgress progress, Watch watch) throws IOException {
        try (Seat seat = taken) {
            requireFit(seat.model());
            AttentionBackends.Choice last = null;
            boolean begun = before;
            if (left != null) {
                progress.recorder().moved(progress.state().step(), seat.place(), left);
            }
            while (true) {
                switch (stay(seat, begun, last, progress, watch)) {
                    case Stay.End.OfRun(TrainingResult result) -> {
                        return result;
                    }
                    case Stay.End.OfDevice() -> {
                        return null;
                    }
                    case Stay.End.OfSettings(Placement.Change change, AttentionBackends.Choice choice) -> {
                        config = change.training();
                        plan = new TrainingPlan(config, BatchLoader.lengths(training));
                        progress.change(change, plan);
                        begun = true;
                        last = choice;
                    }
                }
            }
        }
    }

    /**
     * Trains on a device with the settings of now.
     *
     * @param last the backend that the run has; null for none yet
     */
    private Stay.End stay(Seat seat, boolean begun, AttentionBackends.Choice last, RunProgress progress, Watch watch) throws IOException {
        Stage1Model model = seat.model();
        Losses losses = new Losses(config.loss());
        AttentionBackends.Choice first = begun ? null : backends.apply(seat.place());
        try (AdamW optimiser = new AdamW(model.parameters(), config.optimiser());
                Ema averages = new Ema(model.parameters(), config.ema());
                TensorArena arena = seat.device().arena();
                BatchLoader loader = new BatchLoader(config, losses, seat.device(), model.parameters().dtype())) {
            Checkpoint.Trained trained = new Checkpoint.Trained(model, optimiser, averages);
            progress.restore(trained, Provenance.hash(training, validationSet), training.embeddings());
            StepRunner steps = new StepRunner(config, losses, trained, arena);
            Stay.Parts parts = new Stay.Parts(seat, trained, steps, new Validation(config, validationSet, loader, losses, arena), loader,
                    watch);
            Stay.Asked asked = new Stay.Asked(() -> backends.apply(seat.place()), changes, refusals, patience);
            Stay stay = new Stay(config, plan, training, asked, progress, parts, listener);
            if (first != null) {
                progress.begin(Provenance.of(model, config, training, validationSet, first));
                stay.prepare(first);
            } else if (last != null) {
                stay.keep(last);
            }
            return stay.train();
        }
    }
}
