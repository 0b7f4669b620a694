package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.LongStream;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.training.TrainingResult.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that change while a run goes on. */
class SettingsChangeTest {
    private static final String LAST = "checkpoints/step-00000020.safetensors";
    @TempDir
    private Path temp;

    private final TinyRun.Ear ear = new TinyRun.Ear();
    private final List<String> differences = new ArrayList<>();

    /** Everything that may change does. */
    private static TrainingConfig changed(TrainingConfig c) {
        LossConfig l = c.loss();
        LossConfig loss = new LossConfig(l.torsion(), 0, 2, l.rotamer(), l.distance(), 0.5, l.chi(), l.chiDraft(), l.torsionClasses(), 0.5, 3);
        return new TrainingConfig(c.task(), c.positionNoise(), c.rotationNoise(), c.coordinateNoise(), c.seed(), c.epochs(), c.batchResidues(),
                c.batchSamples(), c.accumulation(), 1e-3, 3, 0.1, 0.5, 0.9, 4, 7, 3, Monitor.CHI1, 50, loss);
    }

    private static TrainingConfig withRate(TrainingConfig c, double learningRate) {
        return new TrainingConfig(c.task(), c.positionNoise(), c.rotationNoise(), c.coordinateNoise(), c.seed(), c.epochs(), c.batchResidues(),
                c.batchSamples(), c.accumulation(), learningRate, c.warmUpSteps(), c.weightDecay(), c.gradientClip(), c.ema(), c.validationInterval(),
                c.checkpointInterval(), c.keepCheckpoints(), c.monitor(), c.patience(), c.loss());
    }

    private static Placement.Change change(TrainingConfig training, String config) {
        return new Placement.Change(training, config, List.of("test: before → " + config));
    }

    /** On the processor, with changes once the {@link #ear} has heard so many steps. */
    private final class Here implements Placement {
        private final CpuDevice device;
        private final TreeMap<Integer, Change> changes;
        private int away;

        Here(CpuDevice device, TreeMap<Integer, Change> changes) {
            this.device = device;
            this.changes = changes;
        }

        @Override
        public Workbench.Place place() {
            return new Workbench.Place(device, DType.F32);
        }

        @Override
        public Stage1Model network(Workbench.Place place) {
            return TinyRun.model(device, false);
        }

        @Override
        public AttentionBackends.Choice attention(Workbench.Place place) {
            if (away > 0) {
                away--;
                throw new IllegalStateException("no attention backend is installed");
            }
            return TinyRun.FLASH;
        }

        @Override
        public Change change() {
            return changes.remove(ear.steps.size());
        }
    }

