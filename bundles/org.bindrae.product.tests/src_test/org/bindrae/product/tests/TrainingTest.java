package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Long runs and how they end. */
@DisabledOnOs(OS.WINDOWS)
class TrainingTest {
    private static final int TERMINATED = 130;

    private static Product product;
    private static Path samples;

    @TempDir
    private Path home;

    @BeforeAll
    static void prepare(@TempDir Path folder) throws IOException, InterruptedException {
        product = Product.copyTo(folder.resolve("product"));
        samples = SmallRun.prepare(product, folder);
    }

    @BeforeEach
    void writeInputs() throws IOException {
        SmallRun.writeInputs(home, samples);
    }

    private List<String> checkpoints() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("run/checkpoints"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void aSignalEndsASingleCommandWithACheckpoint() throws IOException, InterruptedException {
        Run run = product.runUntil(home, home.resolve("run/metrics.csv"), SmallRun.TRAIN.split(" "));
        assertEquals(TERMINATED, run.status(), run::toString);
        assertTrue(run.err().contains("ends after this step with a checkpoint; once more ends it at once"), run::toString);
        assertTrue(run.err().getLast().matches("bindrae: training was stopped at step \\d+; go on with: resume run"), run::toString);
        String step = run.err().getLast().replaceAll(".*step (\\d+);.*", "$1");
        assertEquals(List.of(String.format("step-%08d.safetensors", Long.parseLong(step))), checkpoints());
    }

    @Test
    void leavingTheShellStopsItsJobsAndSaysSo() throws IOException, InterruptedException {
        Run run = product.run(home, SmallRun.TRAIN + "\njobs\nexit\n");
        assertTrue(run.out().contains("job j1 trains on cpu; see it with: job follow j1") && run.out().contains("running"), run::toString);
        List<String> told = new ArrayList<>(run.err());
        told.removeIf(line -> !line.startsWith("bindrae: "));
        assertEquals(2, told.size(), run::toString);
        assertEquals("bindrae: stopping j1 after the step under way, with a checkpoint", told.getFirst());
        assertTrue(told.getLast().matches("bindrae: job j1 is stopped at step \\d+ of 100000; go on with: resume run"), run::toString);
        assertEquals(1, checkpoints().size());
    }
}
