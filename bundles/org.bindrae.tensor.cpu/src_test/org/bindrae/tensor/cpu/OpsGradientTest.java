package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every operation: gradients against central differences in double precision, and single against double precision with both kinds of loops. */
class OpsGradientTest {
    private static final double STEP = 1e-5;

    private final SplittableRandom random = new SplittableRandom(17);
    private final CpuDevice scalar = new CpuDevice(2, false);
    private final CpuDevice vector = new CpuDevice(2, true);

    private interface Operation {
        Tensor apply(Tape tape, Tensor[] inputs);
    }

    /** A result and the gradients of Σ weights ∘ result. */
    private record Outcome(double[] result, double[][] gradients) {
    }

    @AfterEach
    void close() {
        scalar.close();
        vector.close();
    }

    @Test
    void linear() {
        check((t, x) -> Ops.linear(t, x[0], x[1], x[2]), Shape.of(2, 3, 5), Shape.of(4, 5), Shape.of(4));
        check((t, x) -> Ops.linear(t, x[0], x[1], null), Shape.of(7, 3), Shape.of(1, 3));
        check((t, x) -> Ops.linear(t, x[0], x[1], x[2]), Shape.of(0, 3), Shape.of(2, 3), Shape.of(2));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.linear(t, x[0], x[1], null), Shape.of(7, 3), Shape.of(1, 4)));
    }

    @Test
    void linears() {
        check((t, x) -> {
            List<Tensor> y = Ops.linears(t, List.of(x[0], x[0], x[1]), List.of(x[2], x[3], x[2]), Arrays.asList(x[4], null, x[4]));
            return Ops.concatColumns(t, y.toArray(Tensor[]::new));
        }, Shape.of(6, 5), Shape.of(6, 5), Shape.of(4, 5), Shape.of(3, 5), Shape.of(4));
    }

    @Test
    void mlp() {
        for (double rate : new double[] {0, 0.3}) {
            check((t, x) -> Ops.mlp(t, x[0], x[1], x[2], rate, x[3], x[4]), Shape.of(2, 3, 5), Shape.of(4, 5), Shape.of(4), Shape.of(6, 4), Shape.of(6));
            check((t, x) -> Ops.mlp(t, x[0], x[1], null, rate, x[2], null), Shape.of(7, 3), Shape.of(5, 3), Shape.of(2, 5));
        }
        assertThrows(IllegalArgumentException.class,
                () -> check((t, x) -> Ops.mlp(t, x[0], x[1], null, 0, x[2], null), Shape.of(7, 3), Shape.of(1, 4), Shape.of(2, 1)));
        assertThrows(IllegalArgumentException.class,
                () -> check((t, x) -> Ops.mlp(t, x[0], x[1], null, 0, x[2], null), Shape.of(7, 3), Shape.of(4, 3), Shape.of(2, 5)));
    }

    @Test
    void addAndMultiply() {
        Shape matrix = Shape.of(5, 6);
        for (Broadcast spread : Broadcast.values()) {
            Shape small = switch (spread) {
                case NONE -> matrix;
                case ROW -> Shape.of(6);
                case COLUMN -> Shape.of(5);
                case SCALAR -> Shape.of();
            };
            check((t, x) -> Ops.add(t, x[0], x[1], spread), matrix, small);
            check((t, x) -> Ops.multiply(t, x[0], x[1], spread), matrix, small);
        }
        check((t, x) -> Ops.add(t, x[0], x[0]), matrix);
        check((t, x) -> Ops.multiply(t, x[0], x[0], Broadcast.NONE), matrix);
    }

    @Test
    void scale() {
        check((t, x) -> Ops.scale(t, x[0], -1.7), Shape.of(3, 4));
    }

    @Test
    void unary() {
        for (Unary function : Unary.values()) {
            boolean positive = function == Unary.LOG || function == Unary.SQRT || function == Unary.RECIPROCAL;
            check(positive, (t, x) -> Ops.unary(t, function, x[0]), Shape.of(7, 5));
        }
    }

    @Test
    void layerNorm() {
        check((t, x) -> Ops.layerNorm(t, x[0], x[1], x[2], 1e-5), Shape.of(4, 19), Shape.of(19), Shape.of(19));
    }

    @Test
    void softmax() {
        check((t, x) -> Ops.softmax(t, x[0]), Shape.of(4, 19));
        check((t, x) -> Ops.logSoftmax(t, x[0]), Shape.of(4, 19));
        check((t, x) -> Ops.softmax(t, x[0]), Shape.of(4, 1));
    }

    @Test
    void dropout() {
        check((t, x) -> Ops.dropout(t, x[0], 0.3), Shape.of(9, 7));
        // two draws of one step differ
        check((t, x) -> Ops.add(t, Ops.dropout(t, x[0], 0.5), Ops.dropout(t, x[0], 0.5)), Shape.of(9, 7));
        check((t, x) -> Ops.addDropout(t, x[0], x[1], 0.3), Shape.of(9, 7), Shape.of(9, 7));
        check((t, x) -> Ops.addDropout(t, x[0], Ops.addDropout(t, x[0], x[0], 0.5), 0.5), Shape.of(9, 7));
        check((t, x) -> Ops.addDropout(t, x[0], x[1], 0), Shape.of(9, 7), Shape.of(9, 7));
        try (TensorArena arena = vector.arena()) {
            Tensor x = arena.zeros(DType.F32, Shape.of(3));
            assertSame(x, Ops.dropout(Tape.recording(arena), x, 0.5));
            assertSame(x, Ops.dropout(Tape.training(arena, 1), x, 0));
            assertThrows(IllegalArgumentException.class, () -> Ops.dropout(Tape.training(arena, 1), x, 1));
        }
    }

    @Test
    void columns() {
        check((t, x) -> Ops.concatColumns(t, x[0], x[1], x[2]), Shape.of(4, 3), Shape.of(4, 20), Shape.of(4, 1));
        check((t, x) -> Ops.concatColumns(t, x[0], x[0]), Shape.of(4, 3));
        check((t, x) -> Ops.splitColumns(t, x[0], 2, 3).get(1), Shape.of(4, 7));
        check((t, x) -> Ops.concatColumns(t, Ops.splitColumns(t, x[0], 2, 5).reversed().toArray(Tensor[]::new)), Shape.of(4, 7));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.concatColumns(t, x[0], x[1]), Shape.of(4, 3), Shape.of(5, 3)));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.splitColumns(t, x[0], 5, 3).get(0), Shape.of(4, 7)));
    }

    @Test
    void gatherRows() {
        check((t, x) -> Ops.gatherRows(t, x[0], t.indices(2, -1, 0, 2, 2)), Shape.of(3, 18));
    }

    @Test
    void sumGroups() {
        check((t, x) -> Ops.sumGroups(t, x[0], 4, x[1]), Shape.of(12, 5), Shape.of(3, 4));
        check((t, x) -> Ops.sumGroups(t, x[0], 3, null), Shape.of(12, 17));
        check((t, x) -> Ops.sumGroups(t, x[0], 1, x[1].reshape(6, 1)), Shape.of(6, 3), Shape.of(6));
        // weights that are constants, and rows that are used before
        check((t, x) -> {
            Tensor weights = t.arena().allocate(x[0].dtype(), Shape.of(3, 2)).set(1.0, -2, 0, 0.5, 3, 4);
            return Ops.add(t, Ops.sumGroups(t, x[0], 2, weights), Ops.sumGroups(t, x[0], 2, null));
        }, Shape.of(6, 7));
        check((t, x) -> Ops.sumGroups(t, x[0], 2, null), Shape.of(0, 3));
        check((t, x) -> {
            Tensor weights = t.arena().allocate(x[0].dtype(), Shape.of(3, 2)).set(1.0, -2, 0, 0.5, 3, 4);
            return Ops.add(t, Ops.sumGroupsGelu(t, x[0], 2, weights), Ops.sumGroupsGelu(t, x[0], 2, null));
        }, Shape.of(6, 7));
        check((t, x) -> Ops.sumGroupsGelu(t, x[0], 4, x[1]), Shape.of(12, 5), Shape.of(3, 4));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.sumGroups(t, x[0], 5, null), Shape.of(12, 5)));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.sumGroups(t, x[0], 4, x[1]), Shape.of(12, 5), Shape.of(4, 4)));
    }

    @Test
    void addEndpoints() {
        check((t, x) -> Ops.addEndpoints(t, x[0], x[1], x[2], t.indices(2, -1, 0, 2, 2, 3)), Shape.of(6, 18), Shape.of(3, 18), Shape.of(4, 18));
        check((t, x) -> Ops.addEndpoints(t, x[0], x[1], x[1], t.indices(2, -1, 0, 2, 2, 1)), Shape.of(6, 5), Shape.of(3, 5));
        // targets with a gradient already, and edges that another operation takes too
        check((t, x) -> {
            Tensor edges = Ops.addEndpoints(t, x[0], x[1], x[2], t.indices(1, 0));
            Tensor again = Ops.addEndpoints(t, edges, x[1], x[2], t.indices(-1, -1));
            return Ops.add(t, again, Ops.multiply(t, edges, x[1], Broadcast.NONE));
        }, Shape.of(2, 4), Shape.of(2, 4), Shape.of(2, 4));
        Shape edges = Shape.of(6, 5);
        assertThrows(IllegalArgumentException.class,
                () -> check((t, x) -> Ops.addEndpoints(t, x[0], x[1], x[1], t.indices(0, 0, 0, 0, 0, 0)), edges, Shape.of(4, 5)));
        assertThrows(IllegalArgumentException.class, () -> check((t, x) -> Ops.addEndpoints(t, x[0], x[1], x[1], t.indices(0, 0)), edges, Shape.of(3, 5)));
        assertThrows(IndexOutOfBoundsException.class,
                () -> check((t, x) -> Ops.addEndpoints(t, x[0], x[1], x[1], t.indices(0, 0, 0, 0, 0, 3)), edges, Shape.of(3, 5)));
    }

    @Test
    void messages() {
        Shape edges = Shape.of(6, 5);
        Shape nodes = Shape.of(3, 4);
        check((t, x) -> Ops.messages(t, x[0], x[1], x[2], x[3], t.indices(2, -1, 0, 2, 2, 1), x[4], x[5]), edges, Shape.of(4, 5), nodes, nodes, Shape.of(7, 4),
                Shape.of(7));
        check((t, x) -> Ops.messages(t, x[0], x[1], x[2], x[2], t.indices(2, 0, 0, -1, 2, 1), x[1].reshape(5, 4), null), edges, Shape.of(4, 5), nodes);
        // what two of them take
        check((t, x) -> {
            Tensor index = t.indices(1, 0, 2, 0, 0, 1);
            Tensor first = Ops.messages(t, x[0], x[1], x[2], x[2], index, x[3], null);
            return Ops.messages(t, Ops.add(t, first, x[0]), x[1], x[2], Ops.scale(t, x[2], 0.5), index, x[3], null);
        }, edges, Shape.of(4, 5), nodes, Shape.of(5, 4));
        assertThrows(IllegalArgumentException.class,
                () -> check((t, x) -> Ops.messages(t, x[0], x[1], x[2], x[2], t.indices(0, 0, 0, 0, 0, 0), x[1], null), edges, Shape.of(4, 5), nodes));
    }

    @Test
    void weightedSum() {
        check((t, x) -> Ops.weightedSum(t, x[0], null), Shape.of(3, 5));
        check((t, x) -> Ops.weightedSum(t, x[0], t.arena().allocate(x[0].dtype(), Shape.of(6)).set(1.0, -2, 0, 0.5, 3, 4)), Shape.of(2, 3));
    }

    @Test
    void aDeepChainThatUsesEverythingTwice() {
        check((t, x) -> {
            Tensor h = Ops.unary(t, Unary.GELU, Ops.linear(t, x[0], x[1], x[2]));
            Tensor g = Ops.layerNorm(t, Ops.add(t, h, x[0]), x[2], x[3], 1e-5);
            return Ops.softmax(t, Ops.linear(t, Ops.add(t, g, h), x[1], x[3]));
        }, Shape.of(6, 9), Shape.of(9, 9), Shape.of(9), Shape.of(9));
        // a gradient that an input takes over grows by what arrives from operations before, also when two inputs want it
        check((t, x) -> {
            Tensor h = Ops.scale(t, x[0], 1.5);
            Tensor g = Ops.add(t, h, Ops.multiply(t, h, x[0], Broadcast.NONE));
            Tensor f = Ops.add(t, g, Ops.add(t, g, h));
            return Ops.add(t, Ops.add(t, f, f), Ops.multiply(t, f, x[1], Broadcast.NONE));
        }, Shape.of(6, 9), Shape.of(6, 9));
    }

    private void check(Operation operation, Shape... shapes) {
        check(false, operation, shapes);
    }

    private void check(boolean positive, Operation operation, Shape... shapes) {
        double[][] inputs = new double[shapes.length][];
        for (int i = 0; i < shapes.length; i++) {
            inputs[i] = random.doubles(shapes[i].size(), positive ? 0.3 : -2, 2).map(v -> (float) v).toArray();
        }
        Outcome exact = differentiate(scalar, DType.F64, operation, shapes, inputs);
        for (int i = 0; i < inputs.length; i++) {
            for (int j = 0; j < inputs[i].length; j++) {
                double middle = inputs[i][j];
                inputs[i][j] = middle + STEP;
                double above = weighted(differentiate(scalar, DType.F64, operation, shapes, inputs).result);
                inputs[i][j] = middle - STEP;
                double below = weighted(differentiate(scalar, DType.F64, operation, shapes, inputs).result);
                inputs[i][j] = middle;
                double slope = (above - below) / (2 * STEP);
                // the differences carry STEP² times a third derivative and rounding divided by STEP
                assertEquals(slope, exact.gradients[i][j], 1e-7 * Math.max(1, Math.abs(slope)), "input " + i + " element " + j);
            }
        }
        for (CpuDevice device : List.of(scalar, vector)) {
            Outcome rounded = differentiate(device, DType.F32, operation, shapes, inputs);
            agree("result", exact.result, rounded.result);
            for (int i = 0; i < inputs.length; i++) {
                agree("gradient " + i, exact.gradients[i], rounded.gradients[i]);
            }
        }
    }

    private static void agree(String what, double[] exact, double[] rounded) {
        double largest = Arrays.stream(exact).map(Math::abs).max().orElse(0);
        for (int i = 0; i < exact.length; i++) {
            assertEquals(exact[i], rounded[i], 5e-6 * Math.max(1, largest), what + " element " + i);
        }
    }

    private static Outcome differentiate(CpuDevice device, DType type, Operation operation, Shape[] shapes, double[][] inputs) {
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.training(arena, 99);
            Tensor[] leaves = new Tensor[shapes.length];
            for (int i = 0; i < shapes.length; i++) {
                leaves[i] = tape.variable(arena.allocate(type, shapes[i]).set(inputs[i]));
            }
            Tensor result = operation.apply(tape, leaves);
            assertTrue(result.requiresGradient());
            Tensor weights = arena.allocate(type, Shape.of((int) result.size())).set(weights((int) result.size()));
            tape.backward(Ops.weightedSum(tape, result, weights));
            List<double[]> gradients = new ArrayList<>();
            for (Tensor leaf : leaves) {
                gradients.add(leaf.gradient() == null ? new double[(int) leaf.size()] : leaf.gradient().toDoubles());
            }
            return new Outcome(result.toDoubles(), gradients.toArray(double[][]::new));
        }
    }

    /** Numbers that are neither equal nor symmetric. */
    private static double[] weights(int n) {
        double[] weights = new double[n];
        for (int i = 0; i < n; i++) {
            weights[i] = Math.cos(1.3 * i + 0.4);
        }
        return weights;
    }

    private static double weighted(double[] result) {
        double[] weights = weights(result.length);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += weights[i] * result[i];
        }
        return sum;
    }
}