    private TrainingResult train(Path folder, TrainingConfig config, TreeMap<Integer, Placement.Change> changes, int interruptAt) throws IOException {
        TrainingListener interrupting = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == interruptAt) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void configured(List<String> entries) {
                differences.addAll(entries);
            }
        };
        try (CpuDevice device = new CpuDevice(2, true);
                RunDirectory run = Files.exists(RunDirectory.configFile(folder)) ? RunDirectory.resume(folder) : TinyRun.create(folder)) {
            return new Trainer(config, new Here(device, changes), TinyRun.training(), TinyRun.validation(), run, ear.and(interrupting)).run();
        }
    }

    private static TreeMap<Integer, Placement.Change> changes(int step, Placement.Change change) {
        TreeMap<Integer, Placement.Change> changes = new TreeMap<>();
        changes.put(step, change);
        return changes;
    }

    private static void assertSame(Path expected, Path folder) throws IOException {
        for (String file : List.of("config.json", "metrics.csv", LAST, "checkpoints/best.safetensors")) {
            assertArrayEquals(Files.readAllBytes(expected.resolve(file)), Files.readAllBytes(folder.resolve(file)), file);
        }
    }

    @Test
    void aChangedRunThatIsInterruptedGivesTheSameBytes() throws IOException {
        TrainingConfig before = TinyRun.config();
        TrainingConfig after = changed(before);
        Path straight = temp.resolve("straight");
        assertEquals(Outcome.FINISHED, train(straight, before, changes(7, change(after, "after\n")), 0).outcome());
        assertEquals(LongStream.rangeClosed(1, 20).boxed().toList(), ear.steps.stream().map(StepReport::step).toList());
        // before, at and after the step of the change
        for (int interruptAt : List.of(5, 7, 8, 13)) {
            ear.steps.clear();
            Path folder = temp.resolve("interrupted-" + interruptAt);
            TreeMap<Integer, Placement.Change> changes = changes(7, change(after, "after\n"));
            assertEquals(Outcome.INTERRUPTED, train(folder, before, changes, interruptAt).outcome());
            TrainingConfig now = changes.isEmpty() ? after : before;
            assertEquals(Outcome.FINISHED, train(folder, now, changes, 0).outcome());
            assertEquals(LongStream.rangeClosed(1, 20).boxed().toList(), ear.steps.stream().map(StepReport::step).toList());
            assertSame(straight, folder);
        }
    }

    @Test
    void aRunFromTheCheckpointOfTheChangeIsTheSame() throws IOException {
        TrainingConfig before = TinyRun.config();
        TrainingConfig after = changed(before);
        Path folder = temp.resolve("run");
        train(folder, before, changes(7, change(after, "after\n")), 0);
        Path other = temp.resolve("other");
        ear.steps.clear();
        assertEquals(Outcome.INTERRUPTED, train(other, before, changes(7, change(after, "after\n")), 8).outcome());
        // a process that was killed in step 8: what it did since the checkpoint of the change is lost
        Files.delete(other.resolve("checkpoints/step-00000008.safetensors"));
        assertTrue(Files.exists(other.resolve("checkpoints/step-00000007.safetensors")));
        train(other, after, new TreeMap<>(), 0);
        assertSame(folder, other);
    }

    @Test
    void theNextStepIsTakenWithTheNewSettings() throws IOException {
        Path plain = temp.resolve("plain");
        train(plain, TinyRun.config(), new TreeMap<>(), 0);
        List<StepReport> unchanged = List.copyOf(ear.steps);
        ear.steps.clear();
        Path folder = temp.resolve("run");
        train(folder, TinyRun.config(), changes(7, change(withRate(TinyRun.config(), 1e-4), "slower\n")), 0);
        for (int i = 0; i < 20; i++) {
            double rate = unchanged.get(i).learningRate();
            assertEquals(i < 7 ? rate : rate / 20, ear.steps.get(i).learningRate(), 1e-12);
        }
        // the loss of a step is that before it changes the weights
        for (int i = 0; i < 8; i++) {
            assertEquals(unchanged.get(i).loss(), ear.steps.get(i).loss());
        }
        assertNotEquals(unchanged.get(8).loss(), ear.steps.get(8).loss());
        assertEquals("slower\n", Files.readString(RunDirectory.configFile(folder)));
        assertEquals(List.of("test: before → slower\n"), differences);
        String line = Files.readAllLines(RunDirectory.historyFile(folder)).stream().filter(l -> l.contains("\"configuration\"")).findFirst().orElseThrow();
        assertTrue(line.endsWith("\"event\":\"configuration\",\"step\":7,\"differences\":[\"test: before → slower\\n\"]}"), line);
        assertEquals(List.of("flash-cpu", "flash-cpu"), ear.backends, "one for each run: nobody is told of a backend that stays");
    }

    @Test
    void aChangeThatChangesNothingLeavesNoTrace() throws IOException {
        Path plain = temp.resolve("plain");
        train(plain, TinyRun.config(), new TreeMap<>(), 0);
        Path folder = temp.resolve("run");
        TreeMap<Integer, Placement.Change> changes = new TreeMap<>();
        for (int step = 20; step < 40; step++) {
            changes.put(step, change(TinyRun.config(), "{}\n"));
        }
        train(folder, TinyRun.config(), changes, 0);
        assertSame(plain, folder);
    }

    @Test
    void otherLossWeightsForgetTheBestValidation() throws IOException {
        Path folder = temp.resolve("run");
        TrainingConfig c = TinyRun.config();
        LossConfig l = c.loss();
        LossConfig larger = new LossConfig(100, l.torsionLength(), l.fape(), l.rotamer(), l.distance(), l.clash(), l.chi(),
                l.chiDraft(), l.torsionClasses(), l.pocketFocus(), l.pocketWarmUp());
        TrainingConfig after = new TrainingConfig(c.task(), c.positionNoise(), c.rotationNoise(), c.coordinateNoise(), c.seed(), c.epochs(), c.batchResidues(),
                c.batchSamples(), c.accumulation(), c.learningRate(), c.warmUpSteps(), c.weightDecay(), c.gradientClip(), c.ema(), c.validationInterval(),
                c.checkpointInterval(), c.keepCheckpoints(), c.monitor(), c.patience(), larger);
        TrainingResult result = train(folder, c, changes(12, change(after, "larger\n")), 0);
        assertTrue(ear.validations.get(2).better(), "the first validation under new weights has nothing to be compared with");
        assertTrue(result.best() > 10 && result.bestStep() > 12, result.toString());
        assertEquals(Long.toString(result.bestStep()),
                SafetensorsFile.read(folder.resolve("checkpoints/best.safetensors")).metadata().get("training.best_step"));
    }

    @Test
    void whatIsChangedWhileTheRunWaitsCountsForTheNextStep() throws IOException {
        Path folder = temp.resolve("run");
        try (CpuDevice device = new CpuDevice(2, true); RunDirectory run = TinyRun.create(folder)) {
            TreeMap<Integer, Placement.Change> changes = new TreeMap<>();
            Here here = new Here(device, changes);
            TrainingListener waiting = new TrainingListener() {
                @Override
                public void stepped(StepReport report) {
                    here.away = report.step() == 7 ? 2 : 0;
                }

                @Override
                public void paused(String reason) {
                    changes.put(7, change(withRate(TinyRun.config(), 1e-4), "slower\n"));
                }
            };
            new Trainer(TinyRun.config(), here, TinyRun.training(), TinyRun.validation(), run, ear.and(waiting)).run();
        }
        assertTrue(ear.steps.get(6).learningRate() > 1e-3 && ear.steps.get(7).learningRate() < 1e-4);
    }

    @Test
    void whatMakesItAnotherRunIsRefused() throws IOException {
        Path folder = temp.resolve("run");
        TrainingConfig other = TinyRun.with(TinyRun.config(), Task.REPACK, 4, 5, Monitor.LOSS, 0);
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> train(folder, TinyRun.config(), changes(7, change(other, "other\n")), 0));
        assertEquals("training.seed, training.epochs cannot change during a run", e.getMessage());
        assertEquals("{}\n", Files.readString(RunDirectory.configFile(folder)));
        ear.steps.clear();
        assertEquals(Outcome.FINISHED, train(folder, TinyRun.config(), new TreeMap<>(), 0).outcome());
    }
}
