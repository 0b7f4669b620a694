package org.bindrae.training.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.cuda.FlashCudaBackend;
import org.bindrae.data.Sample;
import org.bindrae.data.Split;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.DivergenceException;
import org.bindrae.training.LossConfig;
import org.bindrae.training.Monitor;
import org.bindrae.training.RunDirectory;
import org.bindrae.training.StepReport;
import org.bindrae.training.SyntheticComplex;
import org.bindrae.training.Task;
import org.bindrae.training.Trainer;
import org.bindrae.training.TrainingCheck;
import org.bindrae.training.TrainingConfig;
import org.bindrae.training.TrainingListener;
import org.bindrae.training.TrainingResult;
import org.bindrae.training.TrainingSet;
import org.bindrae.training.ValidationReport;
import org.bindrae.training.Workbench;
import org.bindrae.training.cuda.internal.CudaConditioner;
import org.bindrae.training.cuda.internal.CudaEdgeFeatures;
import org.bindrae.training.cuda.internal.CudaGeometry;
import org.bindrae.training.cuda.internal.CudaLosses;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training run of a tiny network on the emulator and on the processor: eight steps, validation after every fourth, checkpoints after every second. */
class TrainingOnCudaTest {
    private static final int WIDTH = 6;
    private static final int RESIDUES = 8;
    private static final int LIGAND_ATOMS = 4;
    static final int STEPS = 8;

    @TempDir
    private Path temp;

