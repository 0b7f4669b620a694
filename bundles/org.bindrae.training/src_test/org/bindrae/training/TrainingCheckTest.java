package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;

import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.Test;

class TrainingCheckTest {
    @Test
    void theProcessorPasses() {
        try (CpuDevice device = new CpuDevice(2, true)) {
            var single = new Workbench.Place(device, DType.F32);
            var exact = new Workbench.Place(device, DType.F64);
            var check = new TrainingCheck(single, new FlashCpuBackend(), exact, new FlashCpuBackend(), new Flash1dBias(), 2, 25);
            List<VectorRow> rows = check.run((done, total, unit, detail) -> assertTrue(done <= total));
            assertEquals(4, rows.size());
            rows.forEach(row -> assertTrue(row.passes(), row::toString));
        }
    }

    @Test
    void gradientsInDoublePrecisionAreThoseOfFiniteDifferences() {
        try (CpuDevice device = new CpuDevice(2, true)) {
            var exact = new Workbench.Place(device, DType.F64);
            var check = new TrainingCheck(exact, new FlashCpuBackend(), exact, new FlashCpuBackend(), new Flash1dBias(), 0, 0);
            List<VectorRow> rows = check.run((done, total, unit, detail) -> fail("nothing takes long here"));
            assertEquals("finite difference of the loss along the gradient", rows.getLast().quantity());
            rows.forEach(row -> assertTrue(row.passes(), row::toString));
        }
    }

    @Test
    void aStepIsTimed() {
        try (CpuDevice device = new CpuDevice(2, true)) {
            int[] lengths = new int[2];
            Arrays.fill(lengths, 12);
            var benchmark = new StepBenchmark(new Workbench.Place(device, DType.F32), new FlashCpuBackend(), new Flash1dBias(),
                    Stage1Config.small().withEmbeddingWidth(8), lengths, 5);
            StepBenchmark.Result result = benchmark.run();
            assertTrue(result.device().median() > 0 && result.wallMillis() > 0 && result.activationBytes() > 0, result::toString);
            assertTrue(Double.isFinite(result.loss()), result::toString);
        }
    }
}
