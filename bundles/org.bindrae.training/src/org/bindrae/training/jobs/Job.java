package org.bindrae.training.jobs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.training.StepReport;
import org.bindrae.training.StopRequest;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.TrainingResult.Outcome;
import org.bindrae.training.ValidationReport;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ConfiguredTraining;

/**
 * A training run in the background. Pausing and stopping end the step under way and write a checkpoint, from which the run goes on as if nothing had happened.
 * Any thread may use it.
 */
public final class Job {
    /** Share of the last step in the time of steps of late. */
    private static final double LAST = 0.1;

    private final String id;
    private final Jobs jobs;
    private final ConfiguredTraining training;
    private final Path folder;
    private final String wanted;
    private final List<TrainingListener> listeners = new CopyOnWriteArrayList<>();
    private final TrainingListener ear = new Ear();
    /** Guards everything below, for all jobs of a workbench. */
    private final Object lock;
    private JobStatus status;
    private StopRequest stop = new StopRequest();
    private Thread thread;
    private TrainingResult result;
    private Throwable failure;
    /** Whether the run has chosen its first backend since the job was started last. */
    private volatile boolean begun;
    /** The one that tells listeners something at the moment; null for none. */
    private volatile Thread telling;

    Job(String id, Jobs jobs, ConfiguredTraining training, String wanted, Object lock) {
        this.id = id;
        this.jobs = jobs;
        this.training = training;
        this.folder = training.folder();
        this.wanted = wanted;
        this.lock = lock;
        this.status = JobStatus.queued(wanted);
    }

    /** Short name, such as {@code j1}. */
    public String id() {
        return id;
    }

    /** Folder of the run. */
    public Path folder() {
        return folder;
    }

    /** A line for people: where the job stands, and the command that goes on with it. */
    public String describe() {
        JobStatus now = status();
        String where = now.totalSteps() > 0 ? " at step " + now.step() + " of " + now.totalSteps() : "";
        String next = switch (now.state()) {
            case PAUSED -> "; go on with: job resume " + id;
            case STOPPED, FAILED -> "; go on with: resume " + folder;
            default -> "";
        };
        return "job " + id + " is " + now.state().name().toLowerCase(Locale.ROOT) + where + (now.message().isEmpty() ? "" : ": " + now.message()) + next;
    }

    public JobStatus status() {
        synchronized (lock) {
            return status;
        }
    }

    /** How the run ended last; empty while it has not. */
    public Optional<TrainingResult> result() {
        synchronized (lock) {
            return Optional.ofNullable(result);
        }
    }

    /** Why the job has failed, if it has. */
    public Optional<Throwable> failure() {
        synchronized (lock) {
            return Optional.ofNullable(failure);
        }
    }

    /** Tells a listener what happens from now on; on the thread that trains. A listener that throws hears nothing more. */
    public void add(TrainingListener listener) {
        listeners.add(listener);
    }

    /** The listener hears nothing more. */
    public void remove(TrainingListener listener) {
        listeners.remove(listener);
    }

    /**
     * Ends the step under way, writes a checkpoint and lets the device go, or takes the job out of the queue.
     *
     * @throws IllegalStateException when the job ends or has ended
     */
    public void pause() {
        synchronized (lock) {
            switch (status.state()) {
                case QUEUED -> become(JobState.PAUSED);
                case RUNNING -> {
                    become(JobState.PAUSING);
                    stop.make();
                }
                case PAUSING, PAUSED -> {
                    // is so already
                }
                default -> throw cannot("paused");
            }
        }
    }

    /**
     * Puts a paused job back into the queue.
     *
     * @throws IllegalStateException when the job ends or has ended
     */
    public void resume() {
        synchronized (lock) {
            switch (status.state()) {
                case PAUSED -> become(JobState.QUEUED);
                // goes on when the checkpoint is written
                case PAUSING -> become(JobState.RUNNING);
                case QUEUED, RUNNING -> {
                    // is so already
                }
                default -> throw cannot("resumed");
            }
        }
        jobs.schedule();
    }

    /**
     * Ends the step under way, writes a checkpoint and ends the job.
     *
     * @throws IllegalStateException when the job has ended by itself
     */
    public void stop() {
        synchronized (lock) {
            switch (status.state()) {
                case QUEUED, PAUSED -> end(JobState.STOPPED, "");
                case RUNNING, PAUSING -> {
                    become(JobState.STOPPING);
                    stop.make();
                }
                case STOPPING, STOPPED -> {
                    // is so already
                }
                default -> throw cannot("stopped");
            }
        }
    }

    private IllegalStateException cannot(String what) {
        String state = status.state() == JobState.STOPPING ? "is being stopped" : status.state() == JobState.FINISHED ? "has finished" : "has ended";
        return new IllegalStateException("job " + id + " " + state + " and cannot be " + what);
    }

    /** Waits until the job is over. */
    public JobStatus await() throws InterruptedException {
        return await(JobState::isOver);
    }

    /** Waits for a state. */
    public JobStatus await(Predicate<JobState> state) throws InterruptedException {
        synchronized (lock) {
            while (!state.test(status.state())) {
                lock.wait();
            }
            return status;
        }
    }

    private void become(JobState state) {
        status = state.hasDevice() ? status.with(state, "") : status.with(state, "").on(wanted);
        lock.notifyAll();
    }

