package org.bindrae.shell.internal;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.bindrae.training.jobs.Job;
import org.bindrae.training.jobs.JobState;
import org.bindrae.training.jobs.JobStatus;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;

/** {@code jobs}: the training runs of this workbench. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "jobs")
public final class JobsCommand extends ShellCommand<JobsCommand.Arguments> {
    private final Jobs jobs;

    @Activate
    public JobsCommand(@Reference Jobs jobs) {
        this.jobs = jobs;
    }

    @Command(name = "jobs", description = "Lists the training runs in the background since the workbench was started.")
    static final class Arguments extends ShellCommand.ListingArguments {
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("lists the training runs in the background")
    public Object jobs(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) {
        Table table = new Table(Column.of("job"), Column.of("state").toned(JobsCommand::tone), Column.of("step"), Column.of("of"),
                Column.number("steps/s", "%.3g"), Column.number("left", Progress::duration), Column.number("loss", "%.4f"), Column.of("device"),
                Column.of("backend"), Column.text("run"), Column.text("message"));
        for (Job job : jobs.list()) {
            JobStatus s = job.status();
            table.row(job.id(), s.state(), s.step(), s.totalSteps(), s.stepsPerSecond(), s.state() == JobState.RUNNING ? s.secondsLeft() : null, s.loss(),
                    s.device(), s.backend(), job.folder(), s.message());
        }
        console.print(table);
        if (table.isEmpty()) {
            console.println("there are no jobs; begin one with: train");
        }
    }

    private static Tone tone(Object state) {
        return switch ((JobState) state) {
            case FINISHED -> Tone.GOOD;
            case FAILED -> Tone.BAD;
            case PAUSED, PAUSING, STOPPED, STOPPING -> Tone.DOUBTFUL;
            case QUEUED, RUNNING -> Tone.PLAIN;
        };
    }
}
