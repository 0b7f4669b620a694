package org.bindrae.shell.internal;

import java.nio.file.Path;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.tensor.Devices;
import org.bindrae.training.Compute;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code resume}: goes on with a training run. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "resume")
public final class ResumeCommand extends ShellCommand<ResumeCommand.Arguments> {
    private final Workbench workbench;
    private final Jobs jobs;
    private final Configurations configurations;

    @Activate
    public ResumeCommand(@Reference Workbench workbench, @Reference Jobs jobs, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.jobs = jobs;
        this.configurations = configurations;
    }

    @Command(name = "resume", description = "Goes on with a training run from its latest checkpoint, exactly as if it had never stopped.")
    static final class Arguments extends ShellCommand.Arguments {
        @Parameters(paramLabel = "RUN", description = "folder of the run")
        Path run;

        @Option(names = "--samples", paramLabel = "PATH", description = "where its prepared samples are now, if they were moved")
        Path samples;

        @Option(names = "--device", paramLabel = "DEVICE", description = "cpu, cuda:0, … or auto, from now on (default: as the run was started)")
        String device;

        @Option(names = "--precision", paramLabel = "fp64|fp32|tf32|bf16",
                description = "auto, fp64, fp32, tf32 or bf16, from now on (default: auto with --device)")
        String precision;

        @Option(names = "--wait", description = "in the interactive shell: follow the run until it ends; single commands always do")
        boolean wait;

        Compute compute() {
            if (device == null && precision == null) {
                return null;
            }
            return new Compute(device == null ? Devices.AUTO : device, precision == null ? Compute.AUTO : precision);
        }
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("goes on with a training run from its latest checkpoint")
    public Object resume(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        ConfiguredTraining training = ConfiguredTraining.resume(workbench, configurations, arguments.run, arguments.samples, arguments.compute(),
                JobOutput.isPatient(console));
        JobOutput.start(jobs, training, arguments.wait, console);
    }
}
