package org.bindrae.training.prediction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.Sample;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.training.FrameNoise;
import org.bindrae.training.Inference;
import org.bindrae.training.evaluation.TestProtein;
import org.bindrae.training.packing.SideChainPacking;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelPredictorTest {
    private static final int WIDTH = 5;
    private final CpuDevice device = new CpuDevice(2, false);

    @AfterEach
    void closeDevice() {
        device.close();
    }

    private Stage1Model model(boolean updateFrames, boolean rotamerHead) {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(LigandTokens.WIDTH, 6, 2, 8, true, true, 10);
        Stage1Config config = new Stage1Config(WIDTH, 16, edge, attention, ligand, 2, 2, 8, 0.1, false, updateFrames, 15, 1.5, rotamerHead);
        return shaken(config);
    }

    /** One that gives distributions. */
    private Stage1Model packer() {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand none = new Stage1Config.Ligand(LigandTokens.WIDTH, 6, 0, 8, false, false, 0);
        return shaken(new Stage1Config(WIDTH, 16, edge, attention, none, 2, 2, 8, 0.1, true, false, 15, 1.5, false, new Stage1Config.Local(4, 6, 3, true),
                new Stage1Config.Chi(24, true)));
    }

    private Stage1Model shaken(Stage1Config config) {
        Stage1Model model = new Stage1Model(device, DType.F64, config, new Flash1dBias(), 5);
        // fresh heads say 0; others tell more
        int n = 0;
        for (Tensor tensor : model.parameters().all().values()) {
            double[] values = tensor.toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] += 0.2 * Math.sin(0.7 * i + n);
            }
            tensor.set(values);
            n++;
        }
        return model;
    }

    private static ModelPredictor predictor(Stage1Model model) {
        return predictor(model, () -> new AttentionBackends.Choice(new ReferenceBackend(), "for tests"));
    }

    private static ModelPredictor predictor(Stage1Model model, Supplier<AttentionBackends.Choice> backends) {
        return new ModelPredictor(new Inference(model, backends), new TypeEmbedder(), EmbeddingConfig.defaults());
    }

    /** Numbers that say what type a residue is. */
    private record TypeEmbedder() implements ResidueEmbedder {
        @Override
        public String name() {
            return "type";
        }

        @Override
        public int width(EmbeddingConfig config) {
            return WIDTH;
        }

        @Override
        public float[] embed(Sample sample, EmbeddingConfig config) {
            float[] numbers = new float[WIDTH * sample.residues().size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) Math.sin(1 + sample.residues().types()[i / WIDTH] * (i % WIDTH + 1));
            }
            return numbers;
        }
    }

    private static Sample sample(String id) {
        return TestProtein.uneven("LEU", "SER", "ALA", "LYS", "PHE", "GLY", "ASP").sample(id);
    }

    private static Prediction predict(Stage1Model model, Sample sample) throws IOException {
        return predictor(model).predict(List.of(sample)).getFirst();
    }

    @Test
    void theGivenBackboneStaysToTheLastBit() throws IOException {
        try (Stage1Model model = model(false, true)) {
            Sample sample = sample("x");
            Prediction prediction = predict(model, sample);
            for (int i = 0; i < prediction.atom14().length; i++) {
                if (i / 3 % ResidueConstants.SLOTS <= ResidueConstants.O) {
                    assertEquals(sample.residues().atom14()[i], prediction.atom14()[i]);
                }
            }
        }
    }

    @Test
    void sideChainsHaveTheTorsionsOfTheNetwork() throws IOException {
        try (Stage1Model model = model(false, true)) {
            Sample sample = sample("x");
            Prediction prediction = predict(model, sample);
            Torsions built = Torsions.of(sample.residues().types(), prediction.atom14(), prediction.present(), sample.residues().breakBefore());
            int compared = 0;
            for (int i = 0; i < built.mask().length; i++) {
                if (built.mask()[i] && i % ResidueConstants.TORSIONS >= 3) {
                    assertEquals(prediction.torsions()[2 * i], built.sinCos()[2 * i], 1e-9);
                    assertEquals(prediction.torsions()[2 * i + 1], built.sinCos()[2 * i + 1], 1e-9);
                    compared++;
                }
            }
            assertEquals(2 + 1 + 4 + 2 + 2, compared);
        }
    }

    @Test
    void nothingOfTheTrueSideChainIsSeen() throws IOException {
        try (Stage1Model model = model(false, true)) {
            Sample other = TestProtein.uneven("LEU", "SER", "ALA", "LYS", "PHE", "GLY", "ASP").chi(0, 60, 180).chi(3, 180, 180, 60, 60).sample("x");
            assertArrayEquals(predict(model, sample("x")).atom14(), predict(model, other).atom14());
        }
    }

    @Test
    void aMoleculeFarOffItsOriginIsPredictedThere() throws IOException {
        try (Stage1Model model = model(true, true)) {
            Sample sample = sample("x");
            RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(0.3, -1, 0.4), new Vec3(300, -200, 50));
            Prediction here = predict(model, sample);
            Prediction there = predict(model, TestProtein.moved(sample, motion));
            for (int i = 0; i < here.present().length; i++) {
                if (here.present()[i]) {
                    assertEquals(0, motion.apply(Vec3.at(here.atom14(), i)).distance(Vec3.at(there.atom14(), i)), 1e-6);
                }
            }
            assertArrayEquals(here.confidence(), there.confidence(), 1e-9);
        }
    }

    @Test
    void companyInTheBatchChangesNothingAndTheOrderIsKept() throws IOException {
        try (Stage1Model model = model(true, true)) {
            Sample a = sample("a");
            Sample b = TestProtein.uneven("TRP", "VAL", "GLU").sample("b");
            List<Prediction> together = predictor(model).predict(List.of(b, a, b));
            assertArrayEquals(predict(model, a).atom14(), together.get(1).atom14(), 1e-9);
            assertArrayEquals(predict(model, b).atom14(), together.get(2).atom14(), 1e-9);
            assertEquals(a, together.get(1).sample());
        }
    }

    @Test
    void confidenceIsAProbabilityOfTheWellThatWasBuilt() throws IOException {
        try (Stage1Model with = model(false, true); Stage1Model without = model(false, false)) {
            Prediction prediction = predict(with, sample("x"));
            for (int i = 0; i < 7; i++) {
                boolean hasChi = ResidueConstants.chiCount(prediction.sample().residues().types()[i]) > 0;
                double confidence = prediction.confidence()[i];
                assertTrue(hasChi ? confidence > 0 && confidence < 1 : confidence == 1, "residue " + i + " " + confidence);
            }
            assertTrue(Arrays.stream(predict(without, sample("x")).confidence()).allMatch(value -> value > 0 && value <= 1));
        }
    }

    @Test
    void residuesWithoutTypeOrFrameStayAsTheyAre() throws IOException {
        try (Stage1Model model = model(true, true)) {
            Sample sample = new TestProtein("LEU", "UNK", "SER", "LYS").sample("x");
            sample.residues().present()[2 * ResidueConstants.SLOTS + ResidueConstants.CA] = false;
            Prediction prediction = predict(model, sample);
            assertArrayEquals(new boolean[] {true, false, false, true}, prediction.predicted());
            for (int i = ResidueConstants.SLOTS * 3; i < 3 * ResidueConstants.SLOTS * 3; i++) {
                assertEquals(sample.residues().atom14()[i], prediction.atom14()[i]);
            }
            assertTrue(Double.isNaN(prediction.confidence()[1]) && Double.isNaN(prediction.torsions()[2 * ResidueConstants.TORSIONS]));
        }
    }

    @Test
    void noiseMovesTheBackboneThatTheNetworkSees() throws IOException {
        try (Stage1Model model = model(true, true)) {
            ModelPredictor noisy = predictor(model).withNoise(new FrameNoise(0.5, 10, 3));
            double[] once = noisy.predict(List.of(sample("x"))).getFirst().atom14();
            double[] still = predict(model, sample("x")).atom14();
            assertNotEquals(still[3], once[3]);
            assertTrue(Math.abs(still[3] - once[3]) < 5);
            assertArrayEquals(once, noisy.predict(List.of(sample("x"))).getFirst().atom14());
            assertTrue(noisy.notes().getFirst().contains("0.5 Å"));
            assertEquals(List.of(), predictor(model).notes());
        }
    }

    @Test
    void damagedWeightsAreAnErrorNotAStructure() {
        try (Stage1Model model = model(false, true)) {
            Tensor any = model.parameters().all().values().iterator().next();
            double[] values = any.toDoubles();
            Arrays.fill(values, Double.NaN);
            any.set(values);
            ModelPredictor predictor = predictor(model);
            String message = assertThrows(IOException.class, () -> predictor.predict(List.of(sample("broken")))).getMessage();
            assertTrue(message.contains("broken") && message.contains("not finite"), message);
            assertEquals(List.of(), predictor.faults());
        }
    }

    /** Right but for its first layers. */
    private record Bad(int layers, UnaryOperator<Tensor> fault, AtomicInteger calls) implements AttentionBackend {
        private static final ReferenceBackend GOOD = new ReferenceBackend();

        Bad(int layers, UnaryOperator<Tensor> fault) {
            this(layers, fault, new AtomicInteger());
        }

        @Override
        public String name() {
            return "bad";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return GOOD.check(config, pair, device, dtype);
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor right = GOOD.attend(tape, inputs);
            return calls.incrementAndGet() <= layers ? fault.apply(right) : right;
        }
    }

    private static Tensor poisoned(Tensor tensor) {
        double[] values = tensor.toDoubles();
        values[values.length / 2] = Double.NaN;
        return tensor.set(values);
    }

    /** What is said of a backend in whose stead another one predicts. */
    private String replaced(AttentionBackend bad) throws IOException {
        AttentionBackends backends = AttentionBackends.of(bad, new ReferenceBackend());
        try (Stage1Model model = model(true, true)) {
            ModelPredictor predictor = predictor(model, () -> choice(model, backends));
            List<Prediction> predictions = predictor.predict(List.of(sample("x")));
            assertArrayEquals(predict(model, sample("x")).atom14(), predictions.getFirst().atom14());
            assertEquals(predictions.getFirst().confidence()[0], predictor.predict(List.of(sample("x"))).getFirst().confidence()[0]);
            assertEquals(1, predictor.faults().size());
            assertEquals(predictor.faults(), predictor.notes());
            String reason = backends.outOfService().fault(bad).orElseThrow().reason();
            assertEquals("attention backend bad " + reason + "; it is out of service", predictor.faults().getFirst());
            return reason;
        }
    }

    private AttentionBackends.Choice choice(Stage1Model model, AttentionBackends backends) {
        return backends.choose(AttentionBackends.AUTO, model.config().ipaConfig(new Flash1dBias()), device, DType.F64);
    }

    @Test
    void aBackendThatFailsIsReplaced() throws IOException {
        assertEquals("threw java.lang.IllegalStateException: no such luck", replaced(new Bad(1, _ -> {
            throw new IllegalStateException("no such luck");
        })));
        assertTrue(replaced(new Bad(1, _ -> null)).startsWith("gave null instead of "));
        assertEquals("gave a result that is not finite in a prediction, for numbers that are", replaced(new Bad(1000, ModelPredictorTest::poisoned)));
        assertEquals("gave something in a prediction that was not finite, and was when it was asked again",
                replaced(new Bad(1, ModelPredictorTest::poisoned)));
    }

    @Test
    void withoutAnotherBackendThePredictionSaysWhy() {
        AttentionBackend bad = new Bad(1000, ModelPredictorTest::poisoned);
        String reason = "out of service because it gave a result that is not finite in a prediction, for numbers that are";
        try (Stage1Model model = model(true, true)) {
            AttentionBackends backends = AttentionBackends.of(bad);
            assertEquals("no attention backend can run this model: bad: " + reason, assertThrows(IllegalStateException.class,
                    () -> predictor(model, () -> choice(model, backends)).predict(List.of(sample("x")))).getMessage());
            var always = new AttentionBackends.Choice(bad, "asked for");
            assertEquals("attention backend bad: " + reason,
                    assertThrows(IllegalStateException.class, () -> predictor(model, () -> always).predict(List.of(sample("x")))).getMessage());
        }
    }

    @Test
    void anInterruptedThreadStops() {
        try (Stage1Model model = model(false, true)) {
            Thread.currentThread().interrupt();
            assertThrows(CancellationException.class, () -> predict(model, sample("x")));
            assertFalse(Thread.interrupted());
        }
    }

    @Test
    void aNetworkOfDistributionsPutsItsMostProbableAnglesOnTheGivenBackbone() throws IOException {
        try (Stage1Model model = packer()) {
            Sample sample = sample("x");
            Prediction prediction = predict(model, sample);
            Torsions given = Torsions.of(sample.residues().types(), sample.residues().atom14(), sample.residues().present(), sample.residues().breakBefore());
            for (int i = 0; i < given.mask().length; i++) {
                if (given.mask()[i] && i % ResidueConstants.TORSIONS < 3) {
                    assertEquals(given.sinCos()[2 * i], prediction.torsions()[2 * i], 1e-12, "backbone torsions are stated as they are");
                }
            }
            for (int i = 0; i < prediction.confidence().length; i++) {
                assertTrue(prediction.confidence()[i] > 0 && prediction.confidence()[i] <= 1);
            }
        }
    }

    /** χ1 is the most probable angle then; further angles are those that are most probable together. */
    @Test
    void packingWithoutRepulsionChangesNoSideChainOfOneAngle() throws IOException {
        try (Stage1Model model = packer()) {
            Sample sample = sample("x");
            SideChainPacking loose = SideChainPacking.of(new SideChainPacking.Settings(SideChainPacking.Settings.defaults().potential(), 0));
            Prediction alone = predict(model, sample);
            Prediction packed = predictor(model).packed(loose).predict(List.of(sample)).getFirst();
            int serine = 1;
            int chi1 = 2 * (serine * ResidueConstants.TORSIONS + 3);
            assertEquals(alone.torsions()[chi1], packed.torsions()[chi1], 1e-9);
            assertEquals(alone.torsions()[chi1 + 1], packed.torsions()[chi1 + 1], 1e-9);
            assertEquals(alone.confidence()[serine], packed.confidence()[serine], 1e-9);
        }
    }

    @Test
    void aSampleIsPackedTheSameWayWhateverIsPredictedWithIt() throws IOException {
        try (Stage1Model model = packer()) {
            Sample crowded = TestProtein.uneven("TRP", "LEU", "PHE", "LYS", "TYR", "ARG", "MET", "ILE", "PHE", "TRP").sample("x");
            Sample other = TestProtein.uneven("SER", "ARG", "GLY").sample("other");
            ModelPredictor packed = predictor(model).packed(SideChainPacking.of(new SideChainPacking.Settings(SideChainPacking.Settings.defaults().potential(),
                    1000)));
            Prediction alone = packed.predict(List.of(crowded)).getFirst();
            Prediction second = packed.predict(List.of(other, crowded)).get(1);
            assertArrayEquals(alone.torsions(), second.torsions(), 1e-9);
            assertArrayEquals(alone.confidence(), second.confidence(), 1e-9);
            double[] likeliest = predict(model, crowded).torsions();
            assertTrue(IntStream.range(0, likeliest.length).anyMatch(i -> Math.abs(likeliest[i] - alone.torsions()[i]) > 0.1), "something was packed");
        }
    }

    @Test
    void aNetworkWithoutDistributionsCannotBePacked() {
        try (Stage1Model model = model(false, true)) {
            ModelPredictor predictor = predictor(model);
            SideChainPacking packing = SideChainPacking.of(SideChainPacking.Settings.defaults());
            assertEquals("this network gives no distributions over χ angles, of which side chains could be packed",
                    assertThrows(IllegalStateException.class, () -> predictor.packed(packing)).getMessage());
        }
    }
}
