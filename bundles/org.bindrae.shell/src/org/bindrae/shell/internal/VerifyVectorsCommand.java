package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.Compute;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code verify-vectors}: compares this code with values that other code computed. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "verify-vectors")
public final class VerifyVectorsCommand extends ShellCommand<VerifyVectorsCommand.Arguments> {
    private final Workbench workbench;

    @Activate
    public VerifyVectorsCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "verify-vectors",
            description = "Compares attention, edge embedding and geometry with golden vectors: inputs, results and gradients computed by other code.",
            footer = {"", "Exit status 1 if anything differs by more than its tolerance, or a file cannot be checked."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "DIR", description = "folder of safetensors files, or one such file")
        Path path;

        @Option(names = "--backend", paramLabel = "BACKEND", defaultValue = GoldenVectorCheck.ALL, description = "attention backend to check, or all (default)")
        String backend;

        @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "cpu", description = "cpu, cuda:0, … or auto (default: ${DEFAULT-VALUE})")
        String device;

        @Option(names = "--precision", paramLabel = "fp64|fp32|tf32|bf16", defaultValue = "fp64",
                description = "of the arithmetic; tolerances follow it (default: ${DEFAULT-VALUE})")
        Precision precision;

        @Option(names = "--quiet", description = "print failures and the summary only")
        boolean quiet;

        Compute compute() {
            return new Compute(device, precision.name().toLowerCase(Locale.ROOT));
        }
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("compares this code with golden vectors")
    public Object verifyVectors(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        List<Path> files = GoldenVectorCheck.files(arguments.path);
        GoldenVectorCheck check = new GoldenVectorCheck(workbench, workbench.place(arguments.compute()));
        Table table = new Table(Column.of("file"), Column.of("backend"), Column.of("quantity"), Column.number("error", VerifyVectorsCommand::number),
                Column.number("tolerance", VerifyVectorsCommand::number), result("result"));
        int checked = 0;
        int failed = 0;
        List<String> problems = new ArrayList<>();
        try (Progress progress = console.progress("verify")) {
            for (int i = 0; i < files.size(); i++) {
                Path file = files.get(i);
                progress.progress(i, files.size(), "files", file.getFileName().toString());
                try {
                    for (GoldenVectorCheck.Checked result : check.run(file, arguments.backend)) {
                        for (VectorRow row : result.rows()) {
                            checked++;
                            failed += row.passes() ? 0 : 1;
                            if (!row.passes() || !arguments.quiet) {
                                table.row(file.getFileName(), result.backend(), row.quantity(), row.error(), row.tolerance(), row.passes());
                            }
                        }
                    }
                } catch (IOException | IllegalArgumentException | IllegalStateException e) {
                    problems.add(e.getMessage().contains(file.toString()) ? e.getMessage() : file + ": " + e.getMessage());
                }
            }
            progress.progress(files.size(), files.size(), "files", "");
        }
        console.print("quantities", table);
        console.put("compared", checked);
        console.put("failed", failed);
        console.put("problems", problems);
        problems.forEach(problem -> console.println("cannot be checked: " + problem));
        String summary = checked + " quantities of " + files.size() + " files compared in " + arguments.precision.name().toLowerCase(Locale.ROOT) + ": "
                + (checked - failed) + " pass, "
                + failed + " fail" + (problems.isEmpty() ? "" : ", " + problems.size() + " files could not be checked");
        if (failed > 0 || !problems.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, summary);
        }
        console.println(summary);
    }

    /** Whether something is within its tolerance. */
    static Column result(String name) {
        return Column.of(name, pass -> Boolean.TRUE.equals(pass) ? "pass" : "FAIL")
                .toned(pass -> Boolean.TRUE.equals(pass) ? Tone.PLAIN : Tone.BAD);
    }

    static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
}
