package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.osgi.service.component.annotations.Component;

/** Compares products and gradients of linear maps of a device, in all precisions and ways, with sums in double precision on the host. */
@Component
public final class ProductCheck implements DeviceCheck {
    private static final long SEED = 20260101;

    /** A product with its sizes, and the elements by which strides and offsets exceed what is needed. */
    private record Case(boolean transposeA, boolean transposeB, int m, int n, int k, int gap) {
        @Override
        public String toString() {
            return m + "×" + n + "×" + k + " " + (transposeA ? "t" : "n") + (transposeB ? "t" : "n") + (gap == 0 ? "" : ", strides + " + gap);
        }
    }

    /** A sum of products, or several alike, whose operands lie so many elements from where they would be aligned. */
    private record SumCase(int m, int n, List<Integer> k, int count, int gap) {
        int steps() {
            return k.stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public String toString() {
            return (count == 1 ? "" : count + " × ") + m + "×" + n + "×" + k + (gap == 0 ? "" : ", strides + " + gap);
        }
    }

    @Override
    public String subject() {
        return "matrix products";
    }

    @Override
    public boolean applies(Device device) {
        return device instanceof CudaDevice;
    }

    /** All comparisons, in every precision; a second or two on a card. Errors are relative to the root of the sum of squares of the summands. */
    @Override
    public List<VectorRow> run(Device device, HostDevice host) {
        return run((CudaDevice) device);
    }

    static List<VectorRow> run(CudaDevice device) {
        List<VectorRow> rows = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            CudaDevice view = device.withPrecision(precision);
            Products products = new Products(view);
            for (Case c : List.of(new Case(false, true, 150, 136, 96, 0), new Case(false, false, 67, 192, 100, 0), new Case(true, false, 72, 132, 500, 0),
                    new Case(true, true, 65, 67, 129, 0), new Case(false, true, 131, 14, 77, 1), new Case(true, false, 3, 65, 301, 3),
                    new Case(false, false, 130, 1, 48, 4))) {
                check(view, products, c, rows);
            }
            if (precision.dtype() == DType.F32) {
                for (SumCase c : List.of(new SumCase(150, 136, List.of(96, 8, 200, 36), 1, 0), new SumCase(67, 132, List.of(100, 4), 2, 0),
                        new SumCase(70, 40, List.of(64, 0, 24), 1, 0), new SumCase(129, 260, List.of(48), 4, 0),
                        new SumCase(131, 77, List.of(33, 1, 70), 1, 1), new SumCase(66, 65, List.of(129, 2), 2, 3))) {
                    check(view, c, rows);
                }
                GradientCheck.run(view, rows);
            }
        }
        return rows;
    }

    private static void check(CudaDevice device, Products products, Case c, List<VectorRow> rows) {
        DType dtype = device.precision().dtype();
        int strideA = (c.transposeA ? c.m : c.k) + c.gap;
        int strideB = (c.transposeB ? c.k : c.n) + c.gap;
        int strideC = c.n + c.gap;
        double[] a = random((c.transposeA ? c.k : c.m) * strideA + c.gap, 1);
        double[] b = random((c.transposeB ? c.n : c.k) * strideB + c.gap, 2);
        double[] old = random(c.m * strideC + c.gap, 3);
        double[] expected = old.clone();
        double[] size = new double[old.length];
        double alpha = 0.75;
        double beta = c.gap == 0 ? 1 : 0.5;
        for (int i = 0; i < c.m; i++) {
            for (int j = 0; j < c.n; j++) {
                double sum = 0;
                double squares = 0;
                for (int l = 0; l < c.k; l++) {
                    double term = a[c.gap + (c.transposeA ? l * strideA + i : i * strideA + l)] * b[c.gap + (c.transposeB ? j * strideB + l : l * strideB + j)];
                    sum += term;
                    squares += term * term;
                }
                int at = c.gap + i * strideC + j;
                expected[at] = alpha * sum + beta * old[at];
                size[at] = Math.sqrt(squares) + Math.abs(old[at]);
            }
        }
        try (TensorArena arena = device.arena()) {
            Tensor left = arena.allocate(dtype, Shape.of(a.length)).set(a);
            Tensor right = arena.allocate(dtype, Shape.of(b.length)).set(b);
            Tensor result = arena.allocate(dtype, Shape.of(old.length));
            GemmProblem problem = GemmProblem.of(c.transposeA, c.transposeB, c.m, c.n, c.k, alpha, new Matrix(left, c.gap, strideA),
                    new Matrix(right, c.gap, strideB), beta, new Matrix(result, c.gap, strideC));
            for (GemmTuner.Way way : products.ways(problem)) {
                result.set(old);
                products.launch(problem, way);
                rows.add(new VectorRow(name(c, device, way), error(result.toDoubles(), expected, size, dtype), tolerance(device.precision(), c.k)));
            }
        }
    }

