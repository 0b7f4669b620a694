package org.bindrae.tensor.check;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.AdamWStep;
import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.ColumnCopy;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.InputGradient;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Kernels.LinearMap;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Kernels.SelfAttention;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One call of a kernel on random tensors.
 *
 * @param shapes of its tensors
 * @param positive whether its numbers must be positive
 * @param indices an index array for {@code call}, or empty
 */
public record KernelCase(String name, List<Shape> shapes, boolean positive, int[] indices, Call call) {
    /** What is called. */
    @ConsumerType
    public interface Call {
        void run(Kernels kernels, Tensor[] tensors, Tensor indices);
    }

    @Override
    public String toString() {
        return name + shapes;
    }

    /** All tensors after the call. The same random seed gives the same numbers in every precision (those of float). */
    public double[][] run(Device device, DType type, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        try (TensorArena arena = device.arena()) {
            Tensor[] tensors = new Tensor[shapes.size()];
            for (int i = 0; i < tensors.length; i++) {
                double[] values = new double[(int) shapes.get(i).size()];
                for (int j = 0; j < values.length; j++) {
                    values[j] = (float) (positive ? random.nextDouble(0.3, 3) : random.nextDouble(-2, 2));
                }
                tensors[i] = arena.allocate(type, shapes.get(i)).set(values);
            }
            call.run(device.kernels(), tensors, arena.allocate(DType.I32, Shape.of(indices.length)).set(indices));
            double[][] results = new double[tensors.length][];
            for (int i = 0; i < tensors.length; i++) {
                results[i] = tensors[i].toDoubles();
            }
            return results;
        }
    }

