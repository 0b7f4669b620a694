package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.product.tests.Product.Run;

/** What a run of a small network on one protein needs, which goes on until it is stopped. */
final class SmallRun {
    /** Begins it in the folder {@code run}. */
    static final String TRAIN = "train samples --split split.json --config small.json --out run";
    private static final String SPLIT = "{\"method\":\"hand\",\"seed\":1,\"parameters\":{},\"train\":[\"1CRN\"],\"validation\":[],\"test\":[]}";
    private static final String CONFIG = "{\"model\":{\"cS\":16,\"depth\":1,\"headWidth\":8,\"edge\":{\"cZ\":8,\"featDim\":4,\"bins\":6,\"neighbours\":3},"
            + "\"attention\":{\"cHidden\":4,\"heads\":2,\"qkPoints\":2,\"vPoints\":3},\"ligand\":{\"width\":6,\"heads\":2,\"filmWidth\":8}},"
            + "\"training\":{\"epochs\":100000,\"checkpointInterval\":1000000,\"patience\":0}}";

    private SmallRun() {
    }

    /** Prepares the protein, and returns the folder of samples. */
    static Path prepare(Product product, Path folder) throws IOException, InterruptedException {
        Path data = Files.createDirectory(folder.resolve("data"));
        Files.copy(Path.of("../org.bindrae.samples/samples/1CRN.pdb"), data.resolve("1CRN.pdb"));
        Run run = product.run(folder, "", "prepare", "data", "--out", "samples");
        assertEquals(0, run.status(), run::toString);
        return folder.resolve("samples");
    }

    /** Puts samples, split and configuration into a folder. */
    static void writeInputs(Path home, Path samples) throws IOException {
        Files.createSymbolicLink(home.resolve("samples"), samples);
        Files.writeString(home.resolve("split.json"), SPLIT);
        Files.writeString(home.resolve("small.json"), CONFIG);
    }
}
