package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** One user in two shells of the same installation, with one workspace. */
@DisabledOnOs(OS.WINDOWS)
class TwoShellsTest {
    private static final int EDITS = 3;
    private static final long PATIENCE_MS = 30_000;

    @TempDir
    private Path folder;

    @Test
    void bothWorkAndNothingIsLost() throws Exception {
        Product product = Product.copyTo(folder.resolve("product"));
        Path samples = SmallRun.prepare(product, folder);
        Path home = Files.createDirectory(folder.resolve("home"));
        SmallRun.writeInputs(home, samples);
        try (Shell one = new Shell(product, home); Shell two = new Shell(product, home)) {
            assertRunsAreTheirOwn(one, two);
            assertEditsReachBoth(one, two, home);
            assertNoEditIsLost(one, two);
            assertNoSiteIsLost(one, two);
            assertTrue(one.type("job stop j1").contains("j1"));
        }
        Run alone = product.run(home, "", "config");
        assertEquals(0, alone.status(), alone::toString);
        assertTrue(alone.out().contains(rate(EDITS)) && alone.out().contains(decay(EDITS)), alone::toString);
        assertWhole(home.resolve("run"));
        assertWhole(home.resolve("other"));
        try (Stream<Path> logs = Files.list(product.folder().resolve("configuration"))) {
            assertEquals(List.of(), logs.filter(file -> file.toString().endsWith(".log")).toList());
        }
    }

    private static void assertRunsAreTheirOwn(Shell one, Shell two) throws IOException {
        assertTrue(one.type(SmallRun.TRAIN).contains("job j1 trains on cpu"));
        String resumed = two.type("resume run");
        assertTrue(resumed.contains("run is in use"), resumed);
        String begun = two.type(SmallRun.TRAIN);
        assertFalse(begun.contains("job j1"), begun);
        assertFalse(two.type("jobs").contains("j1"));
        assertTrue(two.type(SmallRun.TRAIN.replace("--out run", "--out other")).contains("job j1 trains on cpu"));
    }

    /** What one sets is what the other one has, and what the runs of both go on with. */
    private static void assertEditsReachBoth(Shell one, Shell two, Path home) throws IOException, InterruptedException {
        one.type("config set training.learningRate=3e-4");
        String seen = two.type("config");
        assertTrue(seen.contains("\"learningRate\" : 3.0E-4"), seen);
        for (String run : List.of("run", "other")) {
            Path history = home.resolve(run).resolve("history.jsonl");
            long end = System.currentTimeMillis() + PATIENCE_MS;
            while (!Files.exists(history) || !Files.readString(history).contains("3e-4")) {
                assertTrue(System.currentTimeMillis() < end, run);
                Thread.sleep(50);
            }
        }
    }

    private static String rate(int edit) {
        return String.format(Locale.ROOT, "\"learningRate\" : 0.00%d", edit);
    }

    private static String decay(int edit) {
        return String.format(Locale.ROOT, "\"weightDecay\" : 0.1%d", edit);
    }

    /** Both change the same file at the same time. */
    private static void assertNoEditIsLost(Shell one, Shell two) throws Exception {
        try (ExecutorService people = Executors.newFixedThreadPool(2)) {
            for (int i = 1; i <= EDITS; i++) {
                List<Future<String>> typed = new ArrayList<>();
                String rate = "config set training.learningRate=0.00" + i;
                String decay = "config set training.weightDecay=0.1" + i;
                typed.add(people.submit(() -> one.type(rate)));
                typed.add(people.submit(() -> two.type(decay)));
                for (Future<String> said : typed) {
                    said.get();
                }
                for (Shell shell : List.of(one, two)) {
                    String seen = shell.type("config");
                    assertTrue(seen.contains(rate(i)) && seen.contains(decay(i)), seen);
                }
            }
        }
    }

    private void assertNoSiteIsLost(Shell one, Shell two) throws Exception {
        Product product = new Product(folder.resolve("product"), List.of());
        Path first = SampleSite.publish(folder.resolve("first"), product, "1.0.0").folder();
        Path second = SampleSite.publish(folder.resolve("second"), product, "1.0.1").folder();
        try (ExecutorService people = Executors.newFixedThreadPool(2)) {
            Future<String> added = people.submit(() -> one.type("site add " + first));
            two.type("site add " + second);
            added.get();
        }
        for (Shell shell : List.of(one, two)) {
            String sites = shell.type("site list");
            assertTrue(sites.contains(first.toString()) && sites.contains(second.toString()), sites);
        }
    }

    private static void assertWhole(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            List<String> names = files.map(file -> run.relativize(file).toString()).toList();
            assertTrue(names.containsAll(List.of("config.json", "metrics.csv", "history.jsonl", "provenance.json")), names::toString);
            assertTrue(names.stream().anyMatch(name -> name.matches("checkpoints/step-\\d+\\.safetensors")), names::toString);
            assertEquals(List.of(), names.stream().filter(name -> name.endsWith(".tmp")).toList());
        }
        assertTrue(Files.readString(run.resolve("history.jsonl")).contains("interrupted"));
    }
}