    /** Every kernel but gemm, on matrices of this size. */
    public static List<KernelCase> all(int rows, int columns, RandomGenerator random) {
        Shape matrix = Shape.of(rows, columns);
        Shape row = Shape.of(columns);
        Shape column = Shape.of(rows);
        List<KernelCase> cases = new ArrayList<>();
        cases.add(of("fill", (k, t, i) -> k.fill(t[0], 0.7), matrix));
        cases.add(of("fill with zero", (k, t, i) -> k.fill(t[0], 0), matrix));
        cases.add(of("copy", (k, t, i) -> k.copy(t[0], t[1]), matrix, matrix));
        cases.add(of("cast", (k, t, i) -> k.cast(t[0], t[1]), matrix, matrix));
        for (double b : new double[] {0, 1, -0.3}) {
            cases.add(of("axpby " + b, (k, t, i) -> k.axpby(0.7, t[0], b, t[1]), matrix, matrix));
        }
        for (Broadcast spread : Broadcast.values()) {
            Shape small = switch (spread) {
                case NONE -> matrix;
                case ROW -> row;
                case COLUMN -> column;
                case SCALAR -> Shape.of();
            };
            cases.add(of("add " + spread, (k, t, i) -> k.add(t[0], t[1], spread, t[2]), matrix, small, matrix));
            cases.add(of("add in place " + spread, (k, t, i) -> k.add(t[0], t[1], spread, t[0]), matrix, small));
            cases.add(of("multiply " + spread, (k, t, i) -> k.multiply(t[0], t[1], spread, t[2]), matrix, small, matrix));
            cases.add(of("multiplyAdd " + spread, (k, t, i) -> k.multiplyAdd(t[0], t[1], spread, t[2]), matrix, small, matrix));
            cases.add(of("reduceAdd " + spread, (k, t, i) -> k.reduceAdd(t[0], null, spread, t[1]), matrix, small));
            cases.add(of("weighted reduceAdd " + spread, (k, t, i) -> k.reduceAdd(t[0], t[2], spread, t[1]), matrix, small, matrix));
        }
        for (Unary function : Unary.values()) {
            boolean positive = function == Unary.LOG || function == Unary.SQRT || function == Unary.RECIPROCAL;
            cases.add(new KernelCase(function.name(), List.of(matrix, matrix), positive, new int[0], (k, t, i) -> k.unary(function, t[0], t[1])));
            for (boolean add : new boolean[] {false, true}) {
                cases.add(new KernelCase(function + " backward" + adding(add), List.of(matrix, matrix, matrix, matrix), positive, new int[0], (k, t, i) -> {
                    k.unary(function, t[0], t[1]);
                    k.unaryBackward(function, t[0], t[1], t[2], add, t[3]);
                }));
            }
        }
        cases.add(of("layerNorm", (k, t, i) -> k.layerNorm(t[0], t[1], t[2], 1e-5, t[3], t[4], t[5]), matrix, row, row, matrix, column, column));
        for (boolean add : new boolean[] {false, true}) {
            cases.add(of("layerNorm backward" + adding(add), (k, t, i) -> {
                k.layerNorm(t[0], t[1], t[2], 1e-5, t[3], t[4], t[5]);
                k.layerNormBackward(t[0], t[1], t[4], t[5], t[6], add, t[7], t[8], t[9]);
            }, matrix, row, row, matrix, column, column, matrix, matrix, row, row));
        }
        cases.add(of("layerNorm backward, input only", (k, t, i) -> {
            k.layerNorm(t[0], t[1], t[2], 1e-5, t[3], t[4], t[5]);
            k.layerNormBackward(t[0], t[1], t[4], t[5], t[6], true, t[7], null, null);
        }, matrix, row, row, matrix, column, column, matrix, matrix));
        cases.add(of("layerNorm backward, parameters only", (k, t, i) -> {
            k.layerNorm(t[0], t[1], t[2], 1e-5, t[3], t[4], t[5]);
            k.layerNormBackward(t[0], t[1], t[4], t[5], t[6], true, null, t[7], t[8]);
        }, matrix, row, row, matrix, column, column, matrix, row, row));
        cases.add(of("softmax", (k, t, i) -> k.softmax(t[0], t[1]), matrix, matrix));
        cases.add(of("softmax backward", (k, t, i) -> {
            k.softmax(t[0], t[1]);
            k.softmaxBackward(t[1], t[2], t[3]);
        }, matrix, matrix, matrix, matrix));
        cases.add(of("logSoftmax", (k, t, i) -> k.logSoftmax(t[0], t[1]), matrix, matrix));
        cases.add(of("logSoftmax backward", (k, t, i) -> {
            k.logSoftmax(t[0], t[1]);
            k.logSoftmaxBackward(t[1], t[2], t[3]);
        }, matrix, matrix, matrix, matrix));
        Dropout dropout = new Dropout(0.3, 0x123456789ABCDEFL, 77);
        cases.add(of("dropout", (k, t, i) -> k.dropout(t[0], dropout, t[1]), matrix, matrix));
        cases.add(of("dropout in place", (k, t, i) -> k.dropout(t[0], dropout, t[0]), matrix));
        cases.add(of("dropoutAdd", (k, t, i) -> k.dropoutAdd(t[0], dropout, t[1]), matrix, matrix));
        cases.add(of("addDropout", (k, t, i) -> k.addDropout(t[0], t[1], dropout, t[2]), matrix, matrix, matrix));
        int width = columns == 0 ? 0 : random.nextInt(1, columns + 1);
        int from = random.nextInt(columns - width + 1);
        int to = random.nextInt(4);
        Shape wider = Shape.of(rows, width + to + 1);
        cases.add(of("copyColumns", (k, t, i) -> k.copyColumns(t[0], from, t[1], to, width, false), matrix, wider));
        cases.add(of("copyColumns adding", (k, t, i) -> k.copyColumns(t[0], from, t[1], to, width, true), matrix, wider));
        Shape twice = Shape.of(rows, 2 * columns);
        for (boolean add : new boolean[] {false, true}) {
            cases.add(of("copyColumns of five" + adding(add), (k, t, i) -> k.copyColumns(List.of(new ColumnCopy(t[0], 0, t[1], 0, columns),
                    new ColumnCopy(t[2], from, t[1], columns, width), new ColumnCopy(t[0], 0, t[3], to, width), new ColumnCopy(t[2], 0, t[4], 0, columns),
                    new ColumnCopy(t[2], from, t[3], 0, width)), add), matrix, twice, matrix, wider, matrix));
        }
        int[] picks = IntStream.generate(() -> random.nextInt(-1, Math.max(rows, 0))).limit(rows + 3L).toArray();
        Shape picked = Shape.of(picks.length, columns);
        cases.add(new KernelCase("gatherRows", List.of(matrix, picked), false, picks, (k, t, i) -> k.gatherRows(t[0], i, t[1])));
        cases.add(new KernelCase("scatterAddRows", List.of(picked, matrix), false, picks, (k, t, i) -> k.scatterAddRows(t[0], i, t[1])));
        cases.addAll(ofGroups(rows, columns, 10));
        cases.add(new KernelCase("adamW", List.of(matrix, matrix, matrix, matrix), true, new int[0],
                (k, t, i) -> k.adamW(new AdamWStep(3, 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5), t[0], t[1], t[2], t[3])));
        return cases;
    }