    @BeforeAll
    static void needTheEmulator() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
    }

    /** Hears the reports of a run, and may interrupt it. */
    static class Ear implements TrainingListener {
        final List<StepReport> steps = new ArrayList<>();
        final List<ValidationReport> validations = new ArrayList<>();
        private long interruptAt = -1;

        @Override
        public void stepped(StepReport report) {
            steps.add(report);
            if (report.step() == interruptAt) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void validated(ValidationReport report) {
            validations.add(report);
        }
    }

    private record RandomEmbedder() implements ResidueEmbedder {
        @Override
        public String name() {
            return "random";
        }

        @Override
        public int width(EmbeddingConfig config) {
            return WIDTH;
        }

        @Override
        public float[] embed(Sample sample, EmbeddingConfig config) {
            int[] types = sample.residues().types();
            float[] all = new float[types.length * WIDTH];
            for (int i = 0; i < all.length; i++) {
                all[i] = (float) Philox.normal(1, types[i / WIDTH], i % WIDTH);
            }
            return all;
        }
    }

    static TrainingSet set(String name, int count) {
        List<Sample> samples = IntStream.range(0, count).mapToObj(i -> SyntheticComplex.of(name + i, RESIDUES, LIGAND_ATOMS, 100L * name.hashCode() + i))
                .toList();
        return TrainingSet.of(samples, new RandomEmbedder(), EmbeddingConfig.defaults());
    }

    static TrainingSet training() {
        return set("t", 8);
    }

    static TrainingConfig config(int checkpointInterval) {
        return new TrainingConfig(Task.REPACK, 0.5, 10, 0.03, 3, 2, 2 * RESIDUES, 2, 1, 2e-3, 5, 0.01, 1, 0.9, 0, checkpointInterval, 4, Monitor.LOSS, 0,
                LossConfig.defaults());
    }

    static Stage1Config network() {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(21, 6, 2, 8, true, true, 10);
        return new Stage1Config(WIDTH, 16, edge, attention, ligand, 2, 2, 8, 0.1, false, true, 15, 1.5, true);
    }

    static Stage1Config packer() {
        Stage1Config c = network();
        Stage1Config.Ligand none = new Stage1Config.Ligand(21, 6, 0, 8, false, false, 0);
        return new Stage1Config(WIDTH, 16, c.edge(), c.attention(), none, 2, 2, 8, 0.1, true, false, 15, 1.5, false, new Stage1Config.Local(4, 6, 3, true),
                new Stage1Config.Chi(72, true));
    }

    static RunDirectory open(Path folder) throws IOException {
        if (Files.exists(RunDirectory.configFile(folder))) {
            return RunDirectory.resume(folder);
        }
        List<String> names = IntStream.range(0, 8).mapToObj(i -> "t" + i).toList();
        return RunDirectory.create(folder, "{}\n", new Split("test", 1, Map.of(), names, List.of("v0", "v1", "v2"), List.of()));
    }

    private static CudaDevice card() {
        return EmulatedDriver.device(Precision.FP32, new CudaGeometry.Provider(), new CudaEdgeFeatures.Provider(), new CudaConditioner.Provider(),
                new CudaLosses.Provider());
    }

    private static TrainingResult train(Path folder, Stage1Model model, TrainingSet training, Ear ear) throws IOException {
        AttentionBackend backend = model.parameters().device() instanceof CudaDevice ? new FlashCudaBackend() : new FlashCpuBackend();
        return train(folder, model, training, AttentionBackends.of(backend), ear);
    }

    private static TrainingResult train(Path folder, Stage1Model model, TrainingSet training, AttentionBackends backends, Ear ear) throws IOException {
        IpaConfig sizes = network().ipaConfig(new Flash1dBias());
        try (RunDirectory run = open(folder)) {
            return new Trainer(config(2), model, training, set("v", 3),
                    () -> backends.choose(AttentionBackends.AUTO, sizes, model.parameters().device(), model.parameters().dtype()), run, ear).run();
        }
    }

    private TrainingResult train(String folder, boolean onCard, DType type, Ear ear) throws IOException {
        return train(folder, network(), onCard, type, ear);
    }

    private TrainingResult train(String folder, Stage1Config network, boolean onCard, DType type, Ear ear) throws IOException {
        try (CpuDevice host = new CpuDevice(2, true); CudaDevice card = card()) {
            Device device = onCard ? card : host;
            try (Stage1Model model = new Stage1Model(device, type, network, new Flash1dBias(), 3)) {
                return train(temp.resolve(folder), model, training(), ear);
            }
        }
    }

    static void assertSameSteps(Ear expected, Ear actual, int from, double tolerance) {
        assertEquals(STEPS - from, actual.steps.size());
        for (int i = 0; i < actual.steps.size(); i++) {
            StepReport right = expected.steps.get(from + i);
            StepReport ours = actual.steps.get(i);
            assertEquals(right.step(), ours.step());
            assertEquals(right.epoch(), ours.epoch());
            assertEquals(right.residues(), ours.residues());
            assertEquals(right.loss(), ours.loss(), tolerance * right.loss(), "loss of step " + ours.step());
            assertEquals(right.gradientNorm(), ours.gradientNorm(), 10 * tolerance * right.gradientNorm(), "gradient of step " + ours.step());
            for (int torsion = 0; torsion < 7; torsion++) {
                assertEquals(right.losses().torsionMean(torsion), ours.losses().torsionMean(torsion), tolerance);
            }
        }
        ValidationReport right = expected.validations.getLast();
        ValidationReport ours = actual.validations.getLast();
        assertEquals(right.loss(), ours.loss(), tolerance * right.loss());
        assertEquals(right.residues(), ours.residues());
        assertEquals(right.chi1Accuracy(), ours.chi1Accuracy(), 0.1);
    }

    @ParameterizedTest
    @CsvSource({"F64, false", "F32, false", "F64, true", "F32, true"})
    void stepsAgreeWithTheProcessor(DType type, boolean packer) throws IOException {
        Stage1Config network = packer ? packer() : network();
        Ear host = new Ear();
        Ear card = new Ear();
        train("host", network, false, type, host);
        TrainingResult result = train("card", network, true, type, card);
        assertEquals(TrainingResult.Outcome.FINISHED, result.outcome());
        assertEquals(2, card.validations.size());
        assertSameSteps(host, card, 0, type == DType.F64 ? 1e-9 : 1e-4);
    }

    @Test
    void aRunGoesFromTheProcessorToTheCardAndBack() throws IOException {
        Ear straight = new Ear();
        train("straight", false, DType.F64, straight);
        Ear first = new Ear();
        first.interruptAt = 2;
        assertEquals(TrainingResult.Outcome.INTERRUPTED, train("moved", false, DType.F64, first).outcome());
        assertEquals(2, first.steps.size());
        Ear second = new Ear();
        second.interruptAt = 4;
        TrainingResult onCard = train("moved", true, DType.F64, second);
        assertEquals(TrainingResult.Outcome.INTERRUPTED, onCard.outcome());
        assertEquals(onCard.steps(), 2 + second.steps.size(), "a step that was begun is finished and reported");
        assertTrue(onCard.steps() <= 5, "and no further one is begun");
        Ear third = new Ear();
        assertEquals(TrainingResult.Outcome.FINISHED, train("moved", false, DType.F64, third).outcome());
        assertSameSteps(straight, third, (int) onCard.steps(), 1e-9);
        assertEquals(Files.readString(RunDirectory.metricsFile(temp.resolve("straight"))).lines().count(),
                Files.readString(RunDirectory.metricsFile(temp.resolve("moved"))).lines().count());
    }

    @Test
    void aStepThatDivergesChangesNothingAlthoughTheNextOneHasBegun() throws IOException {
        TrainingSet good = training();
        TrainingSet spoilt = new TrainingSet() {
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
                // the first of the two samples of the third step; the plan of memory has looked at samples on another thread before
                if (Thread.currentThread().getName().equals("bindrae-batches") && ++calls == 5) {
                    example.embeddings()[3] = Float.NaN;
                }
                return example;
            }
        };
        Ear ear = new Ear();
        Path folder = temp.resolve("run");
        try (CudaDevice card = card(); Stage1Model model = new Stage1Model(card, DType.F32, network(), new Flash1dBias(), 3)) {
            DivergenceException e = assertThrows(DivergenceException.class, () -> train(folder, model, spoilt, ear));
            assertTrue(e.getMessage().startsWith("step 3: the torsion loss is NaN in the batch of "), e.getMessage());
            assertEquals(2, ear.steps.size());
            SafetensorsFile checkpoint = SafetensorsFile.read(folder.resolve("checkpoints/step-00000002.safetensors"));
            for (var parameter : model.parameters().trainable().entrySet()) {
                assertArrayEquals(checkpoint.doubles("model." + parameter.getKey()), parameter.getValue().toDoubles(), parameter.getKey());
            }
        }
        assertTrue(Files.readString(RunDirectory.historyFile(folder)).contains("\"event\":\"diverged\",\"step\":2"),
                Files.readString(RunDirectory.historyFile(folder)));
    }

    @Test
    void aBackendThatSpoilsAStepIsReplacedAlthoughTheNextOneHasBegun() throws IOException {
        Ear straight = new Ear();
        train("straight", false, DType.F64, straight);
        // two layers: in the third step, after the plan of memory
        for (int after : new int[] {9, 10, 11}) {
            AttentionBackend spoilt = new Spoilt(new FlashCudaBackend(), new AtomicInteger(), after);
            AttentionBackends backends = AttentionBackends.of(spoilt, new FlashCudaBackend());
            Ear ear = new Ear();
            try (CudaDevice card = card(); Stage1Model model = new Stage1Model(card, DType.F64, network(), new Flash1dBias(), 3)) {
                assertEquals(TrainingResult.Outcome.FINISHED, train(temp.resolve("run" + after), model, training(), backends, ear).outcome());
            }
            assertSameSteps(straight, ear, 0, 1e-9);
            String reason = backends.outOfService().fault(spoilt).orElseThrow().reason();
            assertTrue(reason.matches("gave a result that is not finite in step \\d, for numbers that are"), reason);
        }
    }

    /** Attention of the card, whose results are no numbers after so many calls. */
    private record Spoilt(AttentionBackend sound, AtomicInteger calls, int after) implements AttentionBackend {
        @Override
        public String name() {
            return "spoilt";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return sound.check(config, pair, device, dtype);
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor result = sound.attend(tape, inputs);
            return calls.incrementAndGet() > after ? Ops.scale(tape, result, Double.NaN) : result;
        }
    }

    @Test
    void theCheckOfManyStepsNoticesThatTheLossIsNoNumber() {
        try (CpuDevice host = new CpuDevice(2, true); CudaDevice card = card()) {
            // sound in both layers of the step whose gradients are compared, and of the first of two more
            AttentionBackend spoilt = new Spoilt(new FlashCudaBackend(), new AtomicInteger(), 4);
            var check = new TrainingCheck(new Workbench.Place(card, DType.F32), spoilt, new Workbench.Place(host, DType.F64), new FlashCpuBackend(),
                    new Flash1dBias(), 0, 2);
            List<VectorRow> failed = check.run((done, total, unit, detail) -> assertTrue(done <= total)).stream().filter(row -> !row.passes()).toList();
            assertEquals(1, failed.size(), failed::toString);
            assertTrue(failed.getFirst().quantity().startsWith("2 steps: step 10002: the torsion loss is NaN"), failed::toString);
        }
    }
}
