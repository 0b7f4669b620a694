package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.ComplexSource;
import org.bindrae.data.DataSet;
import org.bindrae.data.LigandReader;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Failures;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.training.Workbench;
import org.bindrae.training.config.Configurations;
import org.bindrae.training.config.TrainedNetwork;
import org.bindrae.training.config.WorkbenchConfig;
import org.bindrae.training.prediction.StructurePredictor;
import org.bindrae.training.prediction.StructurePredictor.Job;
import org.bindrae.training.prediction.StructurePredictor.Outcome;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict}: structures with predicted side chains. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "predict")
public final class PredictCommand extends ShellCommand<PredictCommand.Arguments> {
    private static final int KEPT_SHOWN = 20;

    private final Workbench workbench;
    private final Configurations configurations;

    @Activate
    public PredictCommand(@Reference Workbench workbench, @Reference Configurations configurations) {
        this.workbench = workbench;
        this.configurations = configurations;
    }

    @Command(name = "predict", description = "Predicts side chains around a ligand and writes full-atom structures, the confidence in the B-factor column.",
            footer = {"",
                    "Several inputs, or a folder, manifest or index of them, go to a folder. Residues that cannot be predicted are left as they were and listed.",
                    "Exit status 1 if an input could not be predicted; the others are written all the same."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(arity = "1..*", paramLabel = "STRUCTURE",
                description = "PDB, mmCIF or BinaryCIF (also gzipped), or a folder, manifest or index of complexes")
        List<Path> inputs;

        @Option(names = {"-l", "--ligand"}, paramLabel = "LIGAND",
                description = "SDF, MOL or MOL2 file; CHAIN:RES:NUMBER of the structure; auto for its largest (default); or none")
        String ligand;

        @Mixin
        NetworkOption network = new NetworkOption();

        @Option(names = {"-o", "--out"}, paramLabel = "FILE|DIR",
                description = "file ending in .pdb or .cif (also .gz) for one input (default: beside you, its name with -predicted), otherwise a folder")
        Path out;

        @Option(names = "--format", paramLabel = "pdb|cif", defaultValue = "cif", description = "format of files in a folder (default: ${DEFAULT-VALUE})")
        Format format;

        @Option(names = "--overwrite", description = "replace files that exist already")
        boolean overwrite;

        @Mixin
        ConfigOptions config;
    }

    enum Format {
        PDB, CIF
    }

    @Override
    public Subject subject() {
        return Subject.PREDICTION;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("predicts side chains around a ligand and writes full-atom structures")
    public Object predict(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        WorkbenchConfig config = arguments.config.choose(configurations).config();
        List<String> unreadable = new ArrayList<>();
        List<Job> jobs = jobs(arguments, unreadable);
        List<Outcome> outcomes;
        try (TrainedNetwork network = arguments.network.open(workbench, config, console)) {
            try (Progress progress = console.progress("predict")) {
                outcomes = new StructurePredictor(network.packed().orElse(network.predictor()), config.preparation()).predict(jobs, arguments.overwrite,
                        progress);
            }
            network.predictor().faults().forEach(console::warn);
        }
        Table table = new Table(Column.of("structure"), Column.of("predicted"), Column.of("kept"), Column.number("mean confidence", "%.2f"),
                Column.text("written to"));
        for (Outcome outcome : outcomes) {
            if (outcome.done()) {
                table.row(outcome.source().id(), outcome.predicted(), outcome.kept().size(), outcome.confidence(),
                        outcome.file());
            }
        }
        console.print("predicted", table);
        for (Outcome outcome : outcomes) {
            explain(outcome, console);
        }
        unreadable.forEach(problem -> console.println("not predicted: " + problem));
        console.put("failed",
                Stream.concat(outcomes.stream().filter(outcome -> !outcome.done()).map(outcome -> outcome.source().id() + ": " + outcome.problem()),
                        unreadable.stream()).toList());
        long failed = unreadable.size() + outcomes.stream().filter(outcome -> !outcome.done()).count();
        if (failed > 0) {
            throw new CommandFailure(CommandFailure.FAILED,
                    failed + " of " + (unreadable.size() + outcomes.size()) + " inputs could not be predicted, see above");
        }
    }

    private static void explain(Outcome outcome, Console console) {
        String id = outcome.source().id();
        if (!outcome.done()) {
            console.println("not predicted: " + id + ": " + outcome.problem());
            return;
        }
        if (!outcome.kept().isEmpty()) {
            String more = outcome.kept().size() > KEPT_SHOWN ? " and " + (outcome.kept().size() - KEPT_SHOWN) + " more" : "";
            console.println("kept as they were in " + id + " (no backbone frame, or not one of the twenty types): "
                    + outcome.kept().stream().limit(KEPT_SHOWN).map(Object::toString).collect(Collectors.joining(", ")) + more);
        }
        outcome.notes().forEach(note -> console.println("note on " + id + ": " + note));
    }

    /** What to predict; an input that is no complex at all is listed, the others go on. */
    private static List<Job> jobs(Arguments arguments, List<String> unreadable) throws IOException {
        List<ComplexSource> sources = new ArrayList<>();
        for (Path input : arguments.inputs) {
            try {
                sources.addAll(sources(input, arguments.ligand));
            } catch (IOException e) {
                unreadable.add(Failures.describe(e));
            }
        }
        return sources.isEmpty() ? List.of() : targets(arguments, sources);
    }

    /** A single structure takes the ligand of the command line; the complexes of a data set say their own. */
    private static List<ComplexSource> sources(Path input, String ligand) throws IOException {
        DataSet data = DataSet.read(input);
        boolean single = Files.isRegularFile(input) && data.sources().size() == 1 && data.sources().getFirst().structure().equals(input);
        if (single) {
            String selector = ligand == null ? LigandReader.AUTO : ligand;
            return List.of(ComplexSource.of(input, selector.equals("none") ? null : selector));
        }
        if (ligand != null) {
            throw new CommandFailure(CommandFailure.USAGE,
                    input + ": --ligand belongs to a single structure; a folder, manifest or index says its own ligands");
        }
        return data.sources();
    }

    private static List<Job> targets(Arguments arguments, List<ComplexSource> sources) throws IOException {
        boolean one = arguments.inputs.size() == 1 && sources.size() == 1;
        if (arguments.out == null) {
            if (!one) {
                throw new CommandFailure(CommandFailure.USAGE, sources.size() + " structures go to a folder: name it with --out");
            }
            return List.of(new Job(sources.getFirst(), beside(sources.getFirst())));
        }
        if (one && !Files.isDirectory(arguments.out) && isStructureFile(arguments.out)) {
            return List.of(new Job(sources.getFirst(), arguments.out));
        }
        boolean looksLikeFile = arguments.out.getFileName().toString().matches(".*\\.[A-Za-z0-9]{1,6}");
        if (one && looksLikeFile && !Files.exists(arguments.out)) {
            throw new CommandFailure(CommandFailure.USAGE, arguments.out + ": a structure file ends in .pdb, .ent, .cif or .mmcif, maybe .gz");
        }
        if (Files.isRegularFile(arguments.out) || isStructureFile(arguments.out)) {
            throw new CommandFailure(CommandFailure.USAGE, arguments.out + ": " + sources.size() + " structures go to a folder, not to a file");
        }
        Files.createDirectories(arguments.out);
        Set<String> names = new HashSet<>();
        List<Job> jobs = new ArrayList<>();
        for (ComplexSource source : sources) {
            String name = source.id() + "." + arguments.format.name().toLowerCase(Locale.ROOT);
            if (!names.add(name.toLowerCase(Locale.ROOT))) {
                throw new CommandFailure(CommandFailure.FAILED, "two inputs would be written to " + arguments.out.resolve(name) + "; predict them one by one");
            }
            jobs.add(new Job(source, arguments.out.resolve(name)));
        }
        return jobs;
    }

    /** Where the structure of a single input goes by itself: to the folder of the caller, in the format of the input. */
    private static Path beside(ComplexSource source) {
        String name = source.structure().getFileName().toString().toLowerCase(Locale.ROOT);
        return Path.of(source.id() + "-predicted" + (name.contains(".pdb") || name.contains(".ent") ? ".pdb" : ".cif"));
    }

    private static boolean isStructureFile(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        return name.endsWith(".pdb") || name.endsWith(".ent") || name.endsWith(".cif") || name.endsWith(".mmcif");
    }
}
