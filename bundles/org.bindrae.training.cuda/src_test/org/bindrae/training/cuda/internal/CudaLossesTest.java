package org.bindrae.training.cuda.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.LossCheck;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CudaLossesTest {
    @BeforeAll
    static void needTheEmulator() {
        assumeTrue(EmulatedDriver.isBuilt(), "there is no emulator: gpu-native/build.sh emulator makes it");
    }

    @Test
    void termsAndGradientsAgreeWithTheHost() {
        try (CpuDevice host = new CpuDevice(2, true); CudaDevice device = EmulatedDriver.device(Precision.FP32, new CudaLosses.Provider())) {
            List<VectorRow> rows = new LossCheck().run(device, host, new int[][] {{1}, {9, 2, 37}});
            assertEquals(20, rows.size());
            for (VectorRow row : rows) {
                assertTrue(row.passes(), row.toString());
            }
        }
    }
}