    /** What rows exchange with groups of k rows each. */
    private static List<KernelCase> ofGroups(int rows, int columns, int k) {
        Shape groups = Shape.of(rows, columns);
        Shape members = Shape.of(rows * k, columns);
        Shape weights = Shape.of(rows, k);
        List<KernelCase> cases = new ArrayList<>();
        for (boolean add : new boolean[] {false, true}) {
            cases.add(of("sumGroups" + adding(add), (kernels, t, i) -> kernels.sumGroups(t[0], t[1], add, t[2]), members, weights, groups));
            cases.add(of("sumGroups without weights" + adding(add), (kernels, t, i) -> kernels.sumGroups(t[0], null, add, t[1]), members, groups));
            cases.add(of("spreadGroups" + adding(add), (kernels, t, i) -> kernels.spreadGroups(t[0], t[1], add, t[2]), groups, weights, members));
            cases.add(of("spreadGroups without weights" + adding(add), (kernels, t, i) -> kernels.spreadGroups(t[0], null, add, t[1]), groups, members));
            cases.add(of("sumGroupsGelu backward" + adding(add), (kernels, t, i) -> {
                kernels.sumGroupsGeluBackward(t[0], t[1], t[2], add, t[3], () -> t[4]);
                // its content is not defined
                kernels.fill(t[4], 0);
            }, members, weights, groups, members, members));
        }
        cases.add(of("sumGroupsGelu", (kernels, t, i) -> {
            kernels.sumGroupsGelu(t[0], t[1], t[2], () -> t[3]);
            kernels.fill(t[3], 0);
        }, members, weights, groups, members));
        cases.add(of("dotGroupsAdd", (kernels, t, i) -> kernels.dotGroupsAdd(t[0], t[1], t[2]), groups, members, weights));
        int[] sources = new SplittableRandom(rows).ints((long) rows * k, -1, rows + 2).toArray();
        List<Shape> shapes = List.of(members, groups, Shape.of(rows + 2, columns), members);
        cases.add(new KernelCase("addEndpoints", shapes, false, sources, (kernels, t, i) -> kernels.addEndpoints(t[0], t[1], t[2], i, t[3])));
        cases.add(new KernelCase("addEndpointsGelu", List.of(members, groups, Shape.of(rows + 2, columns), members, members), false, sources,
                (kernels, t, i) -> kernels.addEndpointsGelu(t[0], t[1], t[2], i, t[3], t[4])));
        cases.add(new KernelCase("addEndpoints in place", shapes, false, sources, (kernels, t, i) -> kernels.addEndpoints(t[0], t[1], t[2], i, t[0])));
        return cases;
    }

