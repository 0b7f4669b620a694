package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.GroupTable;
import org.bindrae.data.SampleSource;
import org.bindrae.data.SequenceClusters;
import org.bindrae.data.Split;
import org.bindrae.data.SplitFractions;
import org.bindrae.data.Splitter;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.osgi.service.component.annotations.Component;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code split}: samples to training, validation and test parts that share no protein. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "split")
public final class SplitCommand extends ShellCommand<SplitCommand.Arguments> {
    enum Method {
        /** By sequence identity, computed here. */
        IDENTITY,
        /** By a table of families. */
        FAMILY,
        /** By a column of an index or manifest. */
        TARGET
    }

    @Command(name = "split", description = "Divides prepared samples into training, validation and test parts that share no protein.",
            footer = {"", "Never split by complex: many data sets hold one protein with several ligands."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "SAMPLES", description = "folder or packed file of prepared samples")
        Path samples;

        @Option(names = {"-o", "--out"}, paramLabel = "FILE", required = true, description = "the split (JSON)")
        Path out;

        @Option(names = "--by", paramLabel = "identity|family|target", defaultValue = "identity",
                description = "what belongs together: proteins of similar sequence (default), families of a table, or a column of an index or manifest")
        Method by;

        @Option(names = "--table", paramLabel = "FILE",
                description = "table of families, or index or manifest with the column; may be repeated where each has some of the samples")
        List<Path> tables = List.of();

        @Option(names = "--column", paramLabel = "NAME", description = "column of the tables, or one for each in their order (default: family, or target)")
        List<String> columns = List.of();

        @Option(names = "--identity", paramLabel = "X", defaultValue = "0.3",
                description = "largest sequence identity between parts (default: ${DEFAULT-VALUE})")
        double identity;

        @Option(names = "--fractions", paramLabel = "T,V,T", split = ",", description = "share of training, validation and test (default: 0.8,0.1,0.1)")
        List<Double> fractions = List.of();

        @Option(names = "--fractions-of", paramLabel = "samples|groups", defaultValue = "samples",
                description = "what they are shares of; groups come in random order then, not the large ones first (default: ${DEFAULT-VALUE})")
        Splitter.Share share;

        @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "decides among groups of equal size (default: ${DEFAULT-VALUE})")
        long seed;
    }

    @Override
    public Subject subject() {
        return Subject.DATA;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("divides samples into training, validation and test parts that share no protein")
    public Object split(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        SampleSource source = Samples.open(arguments.samples);
        List<String> ids = source.ids();
        Splitter splitter = switch (arguments.by) {
            case IDENTITY -> byIdentity(source, ids, arguments.identity, console);
            case FAMILY -> GroupTable.read(columns(arguments, "family")).splitter("family", ids);
            case TARGET -> GroupTable.read(columns(arguments, "target")).splitter("target", ids);
        };
        Split split = splitter.split(fractions(arguments.fractions), arguments.share, arguments.seed);
        split.write(arguments.out);
        Table table = new Table("part", "samples", "groups");
        part(table, "train", split.train(), splitter);
        part(table, "validation", split.validation(), splitter);
        part(table, "test", split.test(), splitter);
        console.print("parts", table);
        console.put("file", arguments.out);
        console.println("written to " + arguments.out);
    }

    private static void part(Table table, String name, List<String> ids, Splitter splitter) {
        table.row(name, ids.size(), ids.stream().map(splitter.groups()::get).distinct().count());
    }

    private static List<GroupTable.Column> columns(Arguments arguments, String usual) {
        List<Path> tables = arguments.tables;
        if (tables.isEmpty()) {
            throw new CommandFailure(CommandFailure.USAGE, "--by " + arguments.by.name().toLowerCase(Locale.ROOT) + " needs --table FILE");
        }
        List<String> columns = arguments.columns.isEmpty() ? List.of(usual) : arguments.columns;
        if (columns.size() > 1 && columns.size() != tables.size()) {
            throw new CommandFailure(CommandFailure.USAGE, columns.size() + " times --column for " + tables.size() + " times --table");
        }
        return IntStream.range(0, tables.size()).mapToObj(i -> new GroupTable.Column(tables.get(i), columns.get(columns.size() > 1 ? i : 0))).toList();
    }

    private static SplitFractions fractions(List<Double> fractions) {
        if (fractions.isEmpty()) {
            return SplitFractions.defaults();
        }
        if (fractions.size() != 3) {
            throw new CommandFailure(CommandFailure.USAGE, "--fractions takes three numbers, such as 0.8,0.1,0.1");
        }
        return new SplitFractions(fractions.get(0), fractions.get(1), fractions.get(2));
    }

    private static Splitter byIdentity(SampleSource source, List<String> ids, double identity, Console console) throws IOException {
        Map<String, List<String>> chains = new TreeMap<>();
        for (String id : ids) {
            chains.put(id, SequenceClusters.chains(source.read(id).residues()));
        }
        try (Progress progress = console.progress("align")) {
            return new SequenceClusters(identity).splitter(chains, progress);
        }
    }
}
