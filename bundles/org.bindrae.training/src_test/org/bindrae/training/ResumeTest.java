package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.training.TrainingResult.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that was ended at any moment and resumed gives the same bytes as one that was not. */
class ResumeTest {
    private static final String LAST = "checkpoints/step-00000020.safetensors";
    @TempDir
    private static Path reference;
    @TempDir
    private Path temp;

    /** What a power cut does. */
    private static final class PowerCut extends Error {
        private static final long serialVersionUID = 1;
    }

    @BeforeAll
    static void trainWithoutStopping() throws IOException {
        assertEquals(20, TinyRun.train(reference.resolve("run"), TinyRun.config(), 2, TrainingListener.NONE).steps());
    }

    private static void assertSameAsReference(Path folder) throws IOException {
        for (String file : List.of("metrics.csv", LAST, "checkpoints/best.safetensors")) {
            assertArrayEquals(Files.readAllBytes(reference.resolve("run").resolve(file)), Files.readAllBytes(folder.resolve(file)), file);
        }
        try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
            assertEquals(List.of("best.safetensors", "step-00000018.safetensors", "step-00000020.safetensors"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        for (String line : Files.readAllLines(RunDirectory.historyFile(folder))) {
            assertTrue(line.startsWith("{\"time\"") || line.equals("{\"tim"), line);
        }
    }

    @Test
    void interruptionsLeaveNoTrace() throws IOException {
        Path folder = temp.resolve("run");
        TreeSet<Integer> interruptAt = new TreeSet<>(List.of(1, 2, 6, 13, 20));
        int[] validationsToInterrupt = {2};
        TrainingListener interrupting = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (interruptAt.remove((int) report.step())) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void validating(long done, long total) {
                if (validationsToInterrupt[0]-- > 0) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        int interruptions = 0;
        while (TinyRun.train(folder, TinyRun.config(), 2, interrupting).outcome() == Outcome.INTERRUPTED) {
            interruptions++;
            assertFalse(Thread.currentThread().isInterrupted());
        }
        assertTrue(interruptions >= 6, interruptions + " interruptions");
        assertSameAsReference(folder);
    }

    /** Ends the run before, in the middle of, or after the n-th file that it puts in its place. */
    private static final class Cutting implements CheckpointFolder.Storage {
        private final int at;
        private final int moment;
        private int writes;

        Cutting(int at, int moment) {
            this.at = at;
            this.moment = moment;
        }

        @Override
        public void write(Path file, AtomicFiles.Content content) throws IOException {
            boolean now = writes++ == at;
            if (now && moment == 1) {
                var bytes = new ByteArrayOutputStream();
                content.writeTo(bytes);
                Files.write(file.resolveSibling("." + file.getFileName() + ".1-1-0.tmp"), Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2));
            }
            if (now && moment < 2) {
                throw new PowerCut();
            }
            AtomicFiles.write(file, content);
            if (now) {
                throw new PowerCut();
            }
        }
    }

    @Test
    void powerCutsAtEveryFileLeaveNoTrace() throws IOException {
        Path folder = temp.resolve("run");
        int cuts = 0;
        for (boolean finished = false; !finished; cuts++) {
            CheckpointFolder.Storage storage = new Cutting(cuts / 3 % 2, cuts % 3);
            boolean fresh = !Files.exists(RunDirectory.configFile(folder));
            try (RunDirectory run = fresh ? RunDirectory.create(folder, "{}\n", TinyRun.split(), storage) : RunDirectory.resume(folder, storage)) {
                TinyRun.train(run, TinyRun.config(), 2, TrainingListener.NONE, () -> TinyRun.FLASH);
                finished = true;
            } catch (PowerCut e) {
                // the end of the last rows may or may not have reached the disk
                Files.writeString(RunDirectory.metricsFile(folder), "9,9,training,0.1", StandardOpenOption.APPEND);
                Files.writeString(RunDirectory.historyFile(folder), "{\"tim", StandardOpenOption.APPEND);
            }
        }
        assertTrue(cuts > 8, cuts + " runs");
        assertSameAsReference(folder);
    }

    @Test
    void aKilledProcessLeavesNoTrace() throws IOException, InterruptedException {
        Path folder = temp.resolve("run");
        long[] rows = {5, 17};
        for (long row : rows) {
            Process child = ChildProcess.start(folder);
            try {
                while (child.isAlive() && rows(folder) < row) {
                    Thread.sleep(2);
                }
                assertTrue(child.isAlive(), () -> "ended by itself: " + output(child));
            } finally {
                child.destroyForcibly();
                assertTrue(child.waitFor(20, TimeUnit.SECONDS));
            }
        }
        assertEquals(Outcome.FINISHED, TinyRun.train(folder, TinyRun.config(), 2, TrainingListener.NONE).outcome());
        assertSameAsReference(folder);
    }

    private static String output(Process child) {
        try {
            return new String(child.getInputStream().readAllBytes());
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static long rows(Path folder) throws IOException {
        Path metrics = RunDirectory.metricsFile(folder);
        return Files.exists(metrics) ? Files.readString(metrics).lines().count() : 0;
    }

    @Test
    void aFullDiskHarmsNoCheckpoint() throws IOException {
        Path folder = temp.resolve("run");
        int[] writes = {0};
        CheckpointFolder.Storage filling = (file, content) -> AtomicFiles.write(file, writes[0]++ < 4 ? content : out -> content.writeTo(new FullDisk(out)));
        try (RunDirectory run = RunDirectory.create(folder, "{}\n", TinyRun.split(), filling)) {
            IOException e = assertThrows(IOException.class, () -> TinyRun.train(run, TinyRun.config(), 2, TrainingListener.NONE, () -> TinyRun.FLASH));
            String step = "step-\\d+\\.safetensors";
            assertTrue(e.getMessage().matches(".*" + step + " cannot be written: No space left on device; the run can go on from " + step
                    + " once there is room"), e.getMessage());
        }
        try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().endsWith(".tmp")));
        }
        TinyRun.train(folder, TinyRun.config(), 2, TrainingListener.NONE);
        assertSameAsReference(folder);
    }

    /** Has room for a thousand bytes. */
    private static final class FullDisk extends FilterOutputStream {
        private int room = 1000;

        FullDisk(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            if (room-- <= 0) {
                throw new IOException("No space left on device");
            }
            out.write(b);
        }
    }
}
