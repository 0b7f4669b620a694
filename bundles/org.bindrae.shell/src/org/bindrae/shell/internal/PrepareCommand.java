package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.DataSet;
import org.bindrae.data.Preparation;
import org.bindrae.data.PreparationReport;
import org.bindrae.data.PreparationReport.Outcome;
import org.bindrae.data.PreparationReport.Status;
import org.bindrae.data.SampleCache;
import org.bindrae.data.SamplePack;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.training.config.Configurations;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prepare}: complexes to samples. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "prepare")
public final class PrepareCommand extends ShellCommand<PrepareCommand.Arguments> {
    private final Configurations configurations;

    @Activate
    public PrepareCommand(@Reference Configurations configurations) {
        this.configurations = configurations;
    }

    @Command(name = "prepare", description = "Reads complexes and writes one prepared sample each; what is up to date already is left alone.",
            footer = {"",
                    "DATA is a folder (PDBbind or PoseBusters entries, or structures), a manifest (.tsv, .csv: id, structure, ligand), an index (CoreSet.dat) or a structure.",
                    "Writes report.json and report.tsv beside the samples. Exit status 1 if a complex was refused."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "DATA", description = "the complexes")
        Path data;

        @Option(names = {"-o", "--out"}, paramLabel = "DIR", required = true, description = "folder of the prepared samples")
        Path out;

        @Option(names = "--pack", paramLabel = "FILE",
                description = "also writes all samples of DIR, those of earlier calls too, to one compressed file, which other commands take in place of DIR")
        Path pack;

        @Option(names = "--no-ligand", description = "takes every structure without a ligand, such as single chains; its hetero groups are surroundings")
        boolean noLigand;

        @Option(names = "--threads", paramLabel = "N", description = "threads (default: all processors)")
        int threads = Runtime.getRuntime().availableProcessors();

        @Mixin
        ConfigOptions config;
    }

    @Override
    public Subject subject() {
        return Subject.DATA;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("reads complexes and writes one prepared sample each")
    public Object prepare(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        if (arguments.threads < 1) {
            throw new CommandFailure(CommandFailure.USAGE, "--threads must be at least 1, not " + arguments.threads);
        }
        if (arguments.pack != null && !Files.isDirectory(arguments.pack.toAbsolutePath().getParent())) {
            throw new CommandFailure(CommandFailure.FAILED, arguments.pack + " cannot be written: its folder does not exist");
        }
        DataSet data = DataSet.read(arguments.data);
        data.notes().forEach(console::warn);
        PreparationReport report = prepare(arguments.noLigand ? data.withoutLigands() : data, arguments, console);
        AtomicFiles.write(arguments.out.resolve("report.json"), report.toJson());
        AtomicFiles.write(arguments.out.resolve("report.tsv"), report.toTsv());
        for (Status status : Status.values()) {
            console.put(status.name().toLowerCase(Locale.ROOT), report.count(status));
        }
        console.put("without ligand", report.withoutLigand());
        Table refused = new Table(Column.of("refused"), Column.text("reason"));
        for (Outcome outcome : report.refused()) {
            refused.row(outcome.id(), outcome.reason());
        }
        console.print("refusals", refused);
        console.put("report", arguments.out.resolve("report.json"));
        if (arguments.pack != null) {
            pack(arguments, console);
        }
        long noted = report.outcomes().stream().filter(outcome -> !outcome.notes().isEmpty()).count();
        console.println(report.summary() + "; notes on " + noted + " of them are in " + arguments.out.resolve("report.tsv"));
        if (report.count(Status.REFUSED) > 0) {
            throw new CommandFailure(CommandFailure.FAILED,
                    report.count(Status.REFUSED) + " of " + report.outcomes().size() + " complexes were refused, see above");
        }
    }

    private static void pack(Arguments arguments, Console console) throws IOException {
        SampleCache cache = new SampleCache(arguments.out);
        List<String> ids = cache.ids();
        try (Progress progress = console.progress("pack")) {
            SamplePack.write(arguments.pack, cache, ids, progress);
        }
        console.put("pack", arguments.pack);
        console.println(ids.size() + " samples packed into " + arguments.pack + String.format(Locale.ROOT, ", %.1f MB", Files.size(arguments.pack) / 1e6));
    }

    private PreparationReport prepare(DataSet data, Arguments arguments, Console console) throws Exception {
        try (Progress progress = console.progress("prepare")) {
            return new Preparation(new SampleCache(arguments.out), arguments.config.choose(configurations).config().preparation(), arguments.threads).run(data,
                    progress);
        }
    }
}
