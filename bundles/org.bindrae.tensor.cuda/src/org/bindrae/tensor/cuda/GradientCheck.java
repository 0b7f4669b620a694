package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.VectorRow;

/** Compares {@link WeightGradients} of one launch with sums in double precision on the host: a part of {@link ProductCheck}. */
final class GradientCheck {
    private static final int NO_BIAS = -1;
    private static final int OWN_BIAS = -2;

    /** A weight and the rows of its uses; bias: of its own, none, or that of case number bias. */
    private record Case(int out, int in, int bias, int... rows) {
        int allRows() {
            return Arrays.stream(rows).sum();
        }

        @Override
        public String toString() {
            return "gradient of " + out + "×" + in + ", rows " + Arrays.toString(rows);
        }
    }

    /** Long and short ones, one with the bias of another, sizes that are no multiples of anything, and more tiles than there are multiprocessors. */
    private static final List<Case> CASES = List.of(new Case(32, 128, OWN_BIAS, 1700, 900), new Case(200, 196, OWN_BIAS, 1500, 700, 33),
            new Case(14, 128, OWN_BIAS, 500), new Case(3, 7, NO_BIAS, 700, 1), new Case(129, 65, OWN_BIAS, 100, 31, 64), new Case(384, 388, NO_BIAS, 75),
            new Case(32, 24, 0, 90), new Case(1500, 1924, NO_BIAS, 7), new Case(1927, 1501, OWN_BIAS, 7, 1));

    /** Numbers on the device and what they should become; the sum of squares of the summands, and how large the sum has been on its way. */
    private record Sums(Tensor tensor, double[] expected, double[] squares, double[] largest) {
        static Sums of(TensorArena arena, long stream, int... shape) {
            Tensor tensor = arena.allocate(DType.F32, Shape.of(shape));
            double[] values = ProductCheck.random(Math.toIntExact(tensor.size()), stream);
            return new Sums(tensor.set(values), values, Arrays.stream(values).map(v -> v * v).toArray(), Arrays.stream(values).map(Math::abs).toArray());
        }

        void add(int at, double term) {
            expected[at] += term;
            squares[at] += term * term;
            largest[at] = Math.max(largest[at], Math.abs(expected[at]));
        }

        /** The largest error, relative to the root of the sum of squares, or to the largest sum where that is more: sums round by parts of themselves. */
        double error() {
            double[] actual = tensor.toDoubles();
            double error = 0;
            for (int i = 0; i < actual.length; i++) {
                double difference = Math.abs(actual[i] - (float) expected[i]);
                error = Math.max(error, difference == 0 ? 0 : difference / Math.max(Math.sqrt(squares[i]), largest[i]));
            }
            return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
        }
    }

    private GradientCheck() {
    }

    static void run(CudaDevice device, List<VectorRow> rows) {
        try (TensorArena arena = device.arena()) {
            List<LinearGradient> gradients = new ArrayList<>();
            List<Sums> weights = new ArrayList<>();
            List<Sums> biases = new ArrayList<>();
            long stream = 100;
            for (Case c : CASES) {
                Sums weight = Sums.of(arena, stream++, c.out, c.in);
                Sums bias = c.bias == OWN_BIAS ? Sums.of(arena, stream++, c.out) : c.bias == NO_BIAS ? null : biases.get(c.bias);
                weights.add(weight);
                biases.add(bias);
                for (int count : c.rows) {
                    double[] dy = ProductCheck.random(count * c.out, stream++);
                    double[] x = ProductCheck.random(count * c.in, stream++);
                    add(c, count, dy, x, weight, bias);
                    gradients.add(new LinearGradient(arena.allocate(DType.F32, Shape.of(count, c.out)).set(dy),
                            arena.allocate(DType.F32, Shape.of(count, c.in)).set(x), weight.tensor, bias == null ? null : bias.tensor));
                }
            }
            device.kernels().linearGradientsAdd(new WeightGradients(device).addAll(gradients));
            for (int i = 0; i < CASES.size(); i++) {
                Case c = CASES.get(i);
                GemmPrecision used = GemmProblem.precision(DType.F32, GemmPrecision.of(device.precision(), DType.F32), c.out, c.in, c.allRows());
                String way = GradientTile.of(used, GemmKernels.hasWide(device)).kernelName(used);
                Precision precision = used == GemmPrecision.TF32 ? Precision.TF32 : device.precision();
                rows.add(new VectorRow(ProductCheck.name(c, device, way), weights.get(i).error(), ProductCheck.tolerance(precision, c.allRows())));
                if (biases.get(i) != null) {
                    rows.add(new VectorRow(ProductCheck.name(c + ", bias", device, way), biases.get(i).error(),
                            ProductCheck.tolerance(Precision.FP32, c.allRows())));
                }
            }
        }
    }

    private static void add(Case c, int rows, double[] dy, double[] x, Sums weight, Sums bias) {
        for (int row = 0; row < rows; row++) {
            for (int o = 0; o < c.out; o++) {
                double above = dy[row * c.out + o];
                for (int i = 0; i < c.in; i++) {
                    weight.add(o * c.in + i, above * x[row * c.in + i]);
                }
                if (bias != null) {
                    bias.add(o, above);
                }
            }
        }
    }
}
