package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.Split;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.TrainedNetwork;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Subset;
import org.bindrae.training.prediction.PredictedStructures;
import org.bindrae.training.prediction.PredictionMethod;
import org.bindrae.training.report.ReportFiles;
import org.bindrae.training.report.ReportTable;
import org.bindrae.training.report.ReportTables;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import com.fasterxml.jackson.databind.ObjectMapper;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code evaluate}: how good predictions are. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "evaluate")
public final class EvaluateCommand extends ShellCommand<EvaluateCommand.Arguments> {
    private final Workbench workbench;
    private final Configurations configurations;

    @Activate
    public EvaluateCommand(@Reference Workbench workbench, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.configurations = configurations;
    }

    @Command(name = "evaluate",
            description = "Compares a network, structures of another program, or both with the truth, beside rotamers of the training part.",
            footer = {"", "With --predictions alone only these are compared; otherwise a network is, the first of the installed models where none is named.",
                    "Prints tables and writes report.html, report.json, summary.csv and residues.csv."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "SAMPLES", description = "folder or packed file of prepared samples")
        Path samples;

        @Option(names = "--split", paramLabel = "FILE", required = true, description = "the split: its training part teaches the rotamers")
        Path split;

        @Option(names = "--part", paramLabel = "test|validation|train", defaultValue = "test", description = "part to evaluate on (default: ${DEFAULT-VALUE})")
        EvaluationRun.Part part;

        @Mixin
        NetworkOption network = new NetworkOption();

        @Option(names = "--predictions", paramLabel = "DIR", description = "structures by another program, named after the samples")
        Path predictions;

        @Option(names = "--name", paramLabel = "NAME", defaultValue = "other program",
                description = "name of that program in the report (default: ${DEFAULT-VALUE})")
        String name;

        @Option(names = "--pocket", paramLabel = "ID", description = "sample whose pocket the report draws (default: a typical one)")
        String pocket;

        @Option(names = {"-o", "--out"}, paramLabel = "DIR", required = true, description = "folder of the report")
        Path out;

        @Mixin
        ConfigOptions config;
    }

    @Override
    public Subject subject() {
        return Subject.PREDICTION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("compares predictions with the truth, beside rotamers of the training part")
    public Object evaluate(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        Path checkpoint = arguments.network.checkpoint;
        Path run = checkpoint != null && Files.isDirectory(checkpoint) ? checkpoint : null;
        EvaluationRun evaluation = new EvaluationRun(Samples.open(arguments.samples), Split.read(arguments.split), arguments.out, run);
        List<String> ids = evaluation.part(arguments.part);
        if (ids.isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, arguments.split + ": the part " + arguments.part.name().toLowerCase(Locale.ROOT) + " is empty");
        }
        if (evaluation.part(EvaluationRun.Part.TRAIN).isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, arguments.split + ": the part train is empty, so that nothing can teach the baseline");
        }
        if (arguments.pocket != null && !ids.contains(arguments.pocket)) {
            throw new CommandFailure(CommandFailure.USAGE, "--pocket " + arguments.pocket + " is not a sample of the part that is evaluated");
        }
        Map<String, String> origin = new LinkedHashMap<>();
        origin.put("part", arguments.part.name().toLowerCase(Locale.ROOT));
        if (checkpoint == null && arguments.predictions != null) {
            run(evaluation, null, arguments, origin, console);
            return;
        }
        try (TrainedNetwork network = arguments.network.open(workbench, arguments.config.choose(configurations).config(), console)) {
            origin.put("network", network.origin());
            origin.put("attention", network.choice().backend().name());
            run(evaluation, network, arguments, origin, console);
            network.predictor().faults().forEach(console::warn);
        }
    }

    private static void print(ReportTable report, Console console) {
        Table table = new Table(IntStream.range(0, report.header().size()).mapToObj(c -> Column.written(report.header().get(c), report.isNumeric(c)))
                .toArray(Column[]::new));
        report.rows().forEach(row -> table.row(row.toArray()));
        console.println(report.title());
        console.println(table.text(console.display()).stripTrailing());
        console.println(report.note() + (report.note().isEmpty() ? "" : "\n"));
    }

    private static void run(EvaluationRun evaluation, TrainedNetwork network, Arguments arguments, Map<String, String> origin, Console console)
            throws IOException {
        List<PredictionMethod> methods = new ArrayList<>();
        if (network != null) {
            methods.add(network.judged());
            network.packed().ifPresent(methods::add);
        }
        if (arguments.predictions != null) {
            methods.add(new PredictedStructures(arguments.name, arguments.predictions));
            origin.put(arguments.name, arguments.predictions.toString());
        }
        methods.addAll(evaluation.baselines(console));
        String title = "Side chains of " + evaluation.part(arguments.part).size() + " structures";
        EvaluationReport report = evaluation.evaluate(methods, evaluation.part(arguments.part), title, arguments.pocket, origin, console);
        if (console.json()) {
            new ObjectMapper().readTree(arguments.out.resolve(ReportFiles.JSON).toFile()).properties()
                    .forEach(entry -> console.put(entry.getKey(), entry.getValue()));
        }
        for (ReportTable table : ReportTables.of(report)) {
            print(table, console);
        }
        console.println("the report is " + arguments.out.resolve(ReportFiles.HTML));
        if (report.methods().getFirst().metrics().residues(Subset.ALL) == 0) {
            throw new CommandFailure(CommandFailure.FAILED, "no residue could be compared: "
                    + (arguments.predictions == null ? "the samples have no known side chains"
                            : "does " + arguments.predictions + " hold structures named after the samples?"));
        }
        if (!report.failures().isEmpty()) {
            report.failures().forEach((id, reason) -> console.println("not evaluated: " + id + ": " + reason));
            throw new CommandFailure(CommandFailure.FAILED, report.failures().size() + " samples could not be read, see above");
        }
    }
}
