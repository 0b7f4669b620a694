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

import org.bindrae.attention.IpaConfig;
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
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.training.FrameNoise;
import org.bindrae.training.evaluation.TestProtein;
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
        return new ModelPredictor(model, new ReferenceBackend(), new TypeEmbedder(), EmbeddingConfig.defaults());
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
            String message = assertThrows(IOException.class, () -> predict(model, sample("broken"))).getMessage();
            assertTrue(message.contains("broken") && message.contains("not finite"), message);
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
}
