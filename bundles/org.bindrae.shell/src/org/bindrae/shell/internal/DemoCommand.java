package org.bindrae.shell.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.ComplexSource;
import org.bindrae.data.DataSet;
import org.bindrae.data.LigandReader;
import org.bindrae.data.Preparation;
import org.bindrae.data.PreparationReport;
import org.bindrae.data.SampleCache;
import org.bindrae.data.Split;
import org.bindrae.samples.SampleStructures;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.ConfiguredTraining;
import org.bindrae.training.config.TrainedNetwork;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Subset;
import org.bindrae.training.prediction.StructurePredictor;
import org.bindrae.training.report.ReportFiles;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code demo}: the whole way on a few real complexes, in minutes. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "demo")
public final class DemoCommand extends ShellCommand<DemoCommand.Arguments> {
    /** The networks of the demo are small, so that it takes minutes. */
    private static final String CONFIG = "demo.json";
    private static final String MARK = "bindrae-demo.txt";
    private static final List<String> TRAIN = List.of("1A2C", "1BOQ", "1EBL", "1EPL", "1GCI", "1GFL", "1TOH", "1XKQ");
    private static final List<String> VALIDATION = List.of("1MBO", "1PPA");
    /** The protein that the network never sees: a cAMP-binding domain of protein kinase A. */
    private static final String HELD_OUT = "1NE6";
    /** The training protein whose pocket is drawn: a synthase with coenzyme A. */
    private static final String PICTURED = "1EBL";

    private final Workbench workbench;

