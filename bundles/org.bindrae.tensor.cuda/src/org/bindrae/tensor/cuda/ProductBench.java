package org.bindrae.tensor.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Times the products of a training step on a device, in all single precisions and ways, each in a graph of many so that the host has no part in it. */
public final class ProductBench {
    private static final int MOST_LAUNCHES = 40;
    private static final double OPERATIONS = 4e11;
    private static final int REPEATS = 5;
    private static final int WIDTH = 384;

    /**
     * One measurement: the median.
     *
     * @param chosen whether this is the way that products take without tuning
     */
    public record Row(String shape, Precision precision, String way, boolean chosen, double microseconds, double teraflops) {
    }

    /** Sizes of a product. */
    record Case(String name, boolean transposeA, boolean transposeB, int m, int n, int k) {
    }

    private ProductBench() {
    }

    /**
     * Measures everything, most of a minute on a card.
     *
     * @param residues rows of the activations, 1100 in a usual step
     * @param each told each result as it comes
     */
    public static void run(CudaDevice device, int residues, Consumer<Row> each) {
        List<Case> cases = List.of(forward(residues, WIDTH, WIDTH), forward(residues, WIDTH, 1536), forward(residues, WIDTH, 3744),
                forward(residues, 1664, WIDTH), forward(residues, 1536, WIDTH), forward(residues, WIDTH, 14), input(residues, WIDTH, WIDTH),
                input(residues, WIDTH, 3744), input(residues, 1664, WIDTH), weights(residues, WIDTH, WIDTH), weights(residues, WIDTH, 3744),
                weights(residues, 1664, WIDTH), weights(residues, WIDTH, 14));
        for (Precision precision : List.of(Precision.FP32, Precision.TF32, Precision.BF16)) {
            CudaDevice view = device.withPrecision(precision);
            Products products = new Products(view);
            for (Case c : cases) {
                measure(view, products, c, MOST_LAUNCHES, each);
            }
        }
    }

    private static Case forward(int residues, int in, int out) {
        return new Case("y = x·Wᵀ, " + in + " to " + out, false, true, residues, out, in);
    }

    private static Case input(int residues, int in, int out) {
        return new Case("dx = dy·W, " + out + " to " + in, false, false, residues, in, out);
    }

    private static Case weights(int residues, int in, int out) {
        return new Case("dW = dyᵀ·x, " + out + "×" + in, true, false, out, in, residues);
    }

    static void measure(CudaDevice device, Products products, Case c, int mostLaunches, Consumer<Row> each) {
        try (TensorArena arena = device.arena()) {
            Tensor a = arena.zeros(DType.F32, Shape.of(c.transposeA ? c.k : c.m, c.transposeA ? c.m : c.k));
            Tensor b = arena.zeros(DType.F32, Shape.of(c.transposeB ? c.n : c.k, c.transposeB ? c.k : c.n));
            Tensor result = arena.zeros(DType.F32, Shape.of(c.m, c.n));
            fill(a, 1);
            fill(b, 2);
            GemmProblem problem = GemmProblem.of(c.transposeA, c.transposeB, c.m, c.n, c.k, 1, Matrix.of(a), Matrix.of(b), 0, Matrix.of(result));
            List<GemmTuner.Way> ways = products.ways(problem);
            int launches = (int) Math.clamp(OPERATIONS / problem.operations(), 1, mostLaunches);
            for (GemmTuner.Way way : ways) {
                double[] times = new double[REPEATS + 1];
                for (int i = 0; i < times.length; i++) {
                    times[i] = device.milliseconds(() -> device.step(() -> {
                        for (int j = 0; j < launches; j++) {
                            products.launch(problem, way);
                        }
                    }));
                }
                // the first one makes the graph
                Arrays.sort(times, 1, times.length);
                double micros = times[1 + REPEATS / 2] * 1000 / launches;
                each.accept(new Row(c.name, device.precision(), way.toString(), way == ways.getFirst(), micros, problem.operations() / micros * 1e-6));
            }
        }
    }

    /** Numbers like those of activations: zeros would let the card run faster. */
    private static void fill(Tensor tensor, long stream) {
        float[] values = new float[(int) tensor.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * Philox.uniform(1, stream, i) - 1;
        }
        tensor.set(values);
    }
}
