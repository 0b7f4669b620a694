package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionBenchmark;
import org.bindrae.attention.AttentionCheck;
import org.bindrae.attention.AttentionReference;
import org.bindrae.attention.IpaConfig;
import org.bindrae.edge.EdgeMode;
import org.bindrae.esm.encoder.EsmBenchmark;
import org.bindrae.esm.encoder.EsmConfig;
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
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Timing;
import org.bindrae.training.Compute;
import org.bindrae.training.Provenance;
import org.bindrae.training.StepBenchmark;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: how long attention, a layer or a whole training step takes here, how much memory, and how exact the attention is. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "bench")
public final class BenchCommand extends ShellCommand<BenchCommand.Arguments> {
    private static final String STANDARD_OUTPUT = "-";
    private static final double MIB = 1 << 20;
    private static final double KIB = 1 << 10;
    /** Whether errors are within their limits. */
    private static final String WITHIN = "within";

    private final Workbench workbench;

    @Activate
    public BenchCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "bench",
            description = "Times attention, a layer, a whole training step or a language model on random data, and says how much memory they take and how exact attention is.",
            footer = {"", "Medians after a warm-up; inputs take turns. On a GPU by its own clock, with the work submitted as in training.",
                    "\"wall\" is the time from step to step as a user waits for it, with the work of the processor.",
                    "Exit status 1 if accuracy finds an error beyond its limit."})
    static final class Arguments extends ShellCommand.Arguments {
        @Parameters(paramLabel = "attention|layer|step|memory|accuracy|esm",
                description = "attention: what lies between the linear maps of a layer; layer: with them; step: forward, losses, backward and optimiser of the network; "
                        + "memory: peak memory of a layer and what it keeps for the backward pass; "
                        + "accuracy: relative errors of attention and its gradients against fp64 on the processor, for small and large molecules, "
                        + "near the origin and far off; esm: the ESM-2 encoder with random weights beside the matrix products of its linear maps alone")
        Measured measured;

        @Option(names = "--device", paramLabel = "DEVICE", defaultValue = Devices.AUTO, description = "cpu, cuda:0, … (default: the best one)")
        String device;

        @Option(names = "--precision", paramLabel = "fp64|fp32|tf32|bf16", split = ",", defaultValue = Compute.AUTO,
                description = "fp64, fp32, tf32 or bf16; several with commas (default: tf32 on a GPU, fp32 on the processor)")
        List<String> precisions;

        @Option(names = "--lengths", paramLabel = "N", split = ",", defaultValue = "275",
                description = "residues per sequence; several with commas (default: ${DEFAULT-VALUE})")
        List<Integer> lengths;

        @Option(names = "--batch", paramLabel = "B", description = "sequences (default: 4; for accuracy, whose reference is slow, 1)")
        Integer batch;

        @Option(names = "--backend", paramLabel = "BACKEND", defaultValue = AttentionBackends.AUTO, description = "attention backend (default: the best one)")
        String backend;

        @Option(names = "--rank", paramLabel = "R", description = "factors of the pair features (default: the model's)")
        Integer rank;

        @Option(names = "--model", paramLabel = "seed|default|small|packer", defaultValue = "seed",
                description = "sizes: seed is the published network, which its peers are measured with (default: ${DEFAULT-VALUE})")
        Preset model;

        @Option(names = "--esm", paramLabel = "SIZE", split = ",", defaultValue = "T6_8M",
                description = "published ESM-2 models for esm: ${COMPLETION-CANDIDATES}; several with commas (default: ${DEFAULT-VALUE})")
        List<EsmConfig.Published> esm;

        @Option(names = "--ligand-atoms", paramLabel = "M", defaultValue = "40",
                description = "heavy atoms of each ligand, for step (default: ${DEFAULT-VALUE})")
        int ligandAtoms;

        @Option(names = "--forward", description = "the forward pass only, for attention, layer and memory")
        boolean forward;

        @Option(names = "--kernels", description = "for step: what each kernel of a step takes, launched one after the other")
        boolean kernels;

        @Option(names = "--json", paramLabel = "FILE", arity = "0..1", fallbackValue = STANDARD_OUTPUT,
                description = "also writes the numbers with machine and program to a file; without FILE prints them instead of text")
        Path json;

        @Override
        protected boolean json() {
            return json != null && json.toString().equals(STANDARD_OUTPUT);
        }

        int batch() {
            return batch != null ? batch : measured == Measured.ACCURACY ? 1 : 4;
        }
    }

    enum Measured {
        ATTENTION, LAYER, STEP, MEMORY, ACCURACY, ESM
    }

    enum Preset {
        SEED, DEFAULT, SMALL, PACKER;

        Stage1Config config() {
            return switch (this) {
                case SEED -> Stage1Config.seed();
                case DEFAULT -> Stage1Config.defaults();
                case SMALL -> Stage1Config.small();
                case PACKER -> Stage1Config.packer();
            };
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

    @Descriptor("times attention, a layer or a whole training step")
    public Object bench(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        if (arguments.batch() < 1 || arguments.lengths.stream().anyMatch(length -> length < 1)) {
            throw new CommandFailure(CommandFailure.USAGE, "batch and lengths must be at least 1");
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        Table kernels = new Table(Column.of("precision"), Column.of("N"), Column.of("kernel"), Column.of("launches"), number("ms"));
        int total = arguments.precisions.size() * arguments.lengths.size();
        int cases = 0;
        try (Progress progress = console.progress("bench")) {
            for (String precision : arguments.precisions) {
                for (int length : arguments.lengths) {
                    progress.progress(cases++, total, "cases", precision + " N=" + length);
                    rows.addAll(rows(arguments, new Compute(arguments.device, precision), length, kernels));
                }
            }
            progress.progress(total, total, "cases", "");
        }
        Function<String, Column> column = arguments.measured == Measured.ACCURACY ? BenchCommand::exponential : BenchCommand::number;
        Table table = new Table(rows.getFirst().keySet().stream().map(column).toArray(Column[]::new));
        rows.forEach(row -> table.row(row.values().toArray()));
        var device = workbench.place(new Compute(arguments.device, arguments.precisions.getFirst())).device();
        console.put("subject", arguments.measured);
        console.put("program", Provenance.program());
        console.put("machine", Provenance.machine(device));
        console.println(device.name() + ": " + device.description());
        console.print("rows", table);
        if (arguments.kernels) {
            console.print("kernels", kernels);
        }
        if (arguments.json != null && !arguments.json()) {
            Files.writeString(arguments.json, console.document() + "\n");
        }
        long beyond = rows.stream().filter(row -> Boolean.FALSE.equals(row.get(WITHIN))).count();
        if (beyond > 0) {
            throw new CommandFailure(CommandFailure.FAILED, beyond + " of " + rows.size() + " comparisons are beyond a limit");
        }
    }

    private static Map<String, Object> esm(Workbench.Place place, EsmConfig.Published model, int batch, int length) throws IOException {
        EsmBenchmark.Result result = new EsmBenchmark(model.config(), place.device(), place.dtype()).run(batch, length);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("model", model.config().name());
        row.put("precision", Precision.of(place.device(), place.dtype()).name().toLowerCase(Locale.ROOT));
        row.put("B", batch);
        row.put("N", length);
        put(row, "encoder ms", result.encoder());
        row.put("residues/s", 1000 * batch * length / result.encoder().median());
        row.put("products ms", result.products().median());
        row.put("products GFLOP/s", 1000 * result.gigaFlop() / result.products().median());
        row.put("encoder / products", result.encoder().median() / result.products().median());
        return row;
    }

    private List<Map<String, Object>> rows(Arguments arguments, Compute compute, int length, Table kernels) throws IOException {
        Workbench.Place place = workbench.place(compute);
        if (arguments.measured == Measured.ESM) {
            List<Map<String, Object>> rows = new ArrayList<>();
            for (EsmConfig.Published model : arguments.esm) {
                rows.add(esm(place, model, arguments.batch(), length));
            }
            return rows;
        }
        Stage1Config model = arguments.model.config();
        EdgeMode mode = workbench.edgeModes().named(model.edge().mode());
        IpaConfig sizes = ranked(model.ipaConfig(mode), arguments.rank);
        AttentionBackend backend = workbench.backends().choose(arguments.backend, sizes, place.device(), place.dtype()).backend();
        int[] lengths = new int[arguments.batch()];
        Arrays.fill(lengths, length);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("backend", backend.name());
        row.put("precision", Precision.of(place.device(), place.dtype()).name().toLowerCase(Locale.ROOT));
        row.put("B", arguments.batch());
        row.put("N", length);
        if (arguments.measured == Measured.STEP) {
            StepBenchmark.Result result = new StepBenchmark(place, backend, mode, model, lengths, arguments.ligandAtoms).run();
            put(row, "step ms", result.device());
            row.put("wall ms", result.wallMillis());
            row.put("residues/s", 1000 * arguments.batch() * length / result.wallMillis());
            row.put("peak MiB", result.activationBytes() / MIB);
            row.put("parameters", result.parameters());
            row.put("launches", result.kernels().stream().mapToInt(Device.KernelTime::launches).sum());
            row.put("loss", result.loss());
            result.kernels().forEach(kernel -> kernels.row(row.get("precision"), length, kernel.kernel(), kernel.launches(), kernel.milliseconds()));
            return List.of(row);
        }
        Packing packing = Packing.ofLengths(lengths);
        row.put("rank", sizes.rank());
        if (arguments.measured == Measured.ACCURACY) {
            AttentionBackend reference = workbench.backends().choose("reference", sizes, workbench.host(), DType.F64).backend();
            AttentionCheck check = new AttentionCheck(backend, place.device(), place.dtype(), new AttentionReference(reference, workbench.host()));
            return AttentionCheck.Placement.all().stream().map(placement -> accuracy(row, placement, check.errors(placement.trial(sizes, packing)))).toList();
        }
        AttentionBenchmark benchmark = new AttentionBenchmark(sizes, packing, place.device(), place.dtype(), backend);
        AttentionBenchmark.Result result = arguments.measured == Measured.ATTENTION ? benchmark.attention(!arguments.forward)
                : benchmark.layer(!arguments.forward);
        if (arguments.measured == Measured.MEMORY) {
            row.put("forward MiB", result.forwardBytes() / MIB);
            row.put("with gradients MiB", result.bothBytes() / MIB);
            row.put("forward KiB/residue", result.forwardBytes() / KIB / packing.total());
            row.put("kept KiB/residue", result.keptBytes() / KIB / packing.total());
            row.put("with gradients KiB/residue", result.bothBytes() / KIB / packing.total());
            return List.of(row);
        }
        put(row, "forward ms", result.forward());
        if (result.both() != null) {
            put(row, "forward+backward ms", result.both());
        }
        return List.of(row);
    }

    private static Map<String, Object> accuracy(Map<String, Object> common, AttentionCheck.Placement placement, AttentionCheck.Errors errors) {
        Map<String, Object> row = new LinkedHashMap<>(common);
        row.put("radius Å", placement.radius());
        row.put("offset Å", placement.offset());
        row.put("error", errors.result().error());
        row.put("limit", errors.result().tolerance());
        row.put("gradient error", errors.gradient().error());
        row.put("gradient limit", errors.gradient().tolerance());
        row.put("worst gradient", errors.gradient().quantity());
        row.put(WITHIN, errors.pass());
        return row;
    }

    private static Column exponential(String name) {
        return name.equals(WITHIN)
                ? Column.of(name, within -> Boolean.TRUE.equals(within) ? "yes" : "NO").toned(within -> Boolean.TRUE.equals(within) ? Tone.PLAIN : Tone.BAD)
                : Column.number(name, VerifyVectorsCommand::number);
    }

    private static void put(Map<String, Object> row, String name, Timing timing) {
        row.put(name, timing.median());
        row.put(name.replace(" ms", " least"), timing.least());
    }

    private static IpaConfig ranked(IpaConfig c, Integer rank) {
        if (rank == null) {
            return c;
        }
        return new IpaConfig(c.cS(), rank == 0 ? 0 : c.cZ(), c.cHidden(), c.heads(), c.qkPoints(), c.vPoints(), rank, c.biasScale());
    }

    private static Column number(String name) {
        return Column.number(name, number -> String.format(Locale.ROOT, number >= 100 ? "%.0f" : number >= 10 ? "%.2f" : "%.4f", number));
    }
}
