package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Compares products and gradients of linear maps of a device, in all precisions and ways, with sums in double precision on the host. */
public final class ProductCheck {
    private static final long SEED = 20260101;

    /**
     * One comparison.
     *
     * @param error the largest difference, relative to the root of the sum of squares of the summands
     */
    public record Row(String shape, Precision precision, String way, double error, double tolerance) {
        public boolean ok() {
            return error <= tolerance;
        }
    }

    /** A product with its sizes, and the elements by which strides and offsets exceed what is needed. */
    private record Case(boolean transposeA, boolean transposeB, int m, int n, int k, int gap) {
        @Override
        public String toString() {
            return m + "×" + n + "×" + k + " " + (transposeA ? "t" : "n") + (transposeB ? "t" : "n") + (gap == 0 ? "" : ", strides + " + gap);
        }
    }

    private ProductCheck() {
    }

    /** All comparisons; a second or two on a card. */
    public static List<Row> run(CudaDevice device) {
        List<Row> rows = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            CudaDevice view = device.withPrecision(precision);
            Products products = new Products(view);
            for (Case c : List.of(new Case(false, true, 150, 136, 96, 0), new Case(false, false, 67, 192, 100, 0), new Case(true, false, 72, 132, 500, 0),
                    new Case(true, true, 65, 67, 129, 0), new Case(false, true, 131, 14, 77, 1), new Case(true, false, 3, 65, 301, 3),
                    new Case(false, false, 130, 1, 48, 4))) {
                check(view, products, c, rows);
            }
            if (precision.dtype() == DType.F32) {
                GradientCheck.run(view, rows);
            }
        }
        return rows;
    }

    private static void check(CudaDevice device, Products products, Case c, List<Row> rows) {
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
                double[] actual = result.toDoubles();
                double error = 0;
                for (int i = 0; i < actual.length; i++) {
                    double difference = Math.abs(actual[i] - (dtype == DType.F32 ? (float) expected[i] : expected[i]));
                    // what lies between the rows must not change at all
                    error = Math.max(error, difference == 0 ? 0 : size[i] == 0 ? Double.POSITIVE_INFINITY : difference / size[i]);
                }
                rows.add(new Row(c.toString(), device.precision(), way.toString(), Double.isNaN(error) ? Double.POSITIVE_INFINITY : error,
                        tolerance(device.precision(), c.k)));
            }
        }
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
