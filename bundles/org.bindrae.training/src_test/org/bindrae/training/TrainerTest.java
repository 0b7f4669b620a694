package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.bindrae.attention.AttentionBackends;
import org.bindrae.data.Sample;
import org.bindrae.edge.EdgeModes;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.training.TrainingResult.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    @TempDir
    private Path temp;

    private final TinyRun.Ear ear = new TinyRun.Ear();

    private static String history(Path folder) throws IOException {
        return Files.readString(RunDirectory.historyFile(folder));
    }

    @Test
    void numbersOfThreadsDoNotChangeAByte() throws IOException {
        TrainingResult one = TinyRun.train(temp.resolve("one"), TinyRun.config(), 1, TrainingListener.NONE);
        TrainingResult two = TinyRun.train(temp.resolve("two"), TinyRun.config(), 2, ear);
        assertEquals(Outcome.FINISHED, two.outcome());
        assertEquals(20, two.steps());
        assertEquals(20, ear.steps.size());
        assertEquals(4, ear.validations.size());
        assertArrayEquals(Files.readAllBytes(one.lastCheckpoint()), Files.readAllBytes(two.lastCheckpoint()));
        assertArrayEquals(Files.readAllBytes(RunDirectory.weights(temp.resolve("one"))), Files.readAllBytes(RunDirectory.weights(temp.resolve("two"))));
        assertEquals(Files.readString(RunDirectory.metricsFile(temp.resolve("one"))), Files.readString(RunDirectory.metricsFile(temp.resolve("two"))));
    }

    @Test
    void theLossFalls() throws IOException {
        LossConfig everywhere = new LossConfig(1, 0.02, 1, 0.2, 0, 0, 0, 0, LossConfig.defaults().torsionClasses(), 0, 0);
        TrainingConfig config = new TrainingConfig(Task.REPACK, 0, 0, 0, 1, 60, 1000, 20, 1, 5e-3, 5, 0, 1, 0.9, 60, 60, 1, Monitor.LOSS, 0,
                everywhere);
        List<Sample> samples = TinyRun.samples("x", 6);
        try (CpuDevice device = new CpuDevice(2, true);
                Stage1Model model = TinyRun.model(device, false);
                RunDirectory run = TinyRun.create(temp.resolve("run"))) {
            new Trainer(config, model, TinyRun.set(samples), TinyRun.set(samples), () -> TinyRun.FLASH, run, ear).run();
        }
        double first = ear.steps.getFirst().loss();
        double last = ear.steps.getLast().loss();
        assertTrue(last < 0.8 * first, first + " → " + last);
        assertTrue(ear.validations.getLast().chi1Accuracy() > 0.2, "by chance it would be 0.11");
        // one batch holds everything, so that each step needs the same memory
        assertEquals(ear.steps.get(1).activationBytes(), ear.steps.getLast().activationBytes());
    }

    @Test
    void severalSmallBatchesMakeTheStepOfALargeOne() throws IOException {
        List<List<StepReport>> runs = new ArrayList<>();
        for (int batches : List.of(1, 2, 7)) {
            TinyRun.Ear steps = new TinyRun.Ear();
            Path folder = temp.resolve("run" + batches);
            try (CpuDevice device = new CpuDevice(2, true);
                    Stage1Model model = new Stage1Model(device, DType.F64, TinyRun.network(false, 0), new Flash1dBias(), 3);
                    RunDirectory run = TinyRun.create(folder)) {
                new Trainer(TinyRun.exact(14 / batches, batches), model, TinyRun.training(), TinyRun.validation(), () -> TinyRun.FLASH, run, steps).run();
            }
            assertEquals(3, steps.steps.size());
            runs.add(steps.steps);
        }
        for (List<StepReport> run : runs) {
            for (int step = 0; step < 3; step++) {
                assertEquals(runs.getFirst().get(step).loss(), run.get(step).loss(), 1e-9);
                assertEquals(runs.getFirst().get(step).gradientNorm(), run.get(step).gradientNorm(), 1e-8 * run.get(step).gradientNorm());
                assertEquals(177, run.get(step).residues());
            }
        }
    }

    @Test
    void trainingStopsEarlyAndKeepsTheBest() throws IOException {
        TrainingConfig patient = TinyRun.with(TinyRun.config(), Task.REPACK, 3, 40, Monitor.LOSS, 2);
        TrainingResult result = TinyRun.train(temp.resolve("run"), patient, 2, ear);
        assertEquals(Outcome.STOPPED_EARLY, result.outcome());
        assertTrue(result.steps() < result.totalSteps());
        List<ValidationReport> validations = ear.validations;
        assertFalse(validations.getLast().better());
        assertFalse(validations.get(validations.size() - 2).better());
        ValidationReport best = validations.get(validations.size() - 3);
        assertTrue(best.better());
        assertEquals(best.step(), result.bestStep());
        assertEquals(best.step(), Checkpoint.read(RunDirectory.weights(temp.resolve("run"))).state().step());
        // it is over: resuming trains no more
        TrainingResult again = TinyRun.train(temp.resolve("run"), patient, 2, TrainingListener.NONE);
        assertEquals(Outcome.STOPPED_EARLY, again.outcome());
        assertEquals(result.steps(), again.steps());
    }

    @Test
    void aCheckpointGivesItsAveragesAsWeights() throws IOException {
        TrainingResult result = TinyRun.train(temp.resolve("run"), TinyRun.config(), 2, TrainingListener.NONE);
        SafetensorsFile file = SafetensorsFile.read(result.lastCheckpoint());
        try (CpuDevice device = new CpuDevice(1, true);
                Stage1Model model = Stage1Weights.load(result.lastCheckpoint(), device, DType.F32, new EdgeModes(List.of(new Flash1dBias())))) {
            model.parameters().all().forEach((name, tensor) -> {
                try {
                    assertArrayEquals(file.doubles("ema." + name), tensor.toDoubles(), name);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertEquals(1, model.parameters().all().get("ligand_gate.warm_up").item());
        }
        assertFalse(Arrays.equals(file.doubles("ema.torsion_head.linear_1.bias"), file.doubles("model.torsion_head.linear_1.bias")));
    }

    @Test
    void aLossThatIsNoNumberNamesItsBatchAndHarmsNoCheckpoint() throws IOException {
        TrainingSet good = TinyRun.training();
        TrainingSet bad = new TrainingSet() {
            private int calls;

            @Override
            public int size() {
                return good.size();
            }

            @Override
            public String id(int index) {
                return good.id(index);
            }

            @Override
            public int residues(int index) {
                return good.residues(index);
            }

            @Override
            public String hash(int index) {
                return good.hash(index);
            }

            @Override
            public Example example(int index) throws IOException {
                Example example = good.example(index);
                if (id(index).equals("t5") && calls++ == 2) {
                    example.embeddings()[3] = Float.NaN;
                }
                return example;
            }
        };
        Path folder = temp.resolve("run");
        try (CpuDevice device = new CpuDevice(2, true); Stage1Model model = TinyRun.model(device, false); RunDirectory run = TinyRun.create(folder)) {
            Trainer trainer = new Trainer(TinyRun.config(), model, bad, TinyRun.validation(), () -> TinyRun.FLASH, run, ear);
            DivergenceException e = assertThrows(DivergenceException.class, trainer::run);
            assertTrue(e.getMessage().startsWith("step " + (ear.steps.size() + 1) + ": the torsion loss is NaN in the batch of "), e.getMessage());
            assertTrue(e.getMessage().contains("t5"), e.getMessage());
            for (var parameter : model.parameters().trainable().values()) {
                assertTrue(device.kernels().allFinite(parameter));
            }
        }
        assertTrue(ear.steps.size() >= 10);
        assertTrue(history(folder).contains("\"event\":\"diverged\""));
        // the poison was a passing one
        TrainingResult resumed = TinyRun.train(folder, TinyRun.config(), 2, TrainingListener.NONE);
        TrainingResult straight = TinyRun.train(temp.resolve("straight"), TinyRun.config(), 2, TrainingListener.NONE);
        assertArrayEquals(Files.readAllBytes(straight.lastCheckpoint()), Files.readAllBytes(resumed.lastCheckpoint()));
    }

    @Test
    void theAttentionBackendMayChangeOrBeAwayForAWhile() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Supplier<AttentionBackends.Choice> changing = () -> {
            int call = calls.getAndIncrement();
            if (call == 8 || call == 9) {
                throw new IllegalStateException("no attention backend is installed");
            }
            return call < 8 ? TinyRun.FLASH : TinyRun.REFERENCE;
        };
        Path folder = temp.resolve("run");
        assertEquals(Outcome.FINISHED, TinyRun.train(folder, TinyRun.config(), 2, ear, changing).outcome());
        assertEquals(List.of("flash-cpu", "reference"), ear.backends);
        assertEquals(List.of("no attention backend is installed"), ear.pauses);
        assertTrue(history(folder).contains("\"event\":\"paused\""));
        assertEquals(2, history(folder).lines().filter(line -> line.contains("\"event\":\"backend\"")).count());
        Supplier<AttentionBackends.Choice> none = () -> {
            throw new IllegalStateException("no attention backend is installed");
        };
        assertThrows(IllegalStateException.class, () -> TinyRun.train(temp.resolve("none"), TinyRun.config(), 2, ear, none));
    }

    @Test
    void denoisingNeedsFramesThatMove() throws IOException {
        TrainingConfig denoise = TinyRun.with(TinyRun.config(), Task.DENOISE, 3, 2, Monitor.CHI1, 0);
        TinyRun.train(temp.resolve("run"), denoise, 2, ear);
        assertTrue(ear.steps.getFirst().losses().mean(LossTerm.DISTANCE) > 0.1, "the distances of perturbed frames are wrong");
        try (CpuDevice device = new CpuDevice(1, true);
                Stage1Model model = TinyRun.model(device, false);
                RunDirectory run = TinyRun.create(temp.resolve("fixed"))) {
            assertThrows(IllegalArgumentException.class, () -> new Trainer(denoise, model, TinyRun.training(), TinyRun.validation(), () -> TinyRun.FLASH, run,
                    ear));
        }
    }

    @Test
    void aRunGoesOnOnlyWithItsOwnConfigurationAndSamples() throws IOException {
        Path folder = temp.resolve("run");
        TinyRun.train(folder, TinyRun.with(TinyRun.config(), Task.REPACK, 3, 1, Monitor.LOSS, 0), 2, TrainingListener.NONE);
        TrainingConfig otherSeed = TinyRun.with(TinyRun.config(), Task.REPACK, 4, 2, Monitor.LOSS, 0);
        assertTrue(assertThrows(IOException.class, () -> TinyRun.train(folder, otherSeed, 2, ear)).getMessage().contains("seed"));
        TrainingConfig c = TinyRun.config();
        TrainingConfig otherBatches = new TrainingConfig(c.task(), 0, 0, 0, 3, 4, 60, 2, 2, c.learningRate(), 5, 0, 1, 0.9, 0, 0, 2,
                Monitor.LOSS,
                0, c.loss());
        assertTrue(assertThrows(IOException.class, () -> TinyRun.train(folder, otherBatches, 2, ear)).getMessage().contains("batches have changed"));
        try (CpuDevice device = new CpuDevice(1, true); Stage1Model model = TinyRun.model(device, false); RunDirectory run = RunDirectory.resume(folder)) {
            Trainer trainer = new Trainer(c, model, TinyRun.set(TinyRun.samples("t", 13)), TinyRun.validation(), () -> TinyRun.FLASH, run, ear);
            assertTrue(assertThrows(IOException.class, trainer::run).getMessage().contains("samples or the split have changed"));
        }
        // more epochs are no other run
        assertEquals(10, TinyRun.train(folder, TinyRun.with(c, Task.REPACK, 3, 2, Monitor.LOSS, 0), 2, ear).steps());
    }

    @Test
    void configurationsAreCheckedWhole() {
        TrainingConfig c = TrainingConfig.defaults();
        c.validate();
        TrainingConfig wrong = new TrainingConfig(null, -1, 0, 0, 1, 0, 10, 10, 1, 0, 0, 0, 1, 1, 0, 0, 1, Monitor.LOSS, 0,
                new LossConfig(0, 0, 0, 0, 0, 0, 0, 0, c.loss().torsionClasses(), 2, 0));
        String message = assertThrows(IllegalArgumentException.class, wrong::validate).getMessage();
        for (String part : List.of("task is missing", "positionNoise", "epochs must be at least 1, not 0", "learningRate", "ema",
                "all loss weights are 0", "pocketFocus")) {
            assertTrue(message.contains(part), message);
        }
        assertEquals(7, message.split("; ").length);
    }

    @Test
    void aTrainingSetNeedsSamples() throws IOException {
        try (CpuDevice device = new CpuDevice(1, true);
                Stage1Model model = TinyRun.model(device, false);
                RunDirectory run = TinyRun.create(temp.resolve("run"))) {
            TrainingSet none = TrainingSet.of(List.of(), null, EmbeddingConfig.defaults());
            assertThrows(IllegalArgumentException.class, () -> new Trainer(TinyRun.config(), model, none, none, () -> TinyRun.FLASH, run, ear));
        }
    }
}
