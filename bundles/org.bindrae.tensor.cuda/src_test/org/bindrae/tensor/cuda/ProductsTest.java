package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.InputGradient;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.RealMath;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products on the emulator against sums in double precision. */
class ProductsTest {
    @AutoClose
    private final EmulatedCard card = new EmulatedCard();
    private final CudaDevice device = card.device;
    private final TensorArena arena = card.arena;

    /** A matrix somewhere in a larger tensor, with what lies around it. */
    private final class Operand {
        private final int stride;
        private final int offset;
        private final double[] values;
        private final Tensor tensor;

        Operand(DType dtype, int rows, int columns, SplittableRandom random) {
            boolean aligned = random.nextBoolean();
            stride = columns + (aligned ? (4 - columns % 4) % 4 + 4 * random.nextInt(3) : random.nextInt(4));
            offset = aligned ? 4 * random.nextInt(3) : random.nextInt(4);
            values = new double[offset + rows * stride];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-1, 1);
            }
            tensor = arena.allocate(dtype, Shape.of(values.length)).set(values);
        }

        double at(int row, int column) {
            return values[offset + row * stride + column];
        }

        double at(boolean transposed, int row, int column) {
            return transposed ? at(column, row) : at(row, column);
        }

        Matrix matrix() {
            return new Matrix(tensor, offset, stride);
        }
    }

    /** How far a sum may be from the true one, for summands whose squares add up to {@code squares}; sums beyond one are rounded in proportion. */
    private static double tolerance(Precision precision, int k, double sum, double squares) {
        double single = 1e-6 * Math.sqrt(k + 1) * Math.max(1, Math.abs(sum));
        return switch (precision) {
            case FP64 -> 1e-13 * (k + 1);
            case FP32 -> single;
            case TF32 -> 6 * 0x1p-11 * Math.sqrt(squares) + single;
            case BF16 -> 6 * 0x1p-8 * Math.sqrt(squares) + single;
        };
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void productsOfAnySizeOrderAndStrideAgreeWithDoublePrecision(Precision precision) {
        Products products = new Products(device.withPrecision(precision));
        SplittableRandom random = new SplittableRandom(precision.ordinal());
        for (int round = 0; round < 16; round++) {
            boolean transposeA = (round & 1) != 0;
            boolean transposeB = (round & 2) != 0;
            int m = size(random);
            int n = size(random);
            int k = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(1, 200);
            double alpha = round % 3 == 0 ? 1 : random.nextDouble(-2, 2);
            double beta = new double[] {0, 1, -0.5}[round % 3];
            Operand a = new Operand(precision.dtype(), transposeA ? k : m, transposeA ? m : k, random);
            Operand b = new Operand(precision.dtype(), transposeB ? n : k, transposeB ? k : n, random);
            Operand c = new Operand(precision.dtype(), m, n, random);
            products.gemm(transposeA, transposeB, m, n, k, alpha, a.matrix(), b.matrix(), beta, c.matrix());
            check(precision, transposeA, transposeB, m, n, k, alpha, a, b, beta, c, "round " + round);
        }
    }

    private static int size(SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> random.nextInt(1, 8);
            case 1 -> 64 * random.nextInt(1, 3);
            default -> random.nextInt(1, 150);
        };
    }

    private void check(Precision precision, boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Operand a, Operand b, double beta,
            Operand c, String message) {
        double[] actual = c.tensor.toDoubles();
        double[] expected = c.values.clone();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double squares = 0;
                for (int l = 0; l < k; l++) {
                    double term = a.at(transposeA, i, l) * b.at(transposeB, l, j);
                    sum += term;
                    squares += term * term;
                }
                int at = c.offset + i * c.stride + j;
                expected[at] = alpha * sum + beta * c.values[at];
                assertEquals(expected[at], actual[at], Math.max(1, Math.abs(alpha)) * tolerance(precision, k, sum, squares),
                        () -> message + ": " + m + "×" + n + "×" + k + " " + transposeA + " " + transposeB);
                expected[at] = actual[at];
            }
        }
        assertArrayEquals(expected, actual, message + ": elements around the result");
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = "FP64", mode = EnumSource.Mode.EXCLUDE)
    void everyTileAndNumberOfSlicesGivesTheSameSums(Precision precision) {
        CudaDevice view = device.withPrecision(precision);
        GemmKernels kernels = new GemmKernels(view, GemmPrecision.of(precision, DType.F32));
        SplittableRandom random = new SplittableRandom(5);
        int m = 131;
        int n = 76;
        int k = 170;
        for (boolean transposeA : new boolean[] {false, true}) {
            for (boolean transposeB : new boolean[] {false, true}) {
                Operand a = new Operand(DType.F32, transposeA ? k : m, transposeA ? m : k, random);
                Operand b = new Operand(DType.F32, transposeB ? n : k, transposeB ? k : n, random);
                for (GemmTile tile : GemmTile.values()) {
                    if (transposeA && transposeB && tile != GemmTile.SMALL) {
                        continue;
                    }
                    double[] oneSlice = null;
                    for (int slices : new int[] {1, 2, 5}) {
                        Operand c = new Operand(DType.F32, m, n, new SplittableRandom(6));
                        GemmProblem problem = GemmProblem.of(transposeA, transposeB, m, n, k, 1, a.matrix(), b.matrix(), 1, c.matrix());
                        kernels.launch(problem, new GemmPlan(tile, slices, false));
                        check(precision, transposeA, transposeB, m, n, k, 1, a, b, 1, c, tile + " in " + slices);
                        double[] once = c.tensor.toDoubles();
                        c.tensor.set(c.values);
                        kernels.launch(problem, new GemmPlan(tile, slices, false));
                        assertArrayEquals(once, c.tensor.toDoubles(), "repeat");
                        oneSlice = slices == 1 ? once : oneSlice;
                    }
                    // tiles only group elements: no bit depends on them
                    Operand c = new Operand(DType.F32, m, n, new SplittableRandom(6));
                    kernels.launch(GemmProblem.of(transposeA, transposeB, m, n, k, 1, a.matrix(), b.matrix(), 1, c.matrix()),
                            new GemmPlan(GemmTile.SMALL, 1, false));
                    assertArrayEquals(c.tensor.toDoubles(), oneSlice, tile.toString());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void linearMapsAddTheirBiasAndApplyGelu(Precision precision) {
        CudaDevice view = device.withPrecision(precision);
        Products products = new Products(view);
        SplittableRandom random = new SplittableRandom(3);
        for (int out : new int[] {14, 72}) {
            int rows = 70;
            int in = 50;
            Tensor x = card.random(precision.dtype(), random, rows, in);
            Tensor weight = card.random(precision.dtype(), random, out, in);
            Tensor bias = card.random(precision.dtype(), random, out);
            Tensor y = arena.allocate(precision.dtype(), Shape.of(rows, out));
            Tensor pre = arena.allocate(precision.dtype(), Shape.of(rows, out));
            products.linear(x, weight, bias, y);
            double[] plain = y.toDoubles();
            double[] expected = product(x.toDoubles(), weight.toDoubles(), bias.toDoubles(), rows, out, in);
            double[] activated = new double[plain.length];
            Dropout dropout = random.nextBoolean() ? Dropout.NONE : new Dropout(0.4, random.nextLong(), random.nextLong());
            products.linearGelu(x, weight, bias, dropout, pre, y);
            assertArrayEquals(plain, pre.toDoubles(), 0, "pre-activation");
            double[] factors = new double[plain.length];
            for (int i = 0; i < plain.length; i++) {
                factors[i] = Philox.uniform(dropout.seed(), dropout.stream(), i) < dropout.rate() ? 0 : 1 / (1 - dropout.rate());
                activated[i] = factors[i] * plain[i] * RealMath.normalCdf(plain[i]);
            }
            double small = precision == Precision.FP64 ? 1e-12 : 1e-6;
            assertArrayEquals(expected, plain, tolerance(precision, in, 1, in / 4.0), "sums");
            assertArrayEquals(activated, y.toDoubles(), small, "GELU");

            Tensor dy = random(precision, random, rows, 20);
            Tensor second = random(precision, random, 20, out);
            Tensor through = arena.allocate(precision.dtype(), Shape.of(rows, out));
            products.gemm(false, false, rows, out, 20, 1, Matrix.of(dy), Matrix.of(second), 0, Matrix.of(through));
            double[] gradient = through.toDoubles();
            products.linearGeluBackward(dy, second, pre, dropout, through);
            double[] once = through.toDoubles();
            for (int i = 0; i < gradient.length; i++) {
                double slope = RealMath.normalCdf(plain[i]) + plain[i] * RealMath.normalDensity(plain[i]);
                assertEquals(factors[i] * gradient[i] * slope, once[i], 4 * small, "GELU'");
            }
        }
    }

    private static double[] product(double[] x, double[] weight, double[] bias, int rows, int out, int in) {
        double[] y = new double[rows * out];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < out; j++) {
                double sum = bias[j];
                for (int l = 0; l < in; l++) {
                    sum += x[i * in + l] * weight[j * in + l];
                }
                y[i * out + j] = sum;
            }
        }
        return y;
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aGroupIsFewLaunchesWithTheResultsOfSingleProducts(Precision precision) {
        Products products = new Products(device.withPrecision(precision));
        SplittableRandom random = new SplittableRandom(9);
        List<Products.Problem> problems = new ArrayList<>();
        List<Runnable> checks = new ArrayList<>();
        // products of heads, which lie side by side
        int heads = 5;
        Operand x = new Operand(precision.dtype(), 70, heads * 12, random);
        Operand weight = new Operand(precision.dtype(), heads * 12, 9, random);
        Operand y = new Operand(precision.dtype(), 70, heads * 9, random);
        double[] before = y.values.clone();
        for (int h = 0; h < heads; h++) {
            problems.add(new Products.Problem(false, false, 70, 9, 12, 1, new Matrix(x.tensor, x.offset + h * 12, x.stride),
                    new Matrix(weight.tensor, weight.offset + h * 12 * weight.stride, weight.stride), 1, new Matrix(y.tensor, y.offset + h * 9, y.stride)));
        }
        checks.add(() -> {
            double[] actual = y.tensor.toDoubles();
            for (int i = 0; i < 70; i++) {
                for (int j = 0; j < heads * 9; j++) {
                    double sum = before[y.offset + i * y.stride + j];
                    double squares = 0;
                    for (int l = 0; l < 12; l++) {
                        double term = x.at(i, j / 9 * 12 + l) * weight.at(j / 9 * 12 + l, j % 9);
                        sum += term;
                        squares += term * term;
                    }
                    assertEquals(sum, actual[y.offset + i * y.stride + j], tolerance(precision, 12, sum, squares), "head");
                }
            }
        });
        // five of other sizes, of which one has nothing to add, one no elements and one many steps
        int[][] sizes = {{65, 3, 40}, {1, 130, 33}, {4, 4, 0}, {0, 5, 7}, {64, 9, 700}};
        for (int[] size : sizes) {
            Operand a = new Operand(precision.dtype(), size[0], size[2], random);
            Operand b = new Operand(precision.dtype(), size[2], size[1], random);
            Operand c = new Operand(precision.dtype(), size[0], size[1], random);
            problems.add(new Products.Problem(false, false, size[0], size[1], size[2], 0.5, a.matrix(), b.matrix(), 0, c.matrix()));
            checks.add(() -> check(precision, false, false, size[0], size[1], size[2], 0.5, a, b, 0, c, "group"));
        }
        Operand a = new Operand(precision.dtype(), 40, 30, random);
        Operand b = new Operand(precision.dtype(), 20, 40, random);
        Operand c = new Operand(precision.dtype(), 30, 20, random);
        problems.add(new Products.Problem(true, true, 30, 20, 40, 1, a.matrix(), b.matrix(), 0, c.matrix()));
        checks.add(() -> check(precision, true, true, 30, 20, 40, 1, a, b, 0, c, "transposed"));

        int launches = card.driver.launches();
        products.grouped(problems);
        device.synchronize();
        if (precision != Precision.FP64) {
            // five of one kind in two launches, counters cleared once, and the transposed one
            assertTrue(card.driver.launches() - launches <= 4, () -> "launches: " + (card.driver.launches() - launches));
        }
        checks.forEach(Runnable::run);
    }

    /** The gradients of two inputs, the first one's of five maps of which one is small, the second one's new. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void gradientsOfOneInputAreOneSum(Precision precision) {
        Products products = new Products(device.withPrecision(precision));
        SplittableRandom random = new SplittableRandom(13);
        int rows = 98;
        int in = 90;
        int[] outs = {92, 3, 100, 93, 141, 120};
        Tensor first = random(precision, random, rows, in);
        Tensor second = random(precision, random, rows, in);
        double[][] expected = {first.toDoubles(), new double[rows * in]};
        double[] squares = new double[2];
        List<InputGradient> gradients = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            int out = outs[i % outs.length];
            Tensor dy = random(precision, random, rows, out);
            Tensor weight = random(precision, random, out, in);
            int to = i < 6 ? 0 : 1;
            gradients.add(new InputGradient(dy, weight, i != 6, to == 0 ? first : second));
            add(dy.toDoubles(), weight.toDoubles(), rows, in, out, expected[to]);
            squares[to] += out / 9.0;
        }
        int launches = driver.launches();
        products.inputGradients(gradients);
        device.synchronize();
        int most = switch (precision) {
            case FP64 -> 9;
            // six of one sum and three of the other
            case FP32, TF32 -> 3;
            // and the small ones, which have another precision
            case BF16 -> 5;
        };
        int counters = precision == Precision.FP64 ? 0 : 1;
        assertTrue(driver.launches() - launches <= most + counters, () -> "launches: " + (driver.launches() - launches));
        double[][] once = {first.toDoubles(), second.toDoubles()};
        for (int to = 0; to < 2; to++) {
            for (int i = 0; i < rows * in; i++) {
                assertEquals(expected[to][i], once[to][i], tolerance(precision, 600, expected[to][i], squares[to]), "sum " + to);
            }
        }
    }

    private static void add(double[] dy, double[] weight, int rows, int in, int out, double[] dx) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < in; j++) {
                for (int l = 0; l < out; l++) {
                    dx[i * in + j] += dy[i * out + l] * weight[l * in + j];
                }
            }
        }
    }

    /** Terms of whole steps: the sum has the bits of one product whose k are those of all terms. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = "FP64", mode = EnumSource.Mode.EXCLUDE)
    void aSumHasTheBitsOfOneLongProduct(Precision precision) {
        GemmPrecision single = GemmPrecision.of(precision, DType.F32);
        GemmKernels kernels = new GemmKernels(device.withPrecision(precision), single);
        SplittableRandom random = new SplittableRandom(16);
        int m = 100;
        int n = 91;
        int[] sizes = {32, 96, 64, 21};
        int k = 213;
        Tensor a = random(precision, random, m, k);
        Tensor b = random(precision, random, k, n);
        Tensor sum = random(precision, random, m, n);
        double[] old = sum.toDoubles();
        List<GemmProblem> terms = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            terms.add(GemmProblem.of(false, false, m, n, size, 1, new Matrix(a, from, k), new Matrix(b, from * n, n), 1, Matrix.of(sum)));
            from += size;
        }
        for (int slices : new int[] {1, 2, 4, 7}) {
            GemmPlan plan = new GemmPlan(GemmTile.SMALL, slices, false);
            sum.set(old);
            kernels.launch(GemmProblem.of(false, false, m, n, k, 1, Matrix.of(a), Matrix.of(b), 1, Matrix.of(sum)), plan);
            double[] expected = sum.toDoubles();
            sum.set(old);
            kernels.launchSums(List.of(new GemmSum(terms, single)), plan);
            assertArrayEquals(expected, sum.toDoubles(), slices + " slices");
        }
    }

    @Test
    void sumsOfEqualSizesShareALaunch() {
        Products products = new Products(device);
        SplittableRandom random = new SplittableRandom(14);
        Tensor wide = random(Precision.FP32, random, 70, 32);
        Tensor narrow = random(Precision.FP32, random, 70, 8);
        Tensor down = random(Precision.FP32, random, 32, 66);
        Tensor bias = random(Precision.FP32, random, 8, 66);
        Tensor first = random(Precision.FP32, random, 70, 66);
        Tensor second = random(Precision.FP32, random, 70, 66);
        double[][] expected = {first.toDoubles(), new double[70 * 66]};
        for (double[] sum : expected) {
            add(wide.toDoubles(), down.toDoubles(), 70, 66, 32, sum);
            add(narrow.toDoubles(), bias.toDoubles(), 70, 66, 8, sum);
        }
        int launches = driver.launches();
        products.inputGradients(List.of(new InputGradient(wide, down, true, first), new InputGradient(narrow, bias, true, first),
                new InputGradient(wide, down, false, second), new InputGradient(narrow, bias, true, second)));
        device.synchronize();
        assertEquals(1, driver.launches() - launches);
        assertArrayEquals(expected[0], first.toDoubles(), 1e-5);
        assertArrayEquals(expected[1], second.toDoubles(), 1e-5);
    }

    @Test
    void anotherViewOfAGradientIsAddedAfterwards() {
        Products products = new Products(device);
        SplittableRandom random = new SplittableRandom(15);
        Tensor sum = random(Precision.FP32, random, 10, 6);
        Tensor dy = random(Precision.FP32, random, 10, 5);
        Tensor weight = random(Precision.FP32, random, 5, 6);
        Tensor otherDy = random(Precision.FP32, random, 20, 7);
        Tensor otherWeight = random(Precision.FP32, random, 7, 3);
        double[] expected = sum.toDoubles();
        add(dy.toDoubles(), weight.toDoubles(), 10, 6, 5, expected);
        add(otherDy.toDoubles(), otherWeight.toDoubles(), 20, 3, 7, expected);
        products.inputGradients(List.of(new InputGradient(dy, weight, true, sum), new InputGradient(otherDy, otherWeight, true, sum.reshape(20, 3))));
        assertArrayEquals(expected, sum.toDoubles(), 1e-5);
    }

    @ParameterizedTest
    @CsvSource({"BF16, 1100, 384, 2048, 1696, 1, '128x128 in 4 slices, wide'", "TF32, 2200, 128, 8, 32, 2, '64x64, wide'",
            "BF16, 32768, 384, 2048, 1696, 1, '128x128, wide'"})
    void thePlanOfSumsFillsTheCard(GemmPrecision precision, int m, int n, int k1, int k2, int count, String plan) {
        Matrix any = Matrix.of(arena.allocate(DType.F32, Shape.of(4, 4096)));
        GemmSum sum = new GemmSum(List.of(GemmProblem.of(false, false, m, n, k1, 1, any, any, 0, any), GemmProblem.of(false, false, m, n, k2, 1, any, any, 1,
                any)), precision);
        assertEquals(plan, GemmPlan.ofSums(sum, count, true).toString());
        assertFalse(GemmPlan.ofSums(sum, count, false).wide());
    }

    @Test
    void noElementsNeedNoLaunch() {
        Products products = new Products(device);
        Tensor none = arena.allocate(DType.F32, Shape.of(0, 5));
        Tensor some = arena.allocate(DType.F32, Shape.of(5, 5)).set(new double[25]);
        int launches = card.driver.launches();
        products.gemm(false, false, 0, 5, 5, 1, Matrix.of(none), Matrix.of(some), 0, Matrix.of(none));
        products.grouped(List.of());
        products.inputGradients(List.of(new InputGradient(none, some, false, none)));
        assertEquals(launches, card.driver.launches());
    }

    @Test
    void aMatrixBeyondItsTensorIsRefused() {
        Products products = new Products(device);
        Tensor x = arena.allocate(DType.F32, Shape.of(4, 5));
        Tensor y = arena.allocate(DType.F32, Shape.of(4, 4));
        String message = assertThrows(IllegalArgumentException.class,
                () -> products.gemm(false, true, 4, 4, 5, 1, Matrix.of(x), new Matrix(x, 1, 5), 0, Matrix.of(y))).getMessage();
        assertTrue(message.startsWith("b of 4×5 elements at 1 with stride 5"), message);
        Tensor wide = arena.allocate(DType.F64, Shape.of(4, 5));
        assertThrows(IllegalArgumentException.class, () -> products.gemm(false, true, 4, 4, 5, 1, Matrix.of(x), Matrix.of(wide), 0, Matrix.of(y)));
    }

    @Test
    void theCheckForCardsPasses() {
        List<VectorRow> rows = ProductCheck.run(device);
        assertTrue(rows.size() > 50);
        assertEquals(List.of(), rows.stream().filter(row -> !row.passes()).toList());
    }

    @Test
    void tuningChoosesOneWayOnceAndKeepsIt() {
        System.setProperty(GemmTuner.PROPERTY, "true");
        try {
            Products products = new Products(device);
            SplittableRandom random = new SplittableRandom(11);
            Operand a = new Operand(DType.F32, 20, 300, random);
            Operand b = new Operand(DType.F32, 300, 10, random);
            Operand c = new Operand(DType.F32, 20, 10, random);
            products.gemm(false, false, 20, 10, 300, 1, a.matrix(), b.matrix(), 1, c.matrix());
            check(Precision.FP32, false, false, 20, 10, 300, 1, a, b, 1, c, "tuned");
            int launches = card.driver.launches();
            products.gemm(false, false, 20, 10, 300, 1, a.matrix(), b.matrix(), 1, c.matrix());
            device.synchronize();
            assertEquals(1, card.driver.launches() - launches);
            assertEquals("no cuBLASLt without a card", products.libraryState());
        } finally {
            System.clearProperty(GemmTuner.PROPERTY);
        }
    }

    @Test
    void aSettingThatNamesNoLibraryIsSaid() {
        System.setProperty(CublasLtLibrary.PROPERTY, "/nowhere");
        try {
            assertTrue(CublasLtLibrary.find().isEmpty());
            assertTrue(CublasLtLibrary.missing().endsWith("at bindrae.cuda.cublas=/nowhere"), CublasLtLibrary.missing());
        } finally {
            System.clearProperty(CublasLtLibrary.PROPERTY);
        }
    }

    /** What was measured as the fastest, or within some percent of it, on an H200. */
    @ParameterizedTest
    @CsvSource({"false, BF16, 384, 384, '64x64 | 64x64 | 64x64 in 6 slices'", "false, TF32, 384, 384, '64x64 | 64x64 | 64x64 in 6 slices'",
            "false, BF16, 384, 1536, '128x64 | 64x64 in 2 slices | 64x64 in 2 slices'", "false, BF16, 384, 3744, '128x64 | 64x64 in 6 slices | 64x64'",
            "false, TF32, 384, 3744, '128x64 | 64x64 in 6 slices | 64x64'",
            "true, BF16, 384, 384, '64x64, wide | 64x64, wide | 64x64 in 2 slices, wide'",
            "true, BF16, 384, 3744, '128x128, wide | 128x128 in 4 slices, wide | 128x128, wide'",
            "true, TF32, 384, 384, '128x128 in 4 slices, wide | 128x128 in 4 slices, wide | 64x64 in 4 slices, wide'",
            "true, TF32, 384, 3744, '128x128, wide | 128x128 in 4 slices, wide | 128x128, wide'",
            "true, BF16, 1664, 384, '128x128 in 4 slices, wide | 128x128, wide | 128x128 in 2 slices, wide'"})
    void thePlanOfTheMainShapesIsTheFastest(boolean wide, GemmPrecision precision, int in, int out, String plans) {
        Tensor data = arena.allocate(DType.F32, Shape.of(1100, 3744));
        Matrix any = Matrix.of(data);
        GemmProblem forward = GemmProblem.of(false, true, 1100, out, in, 1, any, any, 0, any);
        GemmProblem input = GemmProblem.of(false, false, 1100, in, out, 1, any, any, 0, any);
        GemmProblem weights = GemmProblem.of(true, false, out, in, 1100, 1, any, any, 1, any);
        assertEquals(plans, String.join(" | ", List.of(forward, input, weights).stream().map(p -> GemmPlan.of(p, precision, wide).toString()).toList()));
    }

    @Test
    void warpgroupsComputeWhatIsReadByFoursOnTensorCores() {
        Tensor data = arena.allocate(DType.F32, Shape.of(400, 400));
        GemmProblem aligned = GemmProblem.of(false, true, 400, 384, 384, 1, Matrix.of(data), Matrix.of(data), 0, Matrix.of(data));
        GemmProblem shifted = GemmProblem.of(false, true, 300, 384, 384, 1, new Matrix(data, 1, 400), Matrix.of(data), 0, Matrix.of(data));
        GemmProblem bothTransposed = GemmProblem.of(true, true, 384, 384, 384, 1, Matrix.of(data), Matrix.of(data), 0, Matrix.of(data));
        assertTrue(GemmPlan.of(aligned, GemmPrecision.TF32, true).wide());
        assertFalse(GemmPlan.of(aligned, GemmPrecision.TF32, false).wide());
        assertFalse(GemmPlan.of(aligned, GemmPrecision.F32, true).wide());
        assertFalse(GemmPlan.of(shifted, GemmPrecision.TF32, true).wide());
        assertFalse(GemmPlan.of(bothTransposed, GemmPrecision.TF32, true).wide());
        assertTrue(GemmPlan.ofGroup(List.of(aligned, aligned), GemmPrecision.BF16, true).wide());
        assertFalse(GemmPlan.ofGroup(List.of(aligned, shifted), GemmPrecision.BF16, true).wide());
    }

    /** What was measured as the fastest. */
    @ParameterizedTest
    @EnumSource(value = GemmPrecision.class, names = {"TF32", "BF16"})
    void groupsTakeLargeTilesWhereThereAreEnoughOfThem(GemmPrecision precision) {
        Matrix any = Matrix.of(arena.allocate(DType.F32, Shape.of(1100, 1536)));
        GemmProblem others = GemmProblem.of(true, false, 1536, 384, 366, 1, any, any, 1, any);
        GemmProblem forward = GemmProblem.of(false, true, 1100, 384, 384, 1, any, any, 0, any);
        GemmProblem weights = GemmProblem.of(true, false, 384, 384, 1100, 1, any, any, 1, any);
        assertEquals(GemmTile.LARGE, GemmPlan.ofGroup(List.of(forward, forward, forward, forward), precision, true).tile());
        assertEquals(GemmTile.SMALL, GemmPlan.ofGroup(List.of(weights, weights, weights, others), precision, true).tile());
    }

    @Test
    void thePlanLooksAtTheShapeOnlyAndFillsTheCard() {
        Tensor data = arena.allocate(DType.F32, Shape.of(1100, 3744));
        Matrix any = Matrix.of(data);
        for (GemmPrecision precision : new GemmPrecision[] {GemmPrecision.F32, GemmPrecision.TF32, GemmPrecision.BF16}) {
            for (int n : new int[] {384, 1536, 3744}) {
                GemmProblem forward = GemmProblem.of(false, true, 1100, n, 384, 1, any, any, 0, any);
                GemmProblem weights = GemmProblem.of(true, false, n, 384, 1100, 1, any, any, 1, any);
                for (GemmProblem problem : List.of(forward, weights)) {
                    GemmPlan plan = GemmPlan.of(problem, precision, false);
                    assertEquals(plan, GemmPlan.of(problem, precision, false));
                    assertTrue(plan.tile().tiles(problem.m(), problem.n()) * plan.slices() >= 100, () -> problem.m() + "×" + problem.n() + ": " + plan);
                }
            }
        }
    }
}
