package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.tck.AttentionBackendContract;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The attention in the precision of its rows, with the kernels compiled for the processor. */
class FlashCudaBackendTest extends AttentionBackendContract {
    @BeforeAll
    static void requireEmulator() {
        assumeTrue(EmulatedDriver.isBuilt(), "gpu-native/build.sh emulator builds what runs the kernels on the processor");
    }

    @Override
    protected AttentionBackend backend() {
        return new FlashCudaBackend();
    }

    @Override
    protected Device open(int threads) {
        return EmulatedDriver.device(Precision.FP32, new EmulatedCentring());
    }

    @Override
    protected void close(Device device) {
        ((CudaDevice) device).close();
    }

    /** {@link TensorCoreTest} has the others. */
    @Override
    protected List<Precision> precisions() {
        return List.of(Precision.FP64, Precision.FP32);
    }

    @Override
    protected int[] lengths() {
        return new int[] {2, 63, 64, 65, 129, 300};
    }

    @Test
    void sumsWiderThanOneBlockHoldsAgreeWithTheReference() {
        // query and key rows of 253 columns, value rows of 668
        IpaConfig wide = new IpaConfig(384, 128, 205, 1, 11, 5, 14, IpaConfig.DEFAULT_BIAS_SCALE);
        for (Precision precision : precisions()) {
            assertAgrees(precision, "wide rows", AttentionTrial.random(wide, Packing.ofLengths(70, 3), 15, 0, 8));
        }
    }

    @Test
    void theProcessorIsRefusedByItsName() {
        try (CpuDevice host = new CpuDevice(1, true)) {
            assertTrue(backend().check(new IpaConfig(8, 8, 4, 1, 1, 1, 2, 1), PairTerm.Factors.class, host, DType.F32).reason().contains("cpu"));
        }
    }
}
