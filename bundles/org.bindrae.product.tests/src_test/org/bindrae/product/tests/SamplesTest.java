package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The sample projects of docs/write-a-backend.md, from their sources to a run that uses them. */
@DisabledOnOs(OS.WINDOWS)
class SamplesTest {
    private static final String MARK = "----";

    @TempDir
    private Path folder;

    @Test
    void samplesAreBuiltInstalledUsedAndRemoved() throws IOException, InterruptedException {
        SampleProject backend = SampleProject.copyTo(folder, "attention-backend");
        SampleProject embedder = SampleProject.copyTo(folder, "residue-embedder");
        assertTrue(backend.build() >= 50, "the contract has that many tests");
        assertTrue(embedder.build() >= 3);

        Product product = Product.copyTo(folder.resolve("product"));
        Path home = Files.createDirectory(folder.resolve("home"));
        Path structures = Files.createDirectory(home.resolve("structures"));
        for (String id : List.of("1BOQ", "1GCI", "1PPA")) {
            Files.copy(Path.of("../org.bindrae.samples/samples", id + ".pdb"), structures.resolve(id + ".pdb"));
        }
        Run run = product.run(home, String.join("\n", "start -p " + backend.bundle().toUri(), "start -p " + embedder.bundle().toUri(), "backends",
                "prepare structures -o samples", "split samples -o split.json --fractions 0.34,0.33,0.33",
                "train samples --split split.json -o run -s attention.backend=streaming -s embedding.source=window -s training.epochs=3"
                        + " -s model.depth=1 -s model.cS=32 -s model.edge.cZ=16",
                "job follow j1",
                "echo " + MARK, "uninstall org.example.attention.streaming", "uninstall org.example.embedding.window", "backends", ""));

        assertEquals(0, run.status(), run::toString);
        String[] parts = run.out().split(MARK);
        assertEquals(2, parts.length, run::toString);
        assertTrue(parts[0].contains("streaming"), run::toString);
        assertFalse(parts[1].contains("streaming"), run::toString);
        String history = Files.readString(home.resolve("run/history.jsonl"));
        assertTrue(history.contains("streaming") && history.contains("finished"), history);
        assertTrue(Files.readString(home.resolve("run/config.json")).contains("window"));
    }
}
