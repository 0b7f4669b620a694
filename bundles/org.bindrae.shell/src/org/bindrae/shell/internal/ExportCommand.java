package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.training.config.WeightsExport;
import org.bindrae.training.models.ModelOrigin;
import org.osgi.service.component.annotations.Component;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code export}: the weights of a run in a file of their own. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "export")
public final class ExportCommand extends ShellCommand<ExportCommand.Arguments> {
    private static final double MIB = 1 << 20;

    @Command(name = "export", description = "Writes the averaged weights of a run to a file of their own, which predict and evaluate take anywhere.",
            footer = {"", "The file says what it was trained on and how, without the paths of this machine. A bundle makes an installed model of it."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "CHECKPOINT", description = "a run directory, whose best checkpoint is taken, or a checkpoint of one")
        Path checkpoint;

        @Option(names = {"-o", "--out"}, paramLabel = "FILE", required = true, description = "the new file, .safetensors")
        Path out;

        @Option(names = "--half", description = "numbers of 16 bits (fp16) instead of those of the run")
        boolean half;

        @Option(names = "--overwrite", description = "replace a file that exists already")
        boolean overwrite;
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("writes the averaged weights of a run to a file of their own")
    public Object export(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws IOException {
        Stage1Weights weights = WeightsExport.export(arguments.checkpoint, arguments.out, arguments.half ? ElementType.F16 : ElementType.F32,
                arguments.overwrite);
        ModelOrigin origin = ModelOrigin.of(arguments.out, weights.metadata());
        long bytes = Files.size(arguments.out);
        console.put("file", arguments.out.toString());
        console.put("bytes", bytes);
        console.put("steps", origin.steps());
        console.put("parameters", origin.parameters());
        console.println(String.format(Locale.ROOT, "%,d parameters after %d steps: %s, %.1f MiB", origin.parameters(), origin.steps(), arguments.out,
                bytes / MIB));
    }
}
