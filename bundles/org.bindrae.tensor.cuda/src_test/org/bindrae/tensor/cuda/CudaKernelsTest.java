package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.check.KernelCheck;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CudaKernelsTest {
    private final SplittableRandom random = new SplittableRandom(3);
    private final CpuDevice cpu = new CpuDevice(2, true);
    private final CudaDevice cuda = EmulatedDriver.device(Precision.FP32);

    @BeforeAll
    static void theEmulatorIsBuilt() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator is not built: run gpu-native/build.sh emulator");
    }

    @AfterEach
    void close() {
        cuda.close();
        cpu.close();
    }

    @Test
    void everyKernelAgreesWithTheProcessor() {
        int[][] sizes = {{0, 5}, {3, 0}, {1, 1}, {2, 3}, {7, 33}, {19, 68}, {300, 5}, {3, 140}, {5, 500}, {4200, 1}, {2400, 8}};
        List<VectorRow> rows = new KernelCheck().run(cuda, cpu, sizes);
        assertEquals(List.of(), rows.stream().filter(row -> !row.passes()).toList());
        assertTrue(rows.size() > 150, rows.size() + " rows");
    }

    @Test
    void dropoutHasTheBitsOfTheProcessor() {
        int n = 1003;
        Dropout dropout = new Dropout(0.2, 0xFEDCBA9876543210L, 0x8000000000000001L);
        double[] values = random.doubles(n, -2, 2).map(v -> (float) v).toArray();
        try (TensorArena host = cpu.arena(); TensorArena card = cuda.arena()) {
            Tensor x = host.allocate(DType.F32, Shape.of(n)).set(values);
            Tensor onCard = card.allocate(DType.F32, Shape.of(n)).set(values);
            for (int repeat = 0; repeat < 2; repeat++) {
                cpu.kernels().dropoutAdd(x, dropout, x);
                cuda.kernels().dropoutAdd(onCard, dropout, onCard);
            }
            cpu.kernels().dropout(x, dropout, x);
            cuda.kernels().dropout(onCard, dropout, onCard);
            assertArrayEquals(x.toFloats(), onCard.toFloats());
        }
    }

    @Test
    void valuesChangeTheirType() {
        double[] values = {0, -0.7, 1.5, 3e9, -3e9, Double.NaN, 0.1};
        try (TensorArena host = cpu.arena(); TensorArena card = cuda.arena()) {
            for (DType from : DType.values()) {
                for (DType to : DType.values()) {
                    Tensor expected = host.allocate(to, Shape.of(values.length));
                    Tensor actual = card.allocate(to, Shape.of(values.length));
                    cpu.kernels().cast(host.allocate(from, Shape.of(values.length)).set(values), expected);
                    cuda.kernels().cast(card.allocate(from, Shape.of(values.length)).set(values), actual);
                    assertArrayEquals(expected.toDoubles(), actual.toDoubles(), from + " to " + to);
                }
            }
        }
    }

    /** So many rows and indices that they are sorted first; the order of additions shows in the bits. */
    @Test
    void rowsAreAddedInOrderHoweverManyThereAre() {
        int rows = 6000;
        int n = 7000;
        int[] index = IntStream.range(0, n).map(i -> i % 3 == 0 ? random.nextInt(4) : random.nextInt(-1, rows)).toArray();
        double[] values = random.doubles(n, -1, 1).map(v -> (float) v).toArray();
        try (TensorArena host = cpu.arena(); TensorArena card = cuda.arena()) {
            Tensor expected = host.zeros(DType.F32, Shape.of(rows, 1));
            cpu.kernels().scatterAddRows(host.allocate(DType.F32, Shape.of(n, 1)).set(values), host.allocate(DType.I32, Shape.of(n)).set(index), expected);
            Tensor actual = card.zeros(DType.F32, Shape.of(rows, 1));
            cuda.kernels().scatterAddRows(card.allocate(DType.F32, Shape.of(n, 1)).set(values), card.allocate(DType.I32, Shape.of(n)).set(index), actual);
            assertArrayEquals(expected.toFloats(), actual.toFloats());
        }
    }

    @Test
    void anIndexBeyondTheRowsGivesNaN() {
        try (TensorArena card = cuda.arena()) {
            Tensor x = card.allocate(DType.F32, Shape.of(2, 2)).set(1.0, 2, 3, 4);
            Tensor y = card.allocate(DType.F32, Shape.of(3, 2));
            Tensor index = card.allocate(DType.I32, Shape.of(3)).set(1, 2, -1);
            cuda.kernels().gatherRows(x, index, y);
            assertArrayEquals(new double[] {3, 4, Double.NaN, Double.NaN, 0, 0}, y.toDoubles());
            cuda.kernels().addEndpoints(card.zeros(DType.F32, y.shape()), card.zeros(DType.F32, y.shape()), x, index, y);
            assertArrayEquals(new double[] {3, 4, Double.NaN, Double.NaN, 0, 0}, y.toDoubles());
            cuda.kernels().scatterAddRows(card.zeros(DType.F32, Shape.of(3, 2)), index, x);
            assertArrayEquals(new double[] {1, 2, 3, 4}, x.toDoubles());
        }
    }

    @Test
    void integersAreFilledCopiedAndGathered() {
        try (TensorArena card = cuda.arena()) {
            Tensor x = card.allocate(DType.I32, Shape.of(3));
            cuda.kernels().fill(x, -7);
            assertArrayEquals(new double[] {-7, -7, -7}, x.toDoubles());
            Tensor y = card.allocate(DType.I32, Shape.of(3));
            cuda.kernels().copy(x.set(4, 5, 6), y);
            assertArrayEquals(new double[] {4, 5, 6}, y.toDoubles());
            cuda.kernels().gatherRows(y.reshape(3, 1), card.allocate(DType.I32, Shape.of(2)).set(2, -1), card.allocate(DType.I32, Shape.of(2, 1)));
            assertThrows(IllegalArgumentException.class, () -> cuda.kernels().axpby(1, x, 1, y));
        }
    }

    @Test
    void sumsAndFiniteNumbersAreRead() {
        int n = 70_001;
        double[] values = random.doubles(n, -1, 1).map(v -> (float) v).toArray();
        try (TensorArena card = cuda.arena(); TensorArena host = cpu.arena()) {
            for (DType type : List.of(DType.F32, DType.F64)) {
                Tensor x = card.allocate(type, Shape.of(n)).set(values);
                double expected = cpu.kernels().sumOfSquares(host.allocate(DType.F64, Shape.of(n)).set(values));
                assertEquals(expected, cuda.kernels().sumOfSquares(x), 1e-12 * expected);
                assertTrue(cuda.kernels().allFinite(x));
                for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                    values[n - 1] = bad;
                    assertFalse(cuda.kernels().allFinite(x.set(values)));
                    values[n - 1] = 0.5;
                }
            }
            Tensor nothing = card.allocate(DType.F32, Shape.of(0));
            assertEquals(0, cuda.kernels().sumOfSquares(nothing));
            assertTrue(cuda.kernels().allFinite(nothing));
        }
    }

    /** Arrays that do not start at a multiple of 16 bytes, as views into others do not. */
    @Test
    void memoryNeedNotBeAligned() {
        int n = 301;
        double[] values = random.doubles(n + 1, -2, 2).map(v -> (float) v).toArray();
        Kernels kernels = cuda.kernels();
        try (TensorArena card = cuda.arena()) {
            Tensor whole = card.allocate(DType.F32, Shape.of(n + 1)).set(values);
            Tensor view = Tensor.wrap(cuda, DType.F32, Shape.of(n), whole.memory().asSlice(Float.BYTES));
            Tensor y = card.allocate(DType.F32, Shape.of(n));
            kernels.axpby(2, view, 0, y);
            kernels.axpby(1, y, 1, view);
            double[] result = whole.toDoubles();
            assertEquals(values[0], result[0]);
            for (int i = 1; i <= n; i++) {
                assertEquals(3 * values[i], result[i], 1e-6);
            }
        }
    }

    @Test
    void theOptimiserTakesFewLaunchesHoweverManyParametersThereAre() {
        EmulatedDriver driver = EmulatedDriver.open();
        try (CudaDevice device = EmulatedDriver.device(driver, Precision.FP32); Parameters parameters = new Parameters(device, DType.F32, 1)) {
            for (int i = 0; i < 20; i++) {
                parameters.create("p" + i, Shape.of(i, 3), Initializer.ONES);
            }
            try (AdamW optimiser = new AdamW(parameters, new AdamW.Settings(0.9, 0.99, 1e-8, 0)); Ema averages = new Ema(parameters, 0.9)) {
                parameters.zeroGradients();
                device.synchronize();
                int before = driver.launches();
                parameters.zeroGradients();
                optimiser.stepLater(0.1, 1, 1);
                averages.updateAfter(optimiser);
                device.synchronize();
                // the last two bring the norm and what the step needs to where the host and the card can read it
                assertTrue(driver.launches() - before <= 7, driver.launches() - before + " launches");
            }
        }
    }

    @Test
    void listsOfOtherSizesDoNotFit() {
        try (TensorArena card = cuda.arena(); TensorArena host = cpu.arena()) {
            var a = cuda.kernels().list(card, List.of(card.zeros(DType.F32, Shape.of(3))));
            var b = cuda.kernels().list(card, List.of(card.zeros(DType.F32, Shape.of(4))));
            var other = cpu.kernels().list(host, List.of(host.zeros(DType.F32, Shape.of(3))));
            Tensor updates = card.zeros(DType.F64, Shape.of(1));
            assertThrows(IllegalArgumentException.class, () -> cuda.kernels().average(a, b, 0.9, updates, null));
            assertThrows(IllegalArgumentException.class, () -> cuda.kernels().average(a, other, 0.9, updates, null));
        }
    }
}
