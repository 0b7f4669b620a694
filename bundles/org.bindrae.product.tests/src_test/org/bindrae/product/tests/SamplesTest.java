package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The sample projects of docs/write-a-backend.md, from their sources to a run that uses them. */
@DisabledOnOs(OS.WINDOWS)
class SamplesTest {
    private static final String MARK = "----";
    /** The row of the sample in the list of backends. */
    private static final Pattern LISTED = Pattern.compile("(?m)^streaming +-10 ");

    @TempDir
    private Path folder;

    @Test
    void samplesAreBuiltInstalledUsedAndRemovedUnderRuns() throws IOException, InterruptedException {
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
        String train = "train samples --split split.json -s model.depth=1 -s model.cS=32 -s model.edge.cZ=16";
        Run run = product.run(home, String.join("\n", "site add " + backend.site() + " --trust", "site add " + embedder.site() + " --trust",
                "feature add org.example.embedding.window.feature", "prepare structures -o samples",
                "split samples -o split.json --fractions 0.34,0.33,0.33",
                train + " -o run -s embedding.source=window -s training.epochs=60", "job pause j1",
                "feature add org.example.attention.streaming.feature", "backends", "backend use streaming --job j1", "job resume j1", "job follow j1",
                "echo " + MARK, train + " -o long -s training.epochs=100000", "feature remove org.example.attention.streaming.feature",
                "feature remove org.example.embedding.window.feature", "backends", "job stop j2", ""));

        assertEquals(0, run.status(), run::toString);
        String[] parts = run.out().split(MARK);
        assertEquals(2, parts.length, run::toString);
        assertTrue(LISTED.matcher(parts[0]).find(), run::toString);
        assertFalse(LISTED.matcher(parts[1]).find(), run::toString);
        String history = Files.readString(home.resolve("run/history.jsonl"));
        assertTrue(history.contains("\"backend\":\"streaming\"") && history.contains("finished"), history);
        assertTrue(Files.readString(home.resolve("run/config.json")).contains("window"));
        String under = Files.readString(home.resolve("long/history.jsonl"));
        assertTrue(under.contains("interrupted") && !under.contains("failed"), under);
        assertTrue(parts[1].contains("job j2 is stopped"), run::toString);
    }
}