    @Activate
    public DemoCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "demo",
            description = "Trains a small network on a few real complexes, compares it with a baseline, and predicts a protein it never saw; takes minutes.",
            footer = {"", "The same machine gives the same numbers every time."})
    static final class Arguments extends ShellCommand.Arguments {
        @Option(names = {"-o", "--out"}, paramLabel = "DIR", defaultValue = "bindrae-demo",
                description = "folder for everything; an earlier demo in it is replaced (default: ${DEFAULT-VALUE})")
        Path out;

        @Mixin
        Overrides overrides;
    }

    /** Further settings. */
    static final class Overrides {
        @Option(names = {"-s", "--set"}, paramLabel = "KEY=VALUE",
                description = "changes a value of the demo's configuration, such as training.epochs=5; may be repeated")
        List<String> assignments = new ArrayList<>();
    }

    @Override
    public Subject subject() {
        return Subject.TRAINING;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("trains, evaluates and predicts on a few real complexes, in minutes")
    public Object demo(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        WorkbenchConfig config = config(arguments.overrides.assignments);
        Path out = arguments.out;
        clear(out);
        console.println("1  prepare: complexes from the PDB to samples");
        SampleCache cache = prepare(out, config, console);
        Split split = new Split("demo", config.training().seed(), Map.of(), TRAIN, VALIDATION, List.of(HELD_OUT));
        split.write(out.resolve("split.json"));
        console.println("2  train: a small network on " + String.join(", ", TRAIN) + "; " + String.join(" and ", VALIDATION) + " validate");
        Path run = out.resolve("run");
        try (TrainingOutput output = new TrainingOutput(console);
                ConfiguredTraining training = ConfiguredTraining.create(workbench, config.withSamples(cache.path().toAbsolutePath().toString()), split,
                        run)) {
            training.run(output);
        }
        try (TrainedNetwork network = TrainedNetwork.open(workbench, run, config)) {
            console.println("3  evaluate: beside the rotamer baseline, on the training proteins and on " + HELD_OUT + ", which the network never saw");
            EvaluationReport known = evaluate(new EvaluationRun(cache, split, out.resolve("report-training"), null), network, TRAIN,
                    "Training proteins of the demo", PICTURED,
                    console);
            EvaluationReport unseen = evaluate(new EvaluationRun(cache, split, out.resolve("report"), run), network, List.of(HELD_OUT),
                    "The held-out protein " + HELD_OUT, HELD_OUT, console);
            console.println("4  predict: the structure of " + HELD_OUT + " with its ligand");
            Path predicted = predict(out, network, config, console);
            console.println("");
            console.print("scores", table(known, unseen));
            console.println("Few proteins and minutes of training teach what was seen, not proteins in general: the held-out figures are what they are.");
            console.println("report     " + out.resolve("report").resolve(ReportFiles.HTML));
            console.println("structure  " + predicted + " (PyMOL, ChimeraX, Mol*; the B factor is the confidence in percent)");
            console.println("run        " + run + " (TensorBoard reads it)");
        }
    }

    private static WorkbenchConfig config(List<String> assignments) throws IOException {
        try (InputStream in = DemoCommand.class.getResourceAsStream(CONFIG)) {
            return new ConfigFormat().parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), CONFIG, assignments);
        }
    }

    /** Removes an earlier demo, and nothing else. */
    private static void clear(Path out) throws IOException {
        Files.createDirectories(out);
        boolean demo = Files.exists(out.resolve(MARK));
        List<Path> content;
        try (Stream<Path> files = Files.list(out)) {
            content = files.toList();
        }
        if (!demo && !content.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, out + ": not empty and not an earlier demo; name another folder with --out");
        }
        Files.writeString(out.resolve(MARK), "Made by the command demo, which replaces all of this folder when it runs again.\n");
        for (Path path : content) {
            if (!path.getFileName().toString().equals(MARK)) {
                delete(path);
            }
        }
    }

    private static void delete(Path path) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(path)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }

    private static SampleCache prepare(Path out, WorkbenchConfig config, Console console) throws IOException {
        Path structures = Files.createDirectories(out.resolve("structures"));
        List<ComplexSource> sources = new ArrayList<>();
        for (String id : Stream.of(TRAIN, VALIDATION, List.of(HELD_OUT)).flatMap(List::stream).toList()) {
            Path file = structures.resolve(id + ".pdb");
            try (InputStream in = SampleStructures.open(id + ".pdb")) {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            }
            sources.add(new ComplexSource(id, file, LigandReader.AUTO));
        }
        SampleCache cache = new SampleCache(out.resolve("samples"));
        PreparationReport report;
        try (Progress progress = console.progress("prepare")) {
            report = new Preparation(cache, config.preparation()).run(new DataSet("demo", sources, Map.of(), List.of()), progress);
        }
        if (!report.refused().isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, "a sample structure was refused: " + report.refused().getFirst().reason());
        }
        Table table = new Table("complex", "part", "residues", "ligand", "heavy atoms", "pocket residues");
        for (PreparationReport.Outcome outcome : report.outcomes()) {
            String part = TRAIN.contains(outcome.id()) ? "training" : VALIDATION.contains(outcome.id()) ? "validation" : "held out";
            table.row(outcome.id(), part, outcome.residues(), outcome.ligand(), outcome.ligandAtoms(), outcome.pocket());
        }
        console.print("complexes", table);
        return cache;
    }

    private static EvaluationReport evaluate(EvaluationRun evaluation, TrainedNetwork network, List<String> ids, String title, String pocket, Console console)
            throws IOException {
        Map<String, String> origin = new LinkedHashMap<>();
        origin.put("network", Path.of(network.origin()).getFileName() + " of the demo, attention by " + network.choice().backend().name());
        return evaluation.evaluate(List.of(network.predictor(), evaluation.baseline(console)), ids, title, pocket, origin, console);
    }

    private static Path predict(Path out, TrainedNetwork network, WorkbenchConfig config, Console console) {
        ComplexSource source = new ComplexSource(HELD_OUT, out.resolve("structures").resolve(HELD_OUT + ".pdb"), LigandReader.AUTO);
        Path target = out.resolve(HELD_OUT + "-predicted.pdb");
        try (Progress progress = console.progress("predict")) {
            var outcome = new StructurePredictor(network.predictor(), config.preparation())
                    .predict(List.of(new StructurePredictor.Job(source, target)), true, progress).getFirst();
            if (!outcome.done()) {
                throw new CommandFailure(CommandFailure.FAILED, outcome.problem());
            }
        }
        return target;
    }

    private static Table table(EvaluationReport known, EvaluationReport unseen) {
        Table table = new Table(Column.of("method"), percent("chi1 within 20°"), percent("chi1 within 40°"), percent("chi1 in its well"),
                Column.of("residues"));
        row(table, "training proteins", known);
        row(table, HELD_OUT + ", held out", unseen);
        return table;
    }

    private static void row(Table table, String proteins, EvaluationReport report) {
        for (MethodReport method : report.methods()) {
            var metrics = method.metrics();
            table.row(proteins + ": " + method.name(), metrics.score(Measure.CHI1_20, Subset.ALL).value(),
                    metrics.score(Measure.CHI1_40, Subset.ALL).value(),
                    metrics.score(Measure.ROTAMER, Subset.ALL).value(), metrics.score(Measure.CHI1_20, Subset.ALL).count());
        }
    }

    private static Column percent(String name) {
        return Column.number(name, fraction -> String.format(Locale.ROOT, "%.1f %%", 100 * fraction));
    }
}