    /** The device that the job asks for, or auto. */
    String wanted() {
        return wanted;
    }

    /** The last one; null before the first. */
    Thread thread() {
        return thread;
    }

    /** Whether the calling thread is a listener of this job, so that the job cannot go on before it returns. */
    boolean isTelling() {
        return telling == Thread.currentThread();
    }

    /** What the run would wait for with these parts, for people; null for nothing. The lock is not held. */
    String missing(Workbench parts) {
        try {
            training.requireReady(parts);
            return null;
        } catch (IllegalArgumentException | IllegalStateException e) {
            return "waits: " + e.getMessage();
        } catch (RuntimeException | LinkageError e) {
            // a defect: the run will fail of it, and say so
            return null;
        }
    }

    /** Has the job wait; {@code lock} is held. */
    void queued(String reason) {
        status = status.with(JobState.QUEUED, reason);
    }

    /** Has the run go on on another device; {@code lock} is held. */
    void move(String device) {
        status = status.on(device);
    }

    /** Trains on a device; {@code lock} is held. */
    void start(String device) {
        stop = new StopRequest();
        StopRequest ending = stop;
        begun = false;
        status = status.with(JobState.RUNNING, "").on(device);
        lock.notifyAll();
        thread = Thread.ofPlatform().daemon().name("bindrae-job-" + id).start(() -> run(ending));
    }

    private void run(StopRequest ending) {
        Workbench parts = jobs.partsFor(this);
        TrainingResult end = null;
        Throwable thrown = null;
        try {
            end = training.run(parts, ear, ending);
        } catch (Throwable e) {
            // whatever it is, the device must not stay taken
            thrown = e;
        }
        // what it needs may have gone while it was started
        String missing = thrown instanceof RuntimeException && !begun ? missing(parts) : null;
        synchronized (lock) {
            result = end;
            failure = missing == null ? thrown : null;
            if (end != null) {
                status = status.at(end.steps(), end.totalSteps(), status.stepsPerSecond(), status.loss());
            }
            if (failure != null) {
                end(JobState.FAILED, failure.getMessage() == null ? failure.toString() : failure.getMessage());
            } else if (end != null && end.outcome() != Outcome.INTERRUPTED) {
                end(JobState.FINISHED, end.outcome() == Outcome.STOPPED_EARLY ? "validation got no better" : "");
            } else if (status.state() == JobState.PAUSING) {
                become(JobState.PAUSED);
            } else if (status.state() == JobState.RUNNING && (missing != null || ending.isMade())) {
                // or was told to go on before it was paused
                become(JobState.QUEUED);
            } else {
                end(JobState.STOPPED, "");
            }
        }
        jobs.schedule();
    }

    private void end(JobState state, String message) {
        status = status.with(state, message);
        try {
            training.close();
        } catch (IOException e) {
            status = status.with(state, message + " (" + e.getMessage() + ")");
        }
        lock.notifyAll();
    }

    /** Keeps the status up to date, and tells the others. */
    private final class Ear implements TrainingListener {
        /** Of a step of late; NaN before the second, because the first one takes longer. */
        private double seconds = Double.NaN;
        private boolean first = true;
        /** Why the run did not take the last change of settings; empty for none. */
        private String refusal = "";

        private void tell(Consumer<TrainingListener> what) {
            telling = Thread.currentThread();
            for (TrainingListener listener : listeners) {
                try {
                    what.accept(listener);
                } catch (RuntimeException e) {
                    // somebody's display is no reason to lose a run
                    listeners.remove(listener);
                }
            }
            telling = null;
        }

        @Override
        public void stepped(StepReport report) {
            if (!first) {
                seconds = Double.isNaN(seconds) ? report.seconds() : (1 - LAST) * seconds + LAST * report.seconds();
            }
            first = false;
            synchronized (lock) {
                status = status.at(report.step(), report.totalSteps(), 1 / seconds, report.loss()).with(status.state(), refusal);
            }
            tell(listener -> listener.stepped(report));
        }

        @Override
        public void backendChosen(AttentionBackends.Choice choice) {
            begun = true;
            synchronized (lock) {
                status = status.by(choice.backend().name());
            }
            tell(listener -> listener.backendChosen(choice));
        }

        @Override
        public void backendFailed(String backend, String reason) {
            tell(listener -> listener.backendFailed(backend, reason));
        }

        @Override
        public void paused(String reason) {
            synchronized (lock) {
                status = status.with(status.state(), "waits: " + reason);
            }
            tell(listener -> listener.paused(reason));
        }

        @Override
        public void validated(ValidationReport report) {
            tell(listener -> listener.validated(report));
        }

        @Override
        public void checkpointed(Path file) {
            tell(listener -> listener.checkpointed(file));
        }

        @Override
        public void moved(String device, String reason) {
            tell(listener -> listener.moved(device, reason));
        }

        @Override
        public void configured(List<String> differences) {
            refusal = "";
            tell(listener -> listener.configured(differences));
        }

        @Override
        public void refused(String reason) {
            refusal = "settings not changed: " + reason;
            tell(listener -> listener.refused(reason));
        }

        @Override
        public void validating(long done, long total) {
            tell(listener -> listener.validating(done, total));
        }
    }
}
