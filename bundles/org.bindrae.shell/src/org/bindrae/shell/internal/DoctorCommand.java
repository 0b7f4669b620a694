package org.bindrae.shell.internal;

import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.health.Finding;
import org.bindrae.health.InstalledChecks;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;

/** {@code doctor}: what the installed health checks find, and the remedy. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "doctor")
public final class DoctorCommand extends ShellCommand<DoctorCommand.Arguments> {
    private final InstalledChecks checks;

    @Activate
    public DoctorCommand(@Reference InstalledChecks checks) {
        this.checks = checks;
    }

    @Command(name = "doctor", description = "Says what this machine and installation can do, what is missing, and the remedy.",
            footer = {"", "Exit status 1 if something that is needed does not work."})
    static final class Arguments extends ShellCommand.ListingArguments {
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("says what this machine and installation can do")
    public Object doctor(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws InterruptedException {
        List<Finding> findings = checks.findings();
        Table table = new Table(Column.of("state").toned(DoctorCommand::tone), Column.of("what"), Column.text("found"), Column.text("remedy"));
        findings.forEach(finding -> table.row(finding.state(), finding.subject(), finding.text(), finding.remedy().isEmpty() ? null : finding.remedy()));
        console.print(table);
        long failures = findings.stream().filter(finding -> finding.state() == Finding.State.FAILED).count();
        if (failures > 0) {
            throw new CommandFailure(CommandFailure.FAILED,
                    failures + (failures == 1 ? " thing" : " things") + " that the workbench needs does not work, see the table");
        }
    }

    private static Tone tone(Object state) {
        return switch ((Finding.State) state) {
            case OK -> Tone.GOOD;
            case NOTE -> Tone.PLAIN;
            case WARNING -> Tone.DOUBTFUL;
            case FAILED -> Tone.BAD;
        };
    }
}
