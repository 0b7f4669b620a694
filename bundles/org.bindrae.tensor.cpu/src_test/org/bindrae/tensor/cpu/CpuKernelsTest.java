package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.RealMath;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.check.KernelCase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpuKernelsTest {
    private static final MatrixProduct PLAIN = new PlainProduct("plain");

    private final SplittableRandom random = new SplittableRandom(5);

    /** Single precision against double precision, relative to the largest number that takes part. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void floatsAgreeWithDoubles(boolean vector) {
        try (CpuDevice device = new CpuDevice(2, vector)) {
            for (int trial = 0; trial < 12; trial++) {
                int rows = random.nextInt(1, 40);
                int columns = trial < 2 ? trial + 1 : random.nextInt(1, 90);
                List<KernelCase> cases = new ArrayList<>(KernelCase.all(rows, columns, random));
                cases.addAll(KernelCase.products(rows, columns));
                for (KernelCase kernelCase : cases) {
                    double[][] exact = kernelCase.run(device, DType.F64, trial);
                    double[][] rounded = kernelCase.run(device, DType.F32, trial);
                    double tolerance = 2e-6 * Arrays.stream(exact).mapToDouble(CpuKernelsTest::largest).max().orElse(1);
                    for (int t = 0; t < exact.length; t++) {
                        for (int i = 0; i < exact[t].length; i++) {
                            assertEquals(exact[t][i], rounded[t][i], tolerance, kernelCase + " tensor " + t + " element " + i);
                        }
                    }
                }
            }
        }
    }

    private static double largest(double[] values) {
        double largest = 1;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** Sizes that are cut into several pieces with a rest. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theNumberOfThreadsDoesNotChangeABit(boolean vector) {
        List<KernelCase> cases = new ArrayList<>(KernelCase.all(100, 350, random));
        cases.addAll(KernelCase.all(11_501, 3, random));
        cases.addAll(KernelCase.products(530, 410));
        for (DType type : vector ? List.of(DType.F32) : List.of(DType.F32, DType.F64)) {
            double[][][] first = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (CpuDevice device = new CpuDevice(threads, vector)) {
                    double[][][] results = cases.stream().map(c -> c.run(device, type, 9)).toArray(double[][][]::new);
                    for (int i = 0; first != null && i < results.length; i++) {
                        for (int t = 0; t < results[i].length; t++) {
                            assertArrayEquals(first[i][t], results[i][t], cases.get(i) + " tensor " + t + " on " + threads + " threads");
                        }
                    }
                    first = first == null ? results : first;
                }
            }
        }
    }

    /** The first calls are interpreted, the last compiled. */
    @Test
    void compilationDoesNotChangeABit() {
        List<KernelCase> cases = new ArrayList<>(KernelCase.all(20, 201, random));
        cases.addAll(KernelCase.products(20, 40));
        try (CpuDevice device = new CpuDevice(1, true)) {
            double[][][] first = cases.stream().map(c -> c.run(device, DType.F32, 3)).toArray(double[][][]::new);
            for (int repeat = 0; repeat < 150; repeat++) {
                for (int i = 0; i < first.length; i++) {
                    double[][] again = cases.get(i).run(device, DType.F32, 3);
                    for (int t = 0; t < again.length; t++) {
                        assertArrayEquals(first[i][t], again[t], cases.get(i) + " tensor " + t);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void matricesWithoutRowsOrColumnsAreAllowed(boolean vector) {
        try (CpuDevice device = new CpuDevice(2, vector)) {
            for (int[] size : new int[][] {{0, 5}, {3, 0}, {0, 0}}) {
                List<KernelCase> cases = new ArrayList<>(KernelCase.all(size[0], size[1], random));
                cases.addAll(KernelCase.products(size[0], size[1]));
                for (KernelCase kernelCase : cases) {
                    double[][] exact = kernelCase.run(device, DType.F64, 1);
                    double[][] single = kernelCase.run(device, DType.F32, 1);
                    for (int t = 0; t < exact.length; t++) {
                        assertArrayEquals(exact[t], single[t], 1e-6, kernelCase + " tensor " + t);
                    }
                }
            }
        }
    }

    @Test
    void aProductOverNothingIsZero() {
        try (CpuDevice device = new CpuDevice(1, true); TensorArena arena = device.arena()) {
            Tensor c = arena.allocate(DType.F32, Shape.of(2, 2)).set(1.0, 2.0, 3.0, Double.NaN);
            Matrix a = Matrix.of(arena.allocate(DType.F32, Shape.of(2, 0)));
            Matrix b = Matrix.of(arena.allocate(DType.F32, Shape.of(0, 2)));
            device.kernels().gemm(false, false, 2, 2, 0, 1, a, b, 0, Matrix.of(c));
            assertArrayEquals(new double[4], c.toDoubles());
        }
    }

    @Test
    void plainProductsAgreeWithTheLibrary() {
        for (DType type : List.of(DType.F32, DType.F64)) {
            try (CpuDevice fast = new CpuDevice(2, true); CpuDevice plain = new CpuDevice(2, true, PLAIN)) {
                for (KernelCase kernelCase : KernelCase.products(150, 140)) {
                    double[] expected = kernelCase.run(plain, type, 4)[2];
                    double[] actual = kernelCase.run(fast, type, 4)[2];
                    assertArrayEquals(expected, actual, (type == DType.F32 ? 1e-6 : 1e-15) * largest(expected), kernelCase.toString());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void geluIsExact(boolean vector) {
        int n = 300;
        double[] x = random.doubles(n, -11, 11).map(v -> (float) v).toArray();
        try (CpuDevice device = new CpuDevice(1, vector); TensorArena arena = device.arena()) {
            for (DType type : List.of(DType.F32, DType.F64)) {
                Tensor y = arena.allocate(type, Shape.of(n));
                device.kernels().unary(Unary.GELU, arena.allocate(type, Shape.of(n)).set(x), y);
                double[] values = y.toDoubles();
                for (int i = 0; i < n; i++) {
                    double exact = x[i] * RealMath.normalCdf(x[i]);
                    double tolerance = type == DType.F64 ? 2e-15 : 8 * 0x1p-24 * (vector ? 1 : 0.125);
                    assertEquals(exact, values[i], Math.abs(exact) * tolerance, type + " GELU(" + x[i] + ")");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void functionsAreRightAtTheEnds(boolean vector) {
        float inf = Float.POSITIVE_INFINITY;
        try (CpuDevice device = new CpuDevice(1, vector)) {
            assertArrayEquals(new float[] {0, inf, Float.NaN, 0, 50}, values(device, Unary.GELU, -1e30f, inf, Float.NaN, -50, 50));
            assertArrayEquals(new float[] {0, inf, Float.NaN, 0}, values(device, Unary.RELU, -1e30f, inf, Float.NaN, -2));
            assertArrayEquals(new float[] {0, 1, Float.NaN, 0.5f}, values(device, Unary.SIGMOID, -inf, inf, Float.NaN, 0));
            assertArrayEquals(new float[] {0, inf, Float.NaN, 1}, values(device, Unary.EXP, -inf, inf, Float.NaN, 0));
            assertArrayEquals(new float[] {-1, 1, Float.NaN, 0}, values(device, Unary.TANH, -inf, inf, Float.NaN, 0));
        }
    }

    private static float[] values(CpuDevice device, Unary function, float... x) {
        try (TensorArena arena = device.arena()) {
            Tensor y = arena.allocate(DType.F32, Shape.of(x.length));
            device.kernels().unary(function, arena.allocate(DType.F32, Shape.of(x.length)).set(x), y);
            float[] values = y.toFloats();
            for (int i = 0; i < values.length; i++) {
                // the sign of a zero does not matter
                values[i] = values[i] == 0 ? 0 : values[i];
            }
            return values;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void layerNormOfConstantRowsIsTheBias(boolean vector) {
        int columns = 1001;
        try (CpuDevice device = new CpuDevice(1, vector); TensorArena arena = device.arena()) {
            for (double value : new double[] {0, 1 / 3.0, -1e4 / 7, 12_345_678.9}) {
                Tensor x = arena.allocate(DType.F32, Shape.of(2, columns));
                device.kernels().fill(x, value);
                Tensor gamma = arena.allocate(DType.F32, Shape.of(columns));
                device.kernels().fill(gamma, 3);
                Tensor beta = arena.allocate(DType.F32, Shape.of(columns));
                device.kernels().fill(beta, 0.25);
                Tensor y = arena.allocate(DType.F32, x.shape());
                Tensor mean = arena.allocate(DType.F32, Shape.of(2));
                Tensor rstd = arena.allocate(DType.F32, Shape.of(2));
                device.kernels().layerNorm(x, gamma, beta, 1e-5, y, mean, rstd);
                for (float v : y.toFloats()) {
                    assertEquals(0.25f, v, "constant " + value);
                }
                assertEquals((float) value, mean.toFloats()[1]);
                assertEquals((float) (1 / Math.sqrt(1e-5)), rstd.toFloats()[1]);
            }
        }
    }

    /** Rows of numbers near 1000 that differ by 1: what is left of them in float must be normalised right. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void layerNormFarFromZeroIsAccurate(boolean vector) {
        int columns = 384;
        try (CpuDevice device = new CpuDevice(1, vector); TensorArena arena = device.arena()) {
            double[] x = random.doubles(columns, 999.5, 1000.5).map(v -> (float) v).toArray();
            double[][] results = new double[2][];
            for (DType type : List.of(DType.F32, DType.F64)) {
                Tensor gamma = arena.allocate(type, Shape.of(columns));
                device.kernels().fill(gamma, 1);
                Tensor y = arena.allocate(type, Shape.of(1, columns));
                device.kernels().layerNorm(arena.allocate(type, y.shape()).set(x), gamma, arena.zeros(type, Shape.of(columns)), 1e-5, y,
                        arena.allocate(type, Shape.of(1)),
                        arena.allocate(type, Shape.of(1)));
                results[type.ordinal()] = y.toDoubles();
            }
            assertArrayEquals(results[DType.F64.ordinal()], results[DType.F32.ordinal()], 2e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void softmaxNeitherOverflowsNorLosesItsSum(boolean vector) {
        try (CpuDevice device = new CpuDevice(1, vector); TensorArena arena = device.arena()) {
            Tensor x = arena.allocate(DType.F32, Shape.of(2, 3)).set(3e38f, 3e38f, -3e38f, -1e4f, -1e4f, -1e4f);
            Tensor y = arena.allocate(DType.F32, x.shape());
            device.kernels().softmax(x, y);
            assertArrayEquals(new float[] {0.5f, 0.5f, 0, 1 / 3f, 1 / 3f, 1 / 3f}, y.toFloats(), 1e-7f);
            device.kernels().logSoftmax(x, y);
            assertEquals(-Math.log(2), y.toFloats()[0], 1e-7);
            assertEquals(-Math.log(3), y.toFloats()[5], 2e-7);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dropoutKeepsWhatItsRandomNumbersSay(boolean vector) {
        int n = 100_003;
        double rate = 0.1;
        try (CpuDevice device = new CpuDevice(2, vector); TensorArena arena = device.arena()) {
            Tensor x = arena.allocate(DType.F32, Shape.of(n));
            device.kernels().fill(x, 2);
            Tensor y = arena.zeros(DType.F32, Shape.of(n));
            long seed = 0xFEDCBA9876543210L;
            long stream = 0x8000000000000001L;
            device.kernels().dropoutAdd(x, new Dropout(rate, seed, stream), y);
            float[] values = y.toFloats();
            int dropped = 0;
            for (int i = 0; i < n; i++) {
                boolean kept = Philox.uniform(seed, stream, i) >= rate;
                assertEquals(kept ? (float) (2 / 0.9) : 0f, values[i], 3e-7f, "element " + i);
                dropped += kept ? 0 : 1;
            }
            assertEquals(rate * n, dropped, 5 * Math.sqrt(n * rate * (1 - rate)));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sumsOfSquaresKeepDoublePrecision(boolean vector) {
        int n = 200_001;
        try (CpuDevice device = new CpuDevice(2, vector); TensorArena arena = device.arena()) {
            double[] x = random.doubles(n, -1, 1).map(v -> (float) v).toArray();
            double expected = 0;
            for (double v : x) {
                expected += v * v;
            }
            assertEquals(expected, device.kernels().sumOfSquares(arena.allocate(DType.F32, Shape.of(n)).set(x)), 1e-12 * expected);
            // squares beyond the range of float
            Tensor large = arena.allocate(DType.F32, Shape.of(2)).set(1e30f, 1e-30f);
            assertEquals(1e60, device.kernels().sumOfSquares(large), 1e54);
            assertEquals(0, device.kernels().sumOfSquares(arena.allocate(DType.F32, Shape.of(0))));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSingleNumberThatIsNotFiniteIsFound(boolean vector) {
        int n = 70_001;
        try (CpuDevice device = new CpuDevice(2, vector); TensorArena arena = device.arena()) {
            for (DType type : List.of(DType.F32, DType.F64)) {
                Tensor x = arena.zeros(type, Shape.of(n));
                assertTrue(device.kernels().allFinite(x));
                for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                    for (int at : new int[] {0, 40_000, n - 1}) {
                        type.set(x.memory(), at, bad);
                        assertFalse(device.kernels().allFinite(x), bad + " at " + at);
                        type.set(x.memory(), at, 1);
                    }
                }
                assertTrue(device.kernels().allFinite(x));
            }
        }
    }

    /** Against the definitions, element by element. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsMeetTheirGroupsAndEdgesTheirEnds(boolean vector) {
        try (CpuDevice device = new CpuDevice(2, vector); TensorArena arena = device.arena()) {
            Kernels kernels = device.kernels();
            for (int trial = 0; trial < 20; trial++) {
                int rows = random.nextInt(1, 9);
                int k = random.nextInt(1, 7);
                int columns = random.nextInt(1, 40);
                int nodes = random.nextInt(1, 12);
                double[] members = numbers(rows * k * columns);
                double[] groups = numbers(rows * columns);
                double[] sources = numbers(nodes * columns);
                double[] weights = numbers(rows * k);
                int[] index = random.ints((long) rows * k, -1, nodes).toArray();
                double[] sums = groups.clone();
                double[] spread = members.clone();
                double[] dots = weights.clone();
                double[] ends = members.clone();
                for (int edge = 0; edge < rows * k; edge++) {
                    for (int c = 0; c < columns; c++) {
                        int member = edge * columns + c;
                        int group = edge / k * columns + c;
                        sums[group] += weights[edge] * members[member];
                        spread[member] += weights[edge] * groups[group];
                        dots[edge] += groups[group] * members[member];
                        ends[member] += groups[group] + (index[edge] < 0 ? 0 : sources[index[edge] * columns + c]);
                    }
                }
                Tensor x = arena.allocate(DType.F32, Shape.of(rows * k, columns)).set(members);
                Tensor y = arena.allocate(DType.F32, Shape.of(rows, columns)).set(groups);
                Tensor w = arena.allocate(DType.F32, Shape.of(rows, k)).set(weights);
                Tensor s = arena.allocate(DType.F32, Shape.of(nodes, columns)).set(sources);
                Tensor i = arena.allocate(DType.I32, Shape.of(rows, k)).set(index);
                Tensor sum = arena.allocate(DType.F32, y.shape()).set(groups);
                kernels.sumGroups(x, w, true, sum);
                assertArrayEquals(sums, sum.toDoubles(), 2e-5);
                Tensor wide = arena.allocate(DType.F32, x.shape()).set(members);
                kernels.spreadGroups(y, w, true, wide);
                assertArrayEquals(spread, wide.toDoubles(), 2e-5);
                kernels.addEndpoints(x, y, s, i, wide);
                assertArrayEquals(ends, wide.toDoubles(), 2e-5);
                kernels.dotGroupsAdd(y, x, w);
                assertArrayEquals(dots, w.toDoubles(), 1e-4);
            }
        }
    }

    private double[] numbers(int n) {
        return random.doubles(n, -2, 2).map(v -> (float) v).toArray();
    }

    @Test
    void castConvertsBetweenTypes() {
        try (CpuDevice device = new CpuDevice(1, true); TensorArena arena = device.arena()) {
            Tensor doubles = arena.allocate(DType.F64, Shape.of(3)).set(0.1, -2.9, 1e300);
            Tensor floats = arena.allocate(DType.F32, Shape.of(3));
            Tensor ints = arena.allocate(DType.I32, Shape.of(3));
            device.kernels().cast(doubles, floats);
            assertArrayEquals(new float[] {0.1f, -2.9f, Float.POSITIVE_INFINITY}, floats.toFloats());
            device.kernels().cast(doubles, ints);
            assertEquals(-2, ints.intAt(1));
        }
    }

    @Test
    void wrongArgumentsAreRefused() {
        try (CpuDevice device = new CpuDevice(1, true); TensorArena arena = device.arena()) {
            Kernels kernels = device.kernels();
            Tensor x = arena.zeros(DType.F32, Shape.of(4, 3));
            Tensor y = arena.zeros(DType.F32, Shape.of(3, 3));
            Tensor d = arena.zeros(DType.F64, Shape.of(4, 3));
            Tensor index = arena.allocate(DType.I32, Shape.of(4)).set(0, 1, 2, 4);
            assertThrows(IllegalArgumentException.class, () -> kernels.copy(x, y));
            assertThrows(IllegalArgumentException.class, () -> kernels.copy(x, d));
            assertThrows(IllegalArgumentException.class, () -> kernels.axpby(1, x, 1, d));
            assertThrows(IllegalArgumentException.class, () -> kernels.axpby(1, index, 1, index));
            assertThrows(IllegalArgumentException.class, () -> kernels.add(x, y, Broadcast.NONE, x));
            assertThrows(IllegalArgumentException.class, () -> kernels.add(x, y, Broadcast.ROW, x));
            assertThrows(IllegalArgumentException.class, () -> kernels.reduceAdd(x, null, Broadcast.COLUMN, y));
            assertThrows(IllegalArgumentException.class, () -> kernels.copyColumns(x, 1, x, 0, 3, false));
            assertThrows(IllegalArgumentException.class, () -> kernels.gatherRows(x, arena.zeros(DType.I32, Shape.of(4)), y));
            assertThrows(IndexOutOfBoundsException.class, () -> kernels.gatherRows(x, index, x));
            assertThrows(IllegalArgumentException.class, () -> kernels.gatherRows(x, x, x));
            assertThrows(IllegalArgumentException.class, () -> kernels.gatherRows(d, arena.zeros(DType.I32, Shape.of(4)), x));
            assertThrows(IllegalArgumentException.class, () -> kernels.gemm(false, false, 4, 3, 4, 1, Matrix.of(x), Matrix.of(y), 0, Matrix.of(x)));
            assertThrows(IllegalArgumentException.class, () -> kernels.gemm(false, false, 4, 3, 3, 1, Matrix.of(x), Matrix.of(d), 0, Matrix.of(x)));
            assertThrows(IllegalArgumentException.class, () -> kernels.gemm(false, false, 1, 3, 3, 1, new Matrix(x, -1, 3), Matrix.of(y), 0, Matrix.of(x)));
            assertThrows(IllegalArgumentException.class, () -> kernels.gemm(false, false, 2, 3, 3, 1, new Matrix(x, 0, 2), Matrix.of(y), 0, Matrix.of(x)));
        }
    }
}
