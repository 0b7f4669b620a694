package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.cuda.FlashCudaBackend;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.training.cuda.internal.CudaConditioner;
import org.bindrae.training.cuda.internal.CudaEdgeFeatures;
import org.bindrae.training.cuda.internal.CudaGeometry;
import org.bindrae.training.cuda.internal.CudaLosses;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {
    private static final TrainingConfig CONFIG = TrainingConfig.defaults();
    private static final FlashCudaBackend BACKEND = new FlashCudaBackend();
    private static final int LIGAND_ATOMS = 40;

    private CudaDevice device;
    private Stage1Model model;

    @BeforeEach
    void makeANetwork() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
        device = EmulatedDriver.device(Precision.FP32, new CudaGeometry.Provider(), new CudaConditioner.Provider(), new CudaEdgeFeatures.Provider(),
                new CudaLosses.Provider());
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(21, 6, 2, 8, true, true, 10);
        Stage1Config config = new Stage1Config(6, 8, edge, attention, ligand, 2, 2, 6, 0.1, true, false, 15, 1.5, true);
        model = new Stage1Model(device, DType.F32, config, new Flash1dBias(), 1);
    }

    private Stage1Model packer() {
        Stage1Config c = model.config();
        Stage1Config.Ligand none = new Stage1Config.Ligand(21, 6, 0, 8, false, false, 0);
        Stage1Config config = new Stage1Config(6, 8, c.edge(), c.attention(), none, 2, 2, 6, 0.1, true, false, 15, 1.5, false,
                new Stage1Config.Local(4, 6, 3, true), new Stage1Config.Chi(72, true));
        return new Stage1Model(device, DType.F32, config, new Flash1dBias(), 1);
    }

    @AfterEach
    void close() {
        if (device != null) {
            model.close();
            device.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stepsTakeTheMemoryThatWasPlanned(boolean packer) {
        if (packer) {
            model.close();
            model = packer();
        }
        int[] lengths = {23, 14};
        long planned;
        try (MemoryPlan plan = MemoryPlan.of(model, CONFIG, BACKEND)) {
            planned = plan.bytes(lengths);
        }
        Losses losses = new Losses(CONFIG.loss());
        try (AdamW optimiser = new AdamW(model.parameters(), CONFIG.optimiser());
                Ema averages = new Ema(model.parameters(), CONFIG.ema());
                TensorArena arena = device.arena()) {
            StepRunner runner = new StepRunner(CONFIG, losses, new Checkpoint.Trained(model, optimiser, averages), arena);
            try (PreparedBatch batch = SyntheticComplex.batch(model.config(), losses, lengths, LIGAND_ATOMS, 1)) {
                for (int step = 0; step < 3; step++) {
                    runner.step(10_000 + step, List.of(batch), 1e-4, BACKEND).get();
                }
            }
            assertEquals(1, (double) planned / device.reservedBytes(), 0.1, planned + " planned, " + device.reservedBytes() + " taken");
        }
    }

    @Test
    void longerComplexesNeedMoreAndTheLongestThatFitsIsFound() {
        try (MemoryPlan plan = MemoryPlan.of(model, CONFIG, BACKEND)) {
            long some = plan.bytes(600);
            assertTrue(plan.bytes(2400) > some);
            int longest = plan.longest(some);
            assertTrue(longest >= 590, longest + " residues");
            assertTrue(plan.bytes(longest) <= some);
        }
    }

    @Test
    void aBatchThatDoesNotFitIsTakenApartAndAComplexThatDoesNotFitIsRefused() throws Exception {
        Losses losses = new Losses(CONFIG.loss());
        int[] lengths = {900, 900, 900, 900};
        MemoryPlan.Preparation preparation = members -> {
            int[] chosen = new int[members.length];
            for (int i = 0; i < chosen.length; i++) {
                chosen[i] = lengths[members[i]];
            }
            return SyntheticComplex.batch(model.config(), losses, chosen, LIGAND_ATOMS, 1);
        };
        try (MemoryPlan plan = MemoryPlan.of(model, CONFIG, BACKEND)) {
            int[] all = {0, 1, 2, 3};
            assertEquals(Integer.MAX_VALUE, plan.residuesThatFit(preparation, all, lengths, Long.MAX_VALUE));
            long one = plan.bytes(900);
            int limit = plan.residuesThatFit(preparation, all, lengths, one);
            assertTrue(limit < 3600, limit + " residues");
            assertArrayEquals(new int[] {0}, MemoryPlan.parts(all, lengths, 900).getFirst());
            String message = assertThrows(IllegalArgumentException.class, () -> plan.residuesThatFit(preparation, all, lengths, one / 2)).getMessage();
            assertTrue(message.startsWith("a complex of 900 residues needs "), message);
            assertTrue(message.contains("the longest that fits has about "), message);
        }
    }
}
