package org.bindrae.shell.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.internal.SequenceEmbedder;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.WorkbenchConfig;

/** Eight complexes of 14 or 16 residues of four targets, and what is made of them, in one folder. */
record TinyProject(Path folder) {
    /** Ids and sequences; each target has two that differ in one residue. */
    static final Map<String, String> SEQUENCES = Collections.unmodifiableMap(new TreeMap<>(Map.of("a1", "MKLVAEDFWKSIRT", "a2", "MKLVAEDFWKSIRY",
            "b1", "GSHPTNQYCVELAK", "b2", "GSHPTNQYCVELAR", "c1", "WRDEFILKQMYTSN", "c2", "WRDEFILKQMYTSD",
            "d1", "AVCGHHKPPRTLIQYV", "d2", "AVCGHHKPPRTLIQYM")));
    /** A network of some thousand numbers. */
    private static final List<String> NETWORK = List.of("model.cS=16", "model.depth=1", "model.headWidth=8", "model.edge.cZ=8", "model.edge.featDim=4",
            "model.edge.bins=6", "model.edge.neighbours=3", "model.attention.cHidden=4", "model.attention.heads=2", "model.attention.qkPoints=2",
            "model.attention.vPoints=3", "model.ligand.width=6", "model.ligand.heads=2", "model.ligand.filmWidth=8", "model.ligand.warmUpSteps=2");
    private static final List<String> TRAINING = List.of("training.epochs=2", "training.batchSamples=2", "training.warmUpSteps=1");

    /** Writes structures and their manifest. */
    static TinyProject write(Path folder) throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        StringBuilder manifest = new StringBuilder("id\tstructure\tligand\ttarget\n");
        for (Map.Entry<String, String> entry : SEQUENCES.entrySet()) {
            TinyComplex.of(entry.getValue()).writePdb(data.resolve(entry.getKey() + ".pdb"));
            manifest.append(entry.getKey()).append('\t').append(entry.getKey()).append(".pdb\tA:IPH:101\t").append(entry.getKey().charAt(0)).append('\n');
        }
        Files.writeString(data.resolve("manifest.tsv"), manifest);
        return new TinyProject(folder);
    }

    Path data() {
        return folder.resolve("data");
    }

    Path manifest() {
        return data().resolve("manifest.tsv");
    }

    Path samples() {
        return folder.resolve("samples");
    }

    Path split() {
        return folder.resolve("split.json");
    }

    void prepare(TestShell shell) {
        shell.run("prepare", data(), "--out", samples(), "--threads", 2);
    }

    /** Half of the samples train, a quarter each validates and tests. */
    void split(TestShell shell) {
        shell.run("split", samples(), "--out", split(), "--by", "target", "--table", manifest(), "--fractions", "0.5,0.25,0.25");
    }

    /** The words that train the tiny network. */
    Object[] train(Path run) {
        List<Object> words = new ArrayList<>(List.of("train", samples(), "--split", split(), "--out", run));
        NETWORK.forEach(set -> words.addAll(List.of("--set", set)));
        TRAINING.forEach(set -> words.addAll(List.of("--set", set)));
        return words.toArray();
    }

    /** A weights file of the tiny network as it is before any training. */
    static Path writeWeights(Path file, HostDevice device) {
        try {
            WorkbenchConfig config = new ConfigFormat().defaults(NETWORK);
            config = config.withEmbeddingWidth(new SequenceEmbedder().width(config.embedding()));
            try (Stage1Model model = new Stage1Model(device, DType.F32, config.model(), new Flash1dBias(), 1)) {
                Stage1Weights.save(file, model, Map.of());
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
