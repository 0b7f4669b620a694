package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Split;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    @TempDir
    private Path temp;

    private static String errorOf(Executable work) {
        return assertThrows(IOException.class, work).getMessage();
    }

    @Test
    void aNewRunTakesAnEmptyFolderOnly() throws IOException {
        Path folder = temp.resolve("some/where/new");
        try (RunDirectory run = RunDirectory.create(folder, "{\"a\": 1}\n", TinyRun.split())) {
            assertEquals("{\"a\": 1}\n", run.config());
            assertEquals(TinyRun.split(), run.split());
        }
        assertTrue(errorOf(() -> TinyRun.create(folder)).contains("is not empty, it holds config.json"));
        Path notes = Files.createDirectories(temp.resolve("notes"));
        Files.writeString(notes.resolve("thesis.txt"), "do not touch");
        assertTrue(errorOf(() -> TinyRun.create(notes)).contains("thesis.txt"));
        assertFalse(Files.exists(notes.resolve(".lock")));
    }

    @Test
    void whatARunThatNeverBeganLeftIsNoObstacle() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("run"));
        Files.createDirectories(folder.resolve("checkpoints"));
        Files.writeString(folder.resolve(".lock"), "");
        Files.writeString(folder.resolve("split.json"), "{");
        Files.writeString(folder.resolve(".config.json.12-1-0.tmp"), "{\"a\"");
        TinyRun.create(folder).close();
        assertFalse(Files.exists(folder.resolve(".config.json.12-1-0.tmp")));
        assertEquals(TinyRun.split(), Split.read(RunDirectory.splitFile(folder)));
    }

    @Test
    void twoRunsDoNotShareAFolder() throws IOException {
        Path folder = temp.resolve("run");
        try (RunDirectory run = TinyRun.create(folder)) {
            assertTrue(errorOf(() -> RunDirectory.resume(folder)).contains("is in use"));
            assertEquals(folder, run.folder());
        }
        RunDirectory.resume(folder).close();
    }

    @Test
    void onlyARunCanBeResumedOrAskedForWeights() throws IOException {
        assertTrue(errorOf(() -> RunDirectory.resume(temp)).contains("is not the folder of a training run"));
        assertTrue(errorOf(() -> RunDirectory.weights(temp)).contains("is not the folder of a training run"));
        Path folder = temp.resolve("run");
        TinyRun.create(folder).close();
        assertTrue(errorOf(() -> RunDirectory.weights(folder)).contains("has no checkpoint yet"));
    }

    @Test
    void theBestCheckpointIsTakenBeforeTheLatest() throws IOException {
        Path folder = temp.resolve("run");
        try (RunDirectory run = TinyRun.create(folder)) {
            for (int step : List.of(5, 123456789, 40)) {
                run.checkpoints().write(step, out -> out.write(step), 2);
            }
            assertEquals("step-123456789.safetensors", RunDirectory.weights(folder).getFileName().toString());
            assertEquals(List.of("step-00000040.safetensors", "step-123456789.safetensors"),
                    run.checkpoints().all().stream().map(file -> file.getFileName().toString()).toList());
            run.checkpoints().writeBest(out -> out.write(1));
            assertEquals("best.safetensors", RunDirectory.weights(folder).getFileName().toString());
            assertEquals("step-123456789.safetensors", RunDirectory.latestCheckpoint(folder).orElseThrow().getFileName().toString());
        }
    }

    @Test
    void metricsThatLostTheirEndAreNoticed() throws IOException {
        Path file = temp.resolve("metrics.csv");
        Files.writeString(file, "abc\n");
        assertTrue(errorOf(() -> new MetricsLog(file, 100)).contains("has 4 bytes, but the checkpoint was written when it had 100"));
        assertEquals("abc\n", Files.readString(file));
    }

    @Test
    void everythingOfACheckpointIsChecked() throws IOException {
        Path folder = temp.resolve("run");
        TinyRun.train(folder, TinyRun.config(), 2, TrainingListener.NONE);
        Path last = RunDirectory.latestCheckpoint(folder).orElseThrow();
        byte[] bytes = Files.readAllBytes(last);
        Files.write(last, Arrays.copyOf(bytes, bytes.length - 8));
        assertTrue(errorOf(() -> TinyRun.train(folder, TinyRun.config(), 2, TrainingListener.NONE)).startsWith(last.toString()));
        Path other = temp.resolve("other.safetensors");
        new SafetensorsWriter().metadata("format", "something").write(other);
        assertTrue(errorOf(() -> Checkpoint.read(other)).contains("not a checkpoint of a training run"));
    }
}
