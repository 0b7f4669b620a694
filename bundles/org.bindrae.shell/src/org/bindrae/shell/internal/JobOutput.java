package org.bindrae.shell.internal;

import java.io.IOException;
import java.util.Optional;

import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Failures;
import org.bindrae.shell.Foreground;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.JobStatus;
import org.bindrae.training.jobs.Jobs;

/** What commands show of jobs, and how they wait for them. */
final class JobOutput {
    /** Exit status of a process that was interrupted, as shells have it. */
    private static final int INTERRUPTED = 130;

    private JobOutput() {
    }

    /** Whether a run waits in the queue where its device or backend is not there; a single command ends instead. */
    static boolean isPatient(Console console) {
        return Foreground.of(console.session()).isEmpty();
    }

    /**
     * Hands a run to the background. Where the process ends with the command, waits for the end of the run instead; Ctrl-C stops it then.
     *
     * @param wait whether to follow the job in an interactive session, too
     */
    static void start(Jobs jobs, ConfiguredTraining training, boolean wait, Console console) throws IOException {
        Optional<Foreground> foreground = Foreground.of(console.session());
        if (foreground.isPresent()) {
            finish(jobs, training, foreground.get(), console);
            return;
        }
        if (wait) {
            try (TrainingOutput output = new TrainingOutput(console)) {
                follow(jobs.submit(training, output), output, console);
            }
            return;
        }
        Job job = jobs.submit(training);
        JobStatus status = job.status();
        String how = status.state() == JobState.QUEUED ? status.message() : "trains on " + status.device();
        console.println("job " + job.id() + " " + how + "; see it with: job follow " + job.id());
    }

    private static void finish(Jobs jobs, ConfiguredTraining training, Foreground foreground, Console console) throws IOException {
        try (TrainingOutput output = new TrainingOutput(console)) {
            Job job;
            try (Foreground.Interruption _ = foreground.interrupts()) {
                job = jobs.submit(training, output);
                while (!job.status().state().isOver()) {
                    try {
                        job.await();
                    } catch (InterruptedException e) {
                        output.warn("ends after this step with a checkpoint; once more ends it at once");
                        stop(job);
                    }
                }
            }
            ended(job, output);
            if (job.status().state() == JobState.STOPPED) {
                throw new CommandFailure(INTERRUPTED, "training was stopped at step " + job.status().step() + "; go on with: resume " + job.folder());
            }
        }
    }

    private static void stop(Job job) {
        try {
            job.stop();
        } catch (IllegalStateException e) {
            // it has come to its end meanwhile
        }
    }

    /** Shows a job until it is over or paused, or until the thread is interrupted, which leaves the job alone. */
    static void follow(Job job, Console console) {
        try (TrainingOutput output = new TrainingOutput(console)) {
            job.add(output);
            follow(job, output, console);
        }
    }

    private static void follow(Job job, TrainingOutput output, Console console) {
        try {
            JobStatus status = job.status();
            if (!status.message().isEmpty() && !status.state().isOver()) {
                output.warn("job " + job.id() + " " + status.message());
            }
            status = job.await(state -> state.isOver() || state == JobState.PAUSED);
            if (status.state() == JobState.PAUSED) {
                output.close();
                console.println(job.describe());
            } else {
                ended(job, output);
            }
        } catch (InterruptedException e) {
            output.close();
            console.println("job " + job.id() + " goes on; see it again with: job follow " + job.id());
        } finally {
            job.remove(output);
        }
    }

    /** Says how a job has ended. */
    private static void ended(Job job, TrainingOutput output) {
        job.failure().ifPresent(failure -> {
            output.close();
            String detail = job.status().step() > 0 ? "; once that is mended, go on with: resume " + job.folder() : "";
            throw new CommandFailure(Failures.describe(failure) + detail, failure);
        });
        job.result().ifPresent(result -> output.ended(result, job.folder()));
    }
}
