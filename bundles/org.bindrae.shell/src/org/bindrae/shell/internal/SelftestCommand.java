package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionCheck;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.EdgeMode;
import org.bindrae.samples.GoldenVectors;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.shell.Tone;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.Compute;
import org.bindrae.training.TrainingCheck;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code selftest}: whether a device computes what it should. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "selftest")
public final class SelftestCommand extends ShellCommand<SelftestCommand.Arguments> {
    private static final IpaConfig DEFAULT_SIZES = new IpaConfig(384, 128, 128, 8, 8, 12, 2, IpaConfig.DEFAULT_BIAS_SCALE);
    private static final int REPEATS = 100;
    private static final int STEPS = 1000;

    private final Workbench workbench;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<DeviceCheck> checks = List.of();

    @Activate
    public SelftestCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "selftest",
            description = "Checks a device: golden vectors, every operation against the processor, a training step, repeats bit by bit, and memory after 1000 steps.",
            footer = {"", "Exit status 1 if anything differs by more than its tolerance."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Option(names = "--device", paramLabel = "DEVICE", defaultValue = Devices.AUTO, description = "cpu, cuda:0, … (default: the best one)")
        String device;

        @Option(names = "--precision", paramLabel = "fp64|fp32|tf32|bf16", split = ",",
                description = "fp64, fp32, tf32, bf16; several with commas (default: all it can)")
        List<Precision> precisions = List.of();

        @Option(names = "--vectors", paramLabel = "DIR", description = "golden vectors in this folder, too")
        Path vectors;

        @Option(names = "--all", description = "list what passes, too")
        boolean all;
    }

    @Override
    public Subject subject() {
        return Subject.INSTALLATION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("checks whether a device computes what it should")
    public Object selftest(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        List<Precision> precisions = arguments.precisions.isEmpty() ? possible(arguments.device) : arguments.precisions;
        Path folder = Files.createTempDirectory("bindrae-vectors");
        try (Progress progress = console.progress("selftest")) {
            GoldenVectors.copyTo(folder);
            Findings findings = new Findings(arguments.all);
            AttentionBackend exact = workbench.backends().choose("reference", DEFAULT_SIZES, workbench.host(), DType.F64).backend();
            AttentionReference reference = new AttentionReference(exact, workbench.host());
            for (Precision precision : precisions) {
                String name = precision.name().toLowerCase(Locale.ROOT);
                Workbench.Place place = workbench.place(new Compute(arguments.device, name));
                for (Path from : arguments.vectors == null ? List.of(folder) : List.of(folder, arguments.vectors)) {
                    vectors(place, from, name, findings, progress);
                }
                // what both element types take part in, and what takes long, once
                boolean first = precision == precisions.getFirst();
                operations(place, name, first, findings, progress);
                attention(place, name, exact, reference, findings);
                training(place, name, precision == precisions.getLast(), findings, progress);
            }
            progress.interrupt();
            findings.print(console);
        } finally {
            delete(folder);
        }
    }

    private List<Precision> possible(String device) {
        List<Precision> able = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            try {
                workbench.place(new Compute(device, precision.name().toLowerCase(Locale.ROOT)));
                able.add(precision);
            } catch (IllegalArgumentException e) {
                if (precision == Precision.FP64) {
                    // the device itself is not there
                    throw e;
                }
            }
        }
        return able;
    }

    private void vectors(Workbench.Place place, Path folder, String precision, Findings findings, Progress progress) throws IOException {
        List<Path> files = GoldenVectorCheck.files(folder);
        for (int i = 0; i < files.size(); i++) {
            progress.progress(i, files.size(), precision + " files", files.get(i).getFileName().toString());
            try {
                for (GoldenVectorCheck.Checked checked : new GoldenVectorCheck(workbench, place).run(files.get(i), GoldenVectorCheck.ALL)) {
                    findings.add(precision, files.get(i).getFileName() + (checked.backend().equals("–") ? "" : " by " + checked.backend()), checked.rows());
                }
            } catch (IllegalStateException | IllegalArgumentException e) {
                findings.skipped(precision, files.get(i).getFileName().toString(), e.getMessage());
            }
        }
    }

