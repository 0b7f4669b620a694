package org.bindrae.shell.internal;

import java.util.function.Predicate;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.JobStatus;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code job}: what can be done with one job. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "job")
public final class JobCommand extends ShellCommand<ShellCommand.Arguments> {
    private final Jobs jobs;

    @Activate
    public JobCommand(@Reference Jobs jobs) {
        this.jobs = jobs;
    }

    @Command(name = "job", description = "Follows, pauses, resumes or stops a training run in the background.", synopsisSubcommandLabel = "COMMAND",
            subcommands = {Follow.class, Pause.class, Resume.class, Stop.class, Show.class})
    static final class Unspecified extends Arguments {
    }

    /** What all parts take. */
    static class OneJob extends Arguments {
        @Parameters(paramLabel = "JOB", description = "the job, as in the list of: jobs")
        String id;
    }

    @Command(name = "follow", description = "Shows steps and validations until the job ends or is paused. Ctrl-C leaves the job alone.")
    static final class Follow extends OneJob {
    }

    @Command(name = "pause", description = "Ends the step under way, writes a checkpoint and frees the device.")
    static final class Pause extends OneJob {
    }

    @Command(name = "resume", description = "Puts a paused job back into the queue of its device.")
    static final class Resume extends OneJob {
    }

    @Command(name = "stop", description = "Ends the step under way, writes a checkpoint and ends the job.", footer = {"", "The run goes on with: resume RUN"})
    static final class Stop extends OneJob {
    }

    @Command(name = "show", description = "Shows what is known of a job.")
    static final class Show extends OneJob {
        @Option(names = "--json", description = "print JSON instead of text, and nothing else")
        boolean json;

        @Override
        protected boolean json() {
            return json;
        }
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Unspecified();
    }

    @Descriptor("follows, pauses, resumes or stops a training run in the background")
    public Object job(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) {
        Job job = find(((OneJob) arguments).id);
        switch (arguments) {
            case Follow _ -> JobOutput.follow(job, console);
            case Pause _ -> {
                job.pause();
                await(job, state -> state == JobState.PAUSED || state.isOver(), console);
            }
            case Resume _ -> {
                job.resume();
                console.println(job.describe());
            }
            case Stop _ -> {
                job.stop();
                await(job, JobState::isOver, console);
            }
            case Show _ -> show(job, console);
            default -> throw new IllegalStateException("no part of job: " + arguments.getClass());
        }
    }

    private Job find(String id) {
        return jobs.find(id).orElseThrow(() -> new CommandFailure(CommandFailure.FAILED, "there is no job '" + id + "'; see: jobs"));
    }

    /** The step under way may take a while; Ctrl-C leaves it to itself. */
    private static void await(Job job, Predicate<JobState> state, Console console) {
        try {
            job.await(state);
        } catch (InterruptedException e) {
            // says below where it is
        }
        console.println(job.describe());
    }

    private static void show(Job job, Console console) {
        JobStatus s = job.status();
        Table table = new Table(Column.of("what"), Column.text("value"));
        value(table, console, "job", job.id());
        value(table, console, "state", s.state());
        value(table, console, "run", job.folder());
        value(table, console, "device", s.device());
        value(table, console, "backend", s.backend());
        value(table, console, "step", s.step());
        value(table, console, "of", s.totalSteps());
        value(table, console, "steps/s", s.stepsPerSecond());
        value(table, console, "left", s.secondsLeft());
        value(table, console, "loss", s.loss());
        value(table, console, "message", s.message());
        job.result().ifPresent(result -> value(table, console, "checkpoint", result.lastCheckpoint()));
        if (!console.json()) {
            console.print(table);
        }
    }

    /** People see what is known, programs all. */
    private static void value(Table table, Console console, String name, Object value) {
        console.put(name, value);
        boolean known = !(value instanceof Double number && Double.isNaN(number)) && !value.toString().isEmpty();
        if (known) {
            table.row(name, value);
        }
    }
}