    /** Products of all transpositions, op(a) [rows, 7 + columns], result [rows, columns], and linear maps. */
    public static List<KernelCase> products(int rows, int columns) {
        int k = columns + 7;
        List<KernelCase> cases = new ArrayList<>();
        for (boolean ta : new boolean[] {false, true}) {
            for (boolean tb : new boolean[] {false, true}) {
                cases.add(of("gemm " + ta + " " + tb, (kernels, t, i) -> kernels.gemm(ta, tb, rows, columns, k, 0.8, Matrix.of(t[0]), Matrix.of(t[1]), 0.5,
                        Matrix.of(t[2])),
                        ta ? Shape.of(k, rows) : Shape.of(rows, k), tb ? Shape.of(columns, k) : Shape.of(k, columns), Shape.of(rows, columns)));
            }
        }
        Shape x = Shape.of(rows, k);
        Shape weight = Shape.of(columns, k);
        Shape bias = Shape.of(columns);
        Shape y = Shape.of(rows, columns);
        cases.add(of("linear", (kernels, t, i) -> kernels.linear(t[0], t[1], t[2], t[3]), x, weight, bias, y));
        cases.add(of("linear without bias", (kernels, t, i) -> kernels.linear(t[0], t[1], null, t[2]), x, weight, y));
        Shape other = Shape.of(11, k);
        cases.add(of("linears", (kernels, t, i) -> kernels.linears(List.of(new LinearMap(t[0], t[1], t[2], t[3]), new LinearMap(t[4], t[5], null, t[6]))), x,
                weight, bias, y, x, other, Shape.of(rows, 11)));
        cases.add(of("linearGradientsAdd", (kernels, t, i) -> kernels.linearGradientsAdd(List.of(new LinearGradient(t[0], t[1], t[2], t[3]),
                new LinearGradient(t[4], t[1], t[5], t[6]), new LinearGradient(t[0], t[1], t[7], null))), y, x, weight, bias, Shape.of(rows, 11), other,
                Shape.of(11), weight));
        cases.add(of("inputGradients", (kernels, t, i) -> kernels.inputGradients(List.of(new InputGradient(t[0], t[1], false, t[2]),
                new InputGradient(t[3], t[4], true, t[2]), new InputGradient(t[0], t[1], true, t[5]), new InputGradient(t[3], t[4], true, t[5]))), y, weight, x,
                Shape.of(rows, 11), other, x));
        for (Dropout dropout : new Dropout[] {Dropout.NONE, new Dropout(0.2, 5, 6)}) {
            cases.add(of("linearGelu, rate " + dropout.rate(), (kernels, t, i) -> kernels.linearGelu(t[0], t[1], t[2], dropout, t[3], t[4]), x, weight, bias, y,
                    y));
            cases.add(of("linearGelu backward, rate " + dropout.rate(), (kernels, t, i) -> {
                kernels.linearGeluBackward(t[0], t[1], t[2], dropout, t[3], () -> t[4]);
                // its content is not defined
                kernels.fill(t[4], 0);
            }, x, Shape.of(k, columns), y, y, y));
        }
        if (rows > 0 && columns > 0) {
            cases.add(selfAttention(rows, 2 * Math.ceilDiv(Math.min(columns, 256), 4)));
        }
        return cases;
    }

    /** Three heads in three sequences, one of them empty. */
    private static KernelCase selfAttention(int rows, int headColumns) {
        int heads = 3;
        Packing sequences = Packing.ofLengths(rows / 3, 0, rows - rows / 3);
        Shape x = Shape.of(rows, heads * headColumns);
        return of("selfAttention", (kernels, t, i) -> {
            try (TensorArena room = t[0].device().arena()) {
                kernels.selfAttention(t[0], t[1], t[2], new SelfAttention(sequences, heads, t[3]), room, t[4]);
                t[0].device().synchronize();
            }
        }, x, x, x, Shape.of(rows, headColumns), x);
    }

    private static String adding(boolean add) {
        return add ? ", adding" : "";
    }

    private static KernelCase of(String name, Call call, Shape... shapes) {
        return new KernelCase(name, List.of(shapes), false, new int[0], call);
    }
}
