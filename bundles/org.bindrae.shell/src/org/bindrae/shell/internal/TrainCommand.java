package org.bindrae.shell.internal;

import java.nio.file.Path;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.Split;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ChosenConfiguration;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.jobs.Jobs;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code train}: a new training run. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "train")
public final class TrainCommand extends ShellCommand<TrainCommand.Arguments> {
    private final Workbench workbench;
    private final Jobs jobs;
    private final Configurations configurations;

    @Activate
    public TrainCommand(@Reference Workbench workbench, @Reference Jobs jobs, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.jobs = jobs;
        this.configurations = configurations;
    }

    @Command(name = "train", description = {"Trains a network on prepared samples, in a run directory that explains itself.",
            "In the interactive shell it is a job in the background, see: jobs"}, footer = {"", "A run that was ended, however, goes on with: resume RUN"})
    static final class Arguments extends ShellCommand.Arguments {
        @Parameters(arity = "0..1", paramLabel = "SAMPLES", description = "folder or packed file of prepared samples (or data.samples of the configuration)")
        Path samples;

        @Option(names = "--split", paramLabel = "FILE", required = true, description = "training and validation samples, made by: split")
        Path split;

        @Option(names = {"-o", "--out"}, paramLabel = "RUN", required = true, description = "folder of the run; must be empty or absent")
        Path out;

        @Option(names = "--wait", description = "in the interactive shell: follow the run until it ends; single commands always do")
        boolean wait;

        @Mixin
        ConfigOptions config;
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("trains a network on prepared samples")
    public Object train(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        ChosenConfiguration config = arguments.config.choose(configurations);
        String folder = arguments.samples == null ? config.config().data().samples() : arguments.samples.toAbsolutePath().toString();
        if (folder.isEmpty()) {
            throw new CommandFailure(CommandFailure.USAGE, "name the prepared samples, as in: train SAMPLES --split FILE --out RUN");
        }
        Samples.open(Path.of(folder));
        ConfiguredTraining training = ConfiguredTraining.create(workbench, configurations, config.withSamples(folder), Split.read(arguments.split),
                arguments.out, JobOutput.isPatient(console));
        JobOutput.start(jobs, training, arguments.wait, console);
    }
}
