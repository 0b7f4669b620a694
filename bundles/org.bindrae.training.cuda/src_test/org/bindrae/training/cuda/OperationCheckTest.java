package org.bindrae.training.cuda;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.cuda.internal.CudaConditioner;
import org.bindrae.training.cuda.internal.CudaEdgeFeatures;
import org.bindrae.training.cuda.internal.CudaGeometry;
import org.junit.jupiter.api.Test;

/** The operations on the emulator against those of the processor. */
class OperationCheckTest {
    @Test
    void everyOperationAgreesWithTheProcessor() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
        OperationCheck check = new OperationCheck();
        try (CpuDevice host = new CpuDevice();
                CudaDevice device = EmulatedDriver.device(Precision.FP32, new CudaGeometry.Provider(), new CudaEdgeFeatures.Provider(),
                        new CudaConditioner.Provider())) {
            assertTrue(check.applies(device));
            assertFalse(check.applies(host));
            List<VectorRow> rows = check.run(device, host);
            assertAll(rows.stream().map(row -> () -> assertTrue(row.passes(), row.toString())));
            assertTrue(rows.size() >= 2 * 9, rows.toString());
        }
    }
}