    private void operations(Workbench.Place place, String precision, boolean first, Findings findings, Progress progress) {
        HostDevice host = workbench.host();
        List<DeviceCheck> those = !first ? List.of()
                : checks.stream().filter(check -> check.applies(place.device())).sorted(Comparator.comparing(DeviceCheck::subject)).toList();
        for (int i = 0; i < those.size(); i++) {
            progress.progress(i, those.size() + 1, precision + " subjects", those.get(i).subject());
            findings.add(precision, those.get(i).subject(), those.get(i).run(place.device(), host));
        }
        progress.progress(those.size(), those.size() + 1, precision + " subjects", "attention");
    }

    private void attention(Workbench.Place place, String precision, AttentionBackend exact, AttentionReference reference, Findings findings) {
        for (AttentionBackends.Assessment assessment : workbench.backends().assess(DEFAULT_SIZES, place.device(), place.dtype())) {
            if (assessment.support().ok() && assessment.backend() != exact) {
                findings.add(precision, "attention by " + assessment.backend().name(),
                        new AttentionCheck(assessment.backend(), place.device(), place.dtype(), reference).run());
            }
        }
    }

    private void training(Workbench.Place place, String precision, boolean atLength, Findings findings, Progress progress) {
        EdgeMode mode = workbench.edgeModes().named(Stage1Config.small().edge().mode());
        IpaConfig sizes = Stage1Config.small().ipaConfig(mode);
        HostDevice host = workbench.host();
        AttentionBackend backend = workbench.backends().choose(AttentionBackends.AUTO, sizes, place.device(), place.dtype()).backend();
        AttentionBackend onHost = workbench.backends().choose(AttentionBackends.AUTO, sizes, host, DType.F64).backend();
        findings.add(precision, "training", new TrainingCheck(place, backend, new Workbench.Place(host, DType.F64), onHost, mode, atLength ? REPEATS : 0,
                atLength ? STEPS : 0).run(progress));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** What was found, counted by subject. */
    private static final class Findings {
        private final boolean all;
        private final Table summary = new Table(Column.of("precision"), Column.of("subject"), Column.of("quantities"),
                Column.number("worst / tolerance", VerifyVectorsCommand::number), Column.of("failed").toned(count -> count.equals(0L) ? Tone.PLAIN : Tone.BAD));
        private final Table details = new Table(Column.of("precision"), Column.of("subject"), Column.of("quantity"),
                Column.number("error", VerifyVectorsCommand::number), Column.number("tolerance", VerifyVectorsCommand::number),
                VerifyVectorsCommand.result("result"));
        private final List<String> skipped = new ArrayList<>();
        private int checked;
        private int failed;

        Findings(boolean all) {
            this.all = all;
        }

        void add(String precision, String subject, List<VectorRow> rows) {
            long failures = rows.stream().filter(row -> !row.passes()).count();
            double worst = rows.stream().mapToDouble(row -> row.error() == 0 ? 0 : row.error() / row.tolerance()).reduce(0, Math::max);
            summary.row(precision, subject, rows.size(), worst, failures);
            checked += rows.size();
            failed += (int) failures;
            rows.stream().filter(row -> all || !row.passes()).forEach(row -> details.row(precision, subject, row.quantity(), row.error(),
                    row.tolerance(), row.passes()));
        }

        void skipped(String precision, String subject, String reason) {
            skipped.add("not checked in " + precision + ": " + subject + ": " + reason);
        }

        void print(Console console) {
            console.print("subjects", summary);
            console.print("quantities", details);
            console.put("skipped", skipped);
            skipped.forEach(console::println);
            String text = checked + " quantities: " + (checked - failed) + " pass, " + failed + " fail";
            if (failed > 0) {
                throw new CommandFailure(CommandFailure.FAILED, text);
            }
            console.println(text);
        }
    }
}
