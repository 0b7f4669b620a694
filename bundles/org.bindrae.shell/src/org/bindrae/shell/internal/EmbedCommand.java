package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.SamplePack;
import org.bindrae.data.SampleSource;
import org.bindrae.esm.Chain;
import org.bindrae.esm.EmbeddingCache;
import org.bindrae.esm.EsmEmbeddings;
import org.bindrae.esm.Fasta;
import org.bindrae.esm.encoder.Alphabet;
import org.bindrae.esm.encoder.EsmConfig;
import org.bindrae.esm.encoder.EsmSnapshot;
import org.bindrae.shell.Column;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Console;
import org.bindrae.shell.Progress;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.tensor.Devices;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.training.Compute;
import org.bindrae.training.Workbench;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code embed}: residue embeddings of a protein language model, kept so that no chain is computed twice. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "embed")
public final class EmbedCommand extends ShellCommand<EmbedCommand.Arguments> {
    private static final int NAMES_TOLD = 5;
    private static final double MIB = 1 << 20;

    private final Workbench workbench;

    @Activate
    public EmbedCommand(@Reference Workbench workbench) {
        this.workbench = workbench;
    }

    @Command(name = "embed", description = "Computes residue embeddings with ESM-2; chains that were computed before are left alone.",
            footer = {"",
                    "DATA is a folder or packed file of prepared samples, or a FASTA file. DIR of --model has config.json and model.safetensors as Hugging Face publishes them.",
                    "Interrupted work goes on where it was. Training takes the embeddings with --set embedding.model=DIR."})
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "DATA", arity = "0..1", description = "prepared samples, or sequences (.fasta, .fa); may be left out with --info")
        Path data;

        @Option(names = {"-m", "--model"}, paramLabel = "DIR", required = true, description = "folder of the model")
        Path model;

        @Option(names = "--cache", paramLabel = "DIR", description = "folder of embeddings (default: .cache/bindrae/embeddings in your home)")
        Path cache = EmbeddingCache.usual();

        @Option(names = "--device", paramLabel = "NAME", defaultValue = Devices.AUTO, description = "cpu, cuda:0, … (default: the best one)")
        String device;

        @Option(names = "--precision", paramLabel = "NAME", defaultValue = Compute.AUTO,
                description = "of the products: fp32, tf32 or bf16 (default: tf32 on a GPU, fp32 on the processor)")
        String precision;

        @Option(names = "--store", paramLabel = "fp32|bf16", defaultValue = "fp32", description = "how the embeddings are kept (default: ${DEFAULT-VALUE})")
        Store store;

        @Option(names = "--info", description = "says what the model is and what there is to do, and computes nothing")
        boolean info;
    }

    enum Store {
        FP32, BF16
    }

    @Override
    public Subject subject() {
        return Subject.DATA;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("computes residue embeddings with ESM-2")
    public Object embed(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        if (arguments.data == null && !arguments.info) {
            throw new CommandFailure(CommandFailure.USAGE, "name the prepared samples or the FASTA file to embed (see: help embed)");
        }
        EsmSnapshot snapshot = EsmSnapshot.open(arguments.model);
        Workbench.Place place = workbench.place(new Compute(arguments.device, arguments.precision));
        Map<String, String> chains = arguments.data == null ? Map.of() : chains(arguments.data, console);
        ElementType type = arguments.store == Store.BF16 ? ElementType.BF16 : ElementType.F32;
        try (EsmEmbeddings embeddings = new EsmEmbeddings(snapshot, arguments.cache, place.device(), type)) {
            List<String> missing = embeddings.missing(chains.values());
            if (arguments.info) {
                console.print("model", info(snapshot.config(), embeddings.cache(), chains, missing));
                return;
            }
            warnOfWindows(chains, snapshot.config(), console);
            try (Progress progress = console.progress("embed")) {
                embeddings.embed(missing, progress);
            }
            long distinct = chains.values().stream().distinct().count();
            console.put("chains", chains.size());
            console.put("computed", missing.size());
            console.put("folder", embeddings.cache().folder());
            console.println(chains.size() + " chains with " + distinct + " sequences: " + missing.size() + " computed on " + place.device().name() + ", "
                    + (distinct - missing.size()) + " in the cache already, " + embeddings.cache().folder());
        }
    }

    private static Table info(EsmConfig config, EmbeddingCache cache, Map<String, String> chains, List<String> missing) throws IOException {
        EmbeddingCache.Content content = cache.content();
        Table table = new Table(Column.text("model " + cache.model().name()), Column.text(""));
        table.row("parameters", String.format(Locale.ROOT, "%,d", config.parameters()));
        table.row("layers, width, heads", config.layers() + ", " + config.width() + ", " + config.heads());
        table.row("longest sequence", config.longest() + " residues; longer ones in overlapping windows");
        table.row("hash", cache.model().hash());
        table.row("cache", cache.folder().toString());
        table.row("in the cache", String.format(Locale.ROOT, "%d sequences, %.1f MiB", content.sequences(), content.bytes() / MIB));
        if (!chains.isEmpty()) {
            table.row("chains, sequences", chains.size() + ", " + chains.values().stream().distinct().count());
            table.row("to compute", missing.size() + " sequences of " + missing.stream().mapToLong(String::length).sum() + " residues");
        }
        return table;
    }

    /** Sequences by the names of their chains, which the model must know how to read. */
    private static Map<String, String> chains(Path data, Console console) throws IOException {
        Map<String, String> chains = new LinkedHashMap<>();
        if (Files.isRegularFile(data) && !SamplePack.isPack(data)) {
            chains.putAll(Fasta.read(data));
        } else {
            SampleSource source = Samples.open(data);
            try (Progress progress = console.progress("read")) {
                Samples.read(source, source.ids(), progress)
                        .forEach(sample -> Chain.of(sample.residues()).forEach(chain -> chains.put(sample.id() + ":" + chain.name() + ":" + chain.from(),
                                chain.sequence())));
            }
        }
        for (Map.Entry<String, String> chain : chains.entrySet()) {
            try {
                Alphabet.tokens(chain.getValue());
            } catch (IllegalArgumentException e) {
                throw new IOException(data + ": " + chain.getKey() + ": " + e.getMessage(), e);
            }
        }
        return chains;
    }

    private static void warnOfWindows(Map<String, String> chains, EsmConfig config, Console console) {
        List<String> longer = new ArrayList<>();
        chains.forEach((name, sequence) -> {
            if (sequence.length() > config.longest()) {
                longer.add(name + " (" + sequence.length() + ")");
            }
        });
        if (!longer.isEmpty()) {
            console.warn(longer.size() + " chains are longer than the " + config.longest() + " residues of the model and are embedded in overlapping windows: "
                    + String.join(", ", longer.subList(0, Math.min(NAMES_TOLD, longer.size()))) + (longer.size() > NAMES_TOLD ? ", …" : ""));
        }
    }
}