    private static void check(CudaDevice device, SumCase c, List<VectorRow> rows) {
        GemmKernels kernels = new GemmKernels(device, GemmPrecision.of(device.precision(), DType.F32));
        int strideC = c.n + c.gap;
        int length = c.gap + c.m * strideC;
        try (TensorArena arena = device.arena()) {
            List<GemmSum> sums = new ArrayList<>();
            List<Tensor> results = new ArrayList<>();
            List<double[]> before = new ArrayList<>();
            List<double[]> expected = new ArrayList<>();
            List<double[]> size = new ArrayList<>();
            for (int s = 0; s < c.count; s++) {
                double beta = s % 2 == 0 ? 1 : 0;
                double[] old = random(length, 100 + s);
                double[] sum = old.clone();
                double[] squares = new double[length];
                Tensor result = arena.allocate(DType.F32, Shape.of(length));
                List<GemmProblem> terms = new ArrayList<>();
                for (int t = 0; t < c.k.size(); t++) {
                    int k = c.k.get(t);
                    int strideA = k + c.gap;
                    double[] a = random(c.gap + c.m * strideA, 200 + 10 * s + t);
                    double[] b = random(c.gap + k * strideC, 300 + 10 * s + t);
                    for (int i = 0; i < c.m; i++) {
                        for (int j = 0; j < c.n; j++) {
                            int at = c.gap + i * strideC + j;
                            double total = t == 0 ? beta * old[at] : sum[at];
                            for (int l = 0; l < k; l++) {
                                double term = a[c.gap + i * strideA + l] * b[c.gap + l * strideC + j];
                                total += term;
                                squares[at] += term * term;
                            }
                            sum[at] = total;
                        }
                    }
                    terms.add(GemmProblem.of(false, false, c.m, c.n, k, 1, new Matrix(arena.allocate(DType.F32, Shape.of(a.length)).set(a), c.gap, strideA),
                            new Matrix(arena.allocate(DType.F32, Shape.of(b.length)).set(b), c.gap, strideC), beta, new Matrix(result, c.gap, strideC)));
                }
                for (int i = 0; i < c.m; i++) {
                    for (int at = c.gap + i * strideC; at < c.gap + i * strideC + c.n; at++) {
                        // a running sum is rounded in proportion to itself
                        squares[at] = Math.sqrt(squares[at]) + beta * Math.abs(old[at]) + Math.abs(sum[at]);
                    }
                }
                sums.add(new GemmSum(terms, GemmPrecision.of(device.precision(), DType.F32)));
                results.add(result);
                before.add(old);
                expected.add(sum);
                size.add(squares);
            }
            for (GemmPlan plan : kernels.plansOfSums(sums)) {
                for (int s = 0; s < c.count; s++) {
                    results.get(s).set(before.get(s));
                }
                kernels.launchSums(sums, plan);
                double error = 0;
                for (int s = 0; s < c.count; s++) {
                    error = Math.max(error, error(results.get(s).toDoubles(), expected.get(s), size.get(s), DType.F32));
                }
                rows.add(new VectorRow(name("sum " + c, device, plan), error, tolerance(device.precision(), c.steps())));
            }
        }
    }

    /** The largest error relative to size; what lies between the rows must not change at all. */
    static String name(Object shape, CudaDevice device, Object way) {
        return shape + ", " + device.precision().name().toLowerCase(Locale.ROOT) + ", " + way;
    }

    private static double error(double[] actual, double[] expected, double[] size, DType dtype) {
        double error = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = Math.abs(actual[i] - (dtype == DType.F32 ? (float) expected[i] : expected[i]));
            error = Math.max(error, difference == 0 ? 0 : size[i] == 0 ? Double.POSITIVE_INFINITY : difference / size[i]);
        }
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    /**
     * Six times the expected error relative to the root of the sum of squares: roundings of factors, and of a running sum of k terms, which are a random walk
     * each.
     */
    static double tolerance(Precision precision, int k) {
        return switch (precision) {
            case FP64 -> 1e-14;
            case FP32 -> Math.max(2e-6, 6 * 0x1p-25 * Math.sqrt(k / 2.0));
            case TF32 -> 6 * 0x1p-11;
            case BF16 -> 6 * 0x1p-8;
        };
    }

    /** Numbers in (−1, 1) that are single-precision numbers, so that nothing is lost on the way to the card. */
    static double[] random(int count, long stream) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = 2 * Philox.uniform(SEED, stream, i) - 1;
        }
        return values;
    }
}
