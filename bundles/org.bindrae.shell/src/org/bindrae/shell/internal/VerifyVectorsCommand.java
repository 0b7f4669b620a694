package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaVectorCheck;
import org.bindrae.edge.EdgeVectorCheck;
import org.bindrae.geometry.GeometryVectorCheck;
import org.bindrae.shell.CommandFailure;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorFile;
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
    private static final String ALL = "all";
    private static final String SUFFIX = ".safetensors";

    private final Workbench workbench;

    @Activate
    public VerifyVectorsCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "verify-vectors",
            description = "Compares attention, edge embedding and geometry with golden vectors: inputs, results and gradients computed by other code.",
            footer = {"", "Exit status 1 if anything differs by more than its tolerance, or a file cannot be checked."})
    static final class Arguments extends ShellCommand.Arguments {
        @Parameters(paramLabel = "DIR", description = "folder of safetensors files, or one such file")
        Path path;

        @Option(names = "--backend", paramLabel = "NAME", defaultValue = ALL, description = "attention backend to check, or all (default)")
        String backend;

        @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", description = "cpu, cuda:0, … or auto (default: ${DEFAULT-VALUE})")
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
    Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("compares this code with golden vectors")
    public Object verifyVectors(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    void execute(Arguments arguments, Console console) throws Exception {
        List<Path> files = files(arguments.path);
        TextTable table = new TextTable("file", "backend", "quantity", "error", "tolerance", "result");
        int checked = 0;
        int failed = 0;
        List<String> problems = new ArrayList<>();
        try (Progress progress = console.progress("verify")) {
            for (int i = 0; i < files.size(); i++) {
                Path file = files.get(i);
                progress.progress(i, files.size(), "files", file.getFileName().toString());
                try {
                    for (Checked result : check(file, arguments)) {
                        for (VectorRow row : result.rows()) {
                            checked++;
                            failed += row.passes() ? 0 : 1;
                            if (!row.passes() || !arguments.quiet) {
                                table.row(file.getFileName(), result.backend(), row.quantity(), number(row.error()), number(row.tolerance()),
                                        row.passes() ? "pass" : "FAIL");
                            }
                        }
                    }
                } catch (IOException | IllegalArgumentException | IllegalStateException e) {
                    problems.add(e.getMessage().contains(file.toString()) ? e.getMessage() : file + ": " + e.getMessage());
                }
            }
            progress.progress(files.size(), files.size(), "files", "");
        }
        if (!table.isEmpty()) {
            console.println(table.toString());
        }
        problems.forEach(problem -> console.println("cannot be checked: " + problem));
        String summary = checked + " quantities of " + files.size() + " files compared in " + arguments.precision.name().toLowerCase(Locale.ROOT) + ": "
                + (checked - failed) + " pass, "
                + failed + " fail" + (problems.isEmpty() ? "" : ", " + problems.size() + " files could not be checked");
        if (failed > 0 || !problems.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, summary);
        }
        console.println(summary);
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> files = all.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
            if (files.isEmpty()) {
                throw new CommandFailure(CommandFailure.FAILED, path + ": no file here ends with " + SUFFIX);
            }
            return files;
        }
    }

    /** What was compared, and by which attention backend where one took part. */
    private record Checked(String backend, List<VectorRow> rows) {
    }

    private List<Checked> check(Path path, Arguments arguments) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(path);
        Device device = workbench.place(arguments.compute()).device();
        DType type = arguments.precision.dtype();
        return switch (VectorFile.kind(file)) {
            case IpaVectorCheck.KIND -> checkAttention(new IpaVectorCheck(file), arguments);
            case EdgeVectorCheck.KIND -> List.of(new Checked("–", new EdgeVectorCheck(file).check(device, type)));
            case GeometryVectorCheck.KIND -> List.of(new Checked("–", new GeometryVectorCheck(file).check(device, type)));
            case "" -> throw new IOException(path + ": no metadata entry \"kind\", so this is no file of golden vectors");
            case String kind -> throw new IOException(path + ": vectors of kind \"" + kind + "\" belong to no part of this workbench");
        };
    }

    private List<Checked> checkAttention(IpaVectorCheck check, Arguments arguments) throws IOException {
        Device device = workbench.place(arguments.compute()).device();
        DType type = arguments.precision.dtype();
        List<Checked> results = new ArrayList<>();
        for (var assessment : workbench.backends().assess(check.config(), device, type)) {
            AttentionBackend backend = assessment.backend();
            if (arguments.backend.equals(backend.name()) && !assessment.support().ok()) {
                throw new IllegalStateException("attention backend " + assessment);
            }
            if (assessment.support().ok() && (arguments.backend.equals(ALL) || arguments.backend.equals(backend.name()))) {
                results.add(new Checked(backend.name(), check.check(device, type, backend)));
            }
        }
        if (results.isEmpty()) {
            // says which backends there are
            workbench.backends().choose(arguments.backend, check.config(), device, type);
        }
        return results;
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
}
