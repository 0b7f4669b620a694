package org.bindrae.tensor;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.Kernels.Broadcast;
import org.bindrae.tensor.Kernels.ColumnCopy;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.InputGradient;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Kernels.LinearMap;
import org.bindrae.tensor.Kernels.Unary;

/** Differentiable operations on any device. The last dimension is the columns of the matrix view; leading dimensions are kept. */
public final class Ops {
    private Ops() {
    }

    /** x·Wᵀ + b: x [… , in], weight [out, in], bias [out] or null → [… , out]. */
    public static Tensor linear(Tape tape, Tensor x, Tensor weight, Tensor bias) {
        int out = weight.rows();
        if (weight.columns() != x.columns()) {
            throw new IllegalArgumentException("weight " + weight + " does not fit input " + x);
        }
        Tensor y = tape.output(x.dtype(), x.shape().withColumns(out), x, weight, bias);
        tape.kernels().linear(x, weight, bias, y);
        if (y.requiresGradient()) {
            boolean parameters = areParameters(tape, weight, bias);
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                inputBackward(tape, x, weight, dy);
                mapBackward(tape, dy, x, weight, bias, parameters);
            });
        }
        return y;
    }

    /** Whether what is tracked of these has had a gradient before the backward pass, so that no record of this tape waits for it. */
    private static boolean areParameters(Tape tape, Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tape.tracks(tensor) && tensor.gradientMemory() == null) {
                return false;
            }
        }
        return true;
    }

    /** Nothing writes to x or dy later: dy is the gradient of a result, complete, and this is the last that its operation does with it. */
    private static void weightsBackward(Tape tape, List<LinearGradient> gradients, boolean parameters) {
        if (parameters) {
            tape.addToParameters(gradients);
        } else {
            tape.kernels().linearGradientsAdd(gradients);
        }
    }

    /**
     * Linear maps that do not depend on each other, each as {@link #linear}, together.
     *
     * @param weights one per map; two of them may be the same
     * @param biases one per map, or null
     */
    public static List<Tensor> linears(Tape tape, List<Tensor> inputs, List<Tensor> weights, List<Tensor> biases) {
        List<LinearMap> maps = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Tensor x = inputs.get(i);
            Tensor weight = weights.get(i);
            if (weight.columns() != x.columns()) {
                throw new IllegalArgumentException("weight " + weight + " does not fit input " + x);
            }
            Tensor y = tape.output(x.dtype(), x.shape().withColumns(weight.rows()), x, weight, biases.get(i));
            maps.add(new LinearMap(x, weight, biases.get(i), y));
        }
        tape.kernels().linears(maps);
        if (maps.stream().anyMatch(map -> map.y().requiresGradient())) {
            boolean parameters = maps.stream().allMatch(map -> areParameters(tape, map.weight(), map.bias()));
            tape.record(() -> linearsBackward(tape, maps.reversed(), parameters));
        }
        return maps.stream().map(LinearMap::y).toList();
    }

    private static void linearsBackward(Tape tape, List<LinearMap> maps, boolean parameters) {
        List<InputGradient> inputs = new ArrayList<>();
        List<LinearGradient> together = new ArrayList<>();
        for (LinearMap map : maps) {
            if (!map.y().requiresGradient()) {
                continue;
            }
            Tensor dy = tape.gradient(map.y());
            if (tape.tracks(map.x())) {
                inputs.add(inputGradient(tape, map.x(), map.weight(), dy));
            }
            if (tape.tracks(map.weight())) {
                together.add(new LinearGradient(dy, map.x(), tape.gradient(map.weight()), tape.gradient(map.bias())));
            } else if (tape.tracks(map.bias())) {
                tape.kernels().reduceAdd(dy, null, Broadcast.ROW, tape.gradient(map.bias()));
            }
        }
        tape.kernels().inputGradients(inputs);
        weightsBackward(tape, together, parameters);
    }

    private static void inputBackward(Tape tape, Tensor x, Tensor weight, Tensor dy) {
        if (tape.tracks(x)) {
            tape.kernels().inputGradients(List.of(inputGradient(tape, x, weight, dy)));
        }
    }

    private static InputGradient inputGradient(Tape tape, Tensor x, Tensor weight, Tensor dy) {
        boolean adds = !tape.startGradient(x);
        return new InputGradient(dy, weight, adds, tape.gradient(x));
    }

    /**
     * A perceptron of two layers: dropout(gelu(x·W₁ᵀ + b₁))·W₂ᵀ + b₂, with dropout as {@link #dropout}.
     *
     * @param x [… , in]
     * @param weight1 [hidden, in]
     * @param bias1 [hidden] or null
     * @param weight2 [out, hidden]
     * @param bias2 [out] or null
     * @return [… , out]
     */
    public static Tensor mlp(Tape tape, Tensor x, Tensor weight1, Tensor bias1, double rate, Tensor weight2, Tensor bias2) {
        if (weight1.columns() != x.columns() || weight2.columns() != weight1.rows()) {
            throw new IllegalArgumentException("weights " + weight1 + " and " + weight2 + " do not fit input " + x);
        }
        Dropout dropout = nextDropout(tape, rate);
        Shape hidden = x.shape().withColumns(weight1.rows());
        Tensor y = tape.output(x.dtype(), x.shape().withColumns(weight2.rows()), x, weight1, bias1, weight2, bias2);
        Tensor z = tape.scratch(x.dtype(), hidden);
        Tensor h = tape.scratch(x.dtype(), hidden);
        Kernels kernels = tape.kernels();
        kernels.linearGelu(x, weight1, bias1, dropout, z, h);
        kernels.linear(h, weight2, bias2, y);
        if (y.requiresGradient()) {
            boolean parameters = areParameters(tape, weight1, bias1, weight2, bias2);
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                mapBackward(tape, dy, h, weight2, bias2, parameters);
                if (tape.tracks(x) || tape.tracks(weight1) || tape.tracks(bias1)) {
                    Tensor dz = tape.scratch(x.dtype(), hidden);
                    kernels.linearGeluBackward(dy, weight2, z, dropout, dz, () -> tape.scratch(x.dtype(), hidden));
                    inputBackward(tape, x, weight1, dz);
                    mapBackward(tape, dz, x, weight1, bias1, parameters);
                }
            });
        }
        return y;
    }

    /** Adds to the gradients of a linear map's weight and bias. */
    private static void mapBackward(Tape tape, Tensor dy, Tensor x, Tensor weight, Tensor bias, boolean parameters) {
        if (tape.tracks(weight)) {
            weightsBackward(tape, List.of(new LinearGradient(dy, x, tape.gradient(weight), tape.gradient(bias))), parameters);
        } else if (tape.tracks(bias)) {
            tape.kernels().reduceAdd(dy, null, Broadcast.ROW, tape.gradient(bias));
        }
    }

    /** x + y of the same shape. */
    public static Tensor add(Tape tape, Tensor x, Tensor y) {
        return add(tape, x, y, Broadcast.NONE);
    }

    /** x + spread(b). */
    public static Tensor add(Tape tape, Tensor x, Tensor b, Broadcast spread) {
        Tensor z = tape.output(x.dtype(), x.shape(), x, b);
        Kernels kernels = tape.kernels();
        kernels.add(x, b, spread, z);
        if (z.requiresGradient()) {
            tape.record(() -> {
                Tensor dz = tape.gradient(z);
                if (tape.tracks(b) && spread != Broadcast.NONE) {
                    kernels.reduceAdd(dz, null, spread, tape.gradient(b));
                } else if (tape.tracks(b)) {
                    kernels.axpby(1, dz, tape.startGradient(b) ? 0 : 1, tape.gradient(b));
                }
                if (tape.tracks(x)) {
                    tape.passGradient(z, x);
                }
            });
        }
        return z;
    }

    /** x ∘ spread(b). */
    public static Tensor multiply(Tape tape, Tensor x, Tensor b, Broadcast spread) {
        Tensor z = tape.output(x.dtype(), x.shape(), x, b);
        Kernels kernels = tape.kernels();
        kernels.multiply(x, b, spread, z);
        if (z.requiresGradient()) {
            tape.record(() -> {
                Tensor dz = tape.gradient(z);
                if (tape.tracks(x)) {
                    kernels.multiplyAdd(dz, b, spread, tape.gradient(x));
                }
                if (tape.tracks(b)) {
                    kernels.reduceAdd(dz, x, spread, tape.gradient(b));
                }
            });
        }
        return z;
    }

    /** factor · x + 0. */
    public static Tensor scale(Tape tape, Tensor x, double factor) {
        Tensor y = tape.output(x.dtype(), x.shape(), x);
        Kernels kernels = tape.kernels();
        kernels.axpby(factor, x, 0, y);
        if (y.requiresGradient()) {
            tape.record(() -> kernels.axpby(factor, tape.gradient(y), tape.startGradient(x) ? 0 : 1, tape.gradient(x)));
        }
        return y;
    }

    /** f(x) element by element. GELU is exact (erf). */
    public static Tensor unary(Tape tape, Unary function, Tensor x) {
        Tensor y = tape.output(x.dtype(), x.shape(), x);
        Kernels kernels = tape.kernels();
        kernels.unary(function, x, y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                boolean add = !tape.startGradient(x);
                kernels.unaryBackward(function, x, y, tape.gradient(y), add, tape.gradient(x));
            });
        }
        return y;
    }

    /** LayerNorm over the last dimension (Ba et al. 2016); gamma, beta [columns]. */
    public static Tensor layerNorm(Tape tape, Tensor x, Tensor gamma, Tensor beta, double eps) {
        Tensor y = tape.output(x.dtype(), x.shape(), x, gamma, beta);
        Tensor mean = tape.scratch(x.dtype(), Shape.of(x.rows()));
        Tensor rstd = tape.scratch(x.dtype(), Shape.of(x.rows()));
        Kernels kernels = tape.kernels();
        kernels.layerNorm(x, gamma, beta, eps, y, mean, rstd);
        if (y.requiresGradient()) {
            tape.record(() -> {
                boolean add = !tape.startGradient(x);
                kernels.layerNormBackward(x, gamma, mean, rstd, tape.gradient(y), add, tape.gradient(x), tape.gradient(gamma), tape.gradient(beta));
            });
        }
        return y;
    }

    /** Softmax over the last dimension. */
    public static Tensor softmax(Tape tape, Tensor x) {
        Tensor y = tape.output(x.dtype(), x.shape(), x);
        Kernels kernels = tape.kernels();
        kernels.softmax(x, y);
        if (y.requiresGradient()) {
            tape.record(() -> kernels.softmaxBackward(y, tape.gradient(y), tape.gradient(x)));
        }
        return y;
    }

    /** Log-softmax over the last dimension. */
    public static Tensor logSoftmax(Tape tape, Tensor x) {
        Tensor y = tape.output(x.dtype(), x.shape(), x);
        Kernels kernels = tape.kernels();
        kernels.logSoftmax(x, y);
        if (y.requiresGradient()) {
            tape.record(() -> kernels.logSoftmaxBackward(y, tape.gradient(y), tape.gradient(x)));
        }
        return y;
    }

    /** Inverted dropout while training, the input itself otherwise. */
    public static Tensor dropout(Tape tape, Tensor x, double rate) {
        Dropout dropout = nextDropout(tape, rate);
        if (dropout.rate() == 0) {
            return x;
        }
        Tensor y = tape.output(x.dtype(), x.shape(), x);
        Kernels kernels = tape.kernels();
        kernels.dropout(x, dropout, y);
        if (y.requiresGradient()) {
            tape.record(() -> dropoutBackward(tape, tape.gradient(y), dropout, x));
        }
        return y;
    }

    /** base + dropout(x) of the same shape: the end of a residual branch. */
    public static Tensor addDropout(Tape tape, Tensor base, Tensor x, double rate) {
        Dropout dropout = nextDropout(tape, rate);
        if (dropout.rate() == 0) {
            return add(tape, base, x);
        }
        Tensor y = tape.output(x.dtype(), x.shape(), base, x);
        Kernels kernels = tape.kernels();
        kernels.addDropout(base, x, dropout, y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                if (tape.tracks(x)) {
                    dropoutBackward(tape, tape.gradient(y), dropout, x);
                }
                if (tape.tracks(base)) {
                    tape.passGradient(y, base);
                }
            });
        }
        return y;
    }

    private static void dropoutBackward(Tape tape, Tensor dy, Dropout dropout, Tensor x) {
        if (tape.startGradient(x)) {
            tape.kernels().dropout(dy, dropout, tape.gradient(x));
        } else {
            tape.kernels().dropoutAdd(dy, dropout, tape.gradient(x));
        }
    }

    /** The next random numbers of the step where it is training. */
    private static Dropout nextDropout(Tape tape, double rate) {
        if (!tape.isTraining() || rate == 0) {
            return Dropout.NONE;
        }
        return new Dropout(rate, tape.seed(), tape.nextStream());
    }

    /** Joins matrices of equal rows side by side → [rows, Σ columns]. */
    public static Tensor concatColumns(Tape tape, Tensor... parts) {
        int rows = parts[0].rows();
        int columns = 0;
        for (Tensor part : parts) {
            if (part.rows() != rows) {
                throw new IllegalArgumentException("rows differ: " + part + " beside " + parts[0]);
            }
            columns += part.columns();
        }
        Tensor y = tape.output(parts[0].dtype(), Shape.of(rows, columns), parts);
        Kernels kernels = tape.kernels();
        List<ColumnCopy> copies = new ArrayList<>();
        int at = 0;
        for (Tensor part : parts) {
            copies.add(new ColumnCopy(part, 0, y, at, part.columns()));
            at += part.columns();
        }
        kernels.copyColumns(copies, false);
        if (y.requiresGradient()) {
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                kernels.copyColumns(copies.stream().filter(copy -> tape.tracks(copy.x()))
                        .map(copy -> new ColumnCopy(dy, copy.yColumn(), tape.gradient(copy.x()), 0, copy.count())).toList(), true);
            });
        }
        return y;
    }

    /** The columns of x in groups of so many, which may end before the last column. */
    public static List<Tensor> splitColumns(Tape tape, Tensor x, int... counts) {
        Kernels kernels = tape.kernels();
        List<ColumnCopy> copies = new ArrayList<>();
        int from = 0;
        for (int count : counts) {
            copies.add(new ColumnCopy(x, from, tape.output(x.dtype(), Shape.of(x.rows(), count), x), 0, count));
            from += count;
        }
        kernels.copyColumns(copies, false);
        if (tape.tracks(x)) {
            tape.record(() -> {
                Tensor dx = tape.gradient(x);
                kernels.copyColumns(copies.stream().map(copy -> new ColumnCopy(tape.gradient(copy.y()), 0, dx, copy.xColumn(), copy.count())).toList(), true);
            });
        }
        return copies.stream().map(ColumnCopy::y).toList();
    }

    /** Rows x[index[i]]; an index of −1 gives a row of zeros. Also the look-up of an embedding table. */
    public static Tensor gatherRows(Tape tape, Tensor x, Tensor index) {
        Tensor y = tape.output(x.dtype(), Shape.of(Math.toIntExact(index.size()), x.columns()), x);
        Kernels kernels = tape.kernels();
        kernels.gatherRows(x, index, y);
        if (y.requiresGradient()) {
            tape.record(() -> kernels.scatterAddRows(tape.gradient(y), index, tape.gradient(x)));
        }
        return y;
    }

    /**
     * Weighted sums of groups of k rows: y_t = Σ_j w_(t,j)·x_(t·k + j), what a node of a graph receives along its k edges.
     *
     * @param x [T·k, columns]
     * @param weights [T, k], or null for ones
     * @return [T, columns]
     */
    public static Tensor sumGroups(Tape tape, Tensor x, int k, Tensor weights) {
        Tensor y = tape.output(x.dtype(), groups(x, k), x, weights);
        Kernels kernels = tape.kernels();
        kernels.sumGroups(x, weights, false, y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                if (tape.tracks(weights)) {
                    kernels.dotGroupsAdd(dy, x, tape.gradient(weights));
                }
                if (tape.tracks(x)) {
                    boolean add = !tape.startGradient(x);
                    kernels.spreadGroups(dy, weights, add, tape.gradient(x));
                }
            });
        }
        return y;
    }

    /** {@link #sumGroups} of gelu(x), for which gelu(x) needs no memory where weights are constants. */
    public static Tensor sumGroupsGelu(Tape tape, Tensor x, int k, Tensor weights) {
        if (tape.tracks(weights)) {
            return sumGroups(tape, unary(tape, Unary.GELU, x), k, weights);
        }
        Tensor y = tape.output(x.dtype(), groups(x, k), x);
        Kernels kernels = tape.kernels();
        kernels.sumGroupsGelu(x, weights, y, () -> tape.scratch(x.dtype(), x.shape()));
        if (y.requiresGradient()) {
            tape.record(() -> {
                boolean add = !tape.startGradient(x);
                kernels.sumGroupsGeluBackward(x, weights, tape.gradient(y), add, tape.gradient(x), () -> tape.scratch(x.dtype(), x.shape()));
            });
        }
        return y;
    }

    private static Shape groups(Tensor x, int k) {
        if (k < 1 || x.rows() % k != 0) {
            throw new IllegalArgumentException(x + " is not groups of " + k + " rows");
        }
        return Shape.of(x.rows() / k, x.columns());
    }

    /**
     * Adds to each edge of a graph, of which k lead to each node, the rows of the node that it leads to and of the one that it comes from: y_(t·k + j) =
     * x_(t·k + j) + targets_t + sources_index(t,j). With linear maps before, this is a linear map of edge, target and source side by side.
     *
     * @param x [T·k, columns]
     * @param targets [T, columns]
     * @param sources [any, columns]
     * @param index I32 [T, k], rows of sources; −1 for an edge that comes from nowhere, to which nothing of them is added
     * @return [T·k, columns]
     */
    public static Tensor addEndpoints(Tape tape, Tensor x, Tensor targets, Tensor sources, Tensor index) {
        Tensor y = tape.output(x.dtype(), x.shape(), x, targets, sources);
        Kernels kernels = tape.kernels();
        kernels.addEndpoints(x, targets, sources, index, y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                endpointsBackward(tape, tape.gradient(y), targets, sources, index);
                if (tape.tracks(x)) {
                    tape.passGradient(y, x);
                }
            });
        }
        return y;
    }

    private static void endpointsBackward(Tape tape, Tensor dy, Tensor targets, Tensor sources, Tensor index) {
        if (tape.tracks(sources)) {
            tape.kernels().scatterAddRows(dy, index, tape.gradient(sources));
        }
        if (tape.tracks(targets)) {
            boolean add = !tape.startGradient(targets);
            tape.kernels().sumGroups(dy, null, add, tape.gradient(targets));
        }
    }

    /**
     * Messages along the edges of a graph (Gilmer et al. 2017): gelu(z)·W₂ᵀ + b₂ with z = {@link #addEndpoints} of x·W₁ᵀ, a perceptron of two layers of edge,
     * target and source side by side.
     *
     * @param x edges [T·k, in]
     * @param weight1 [hidden, in]
     * @param targets [T, hidden], a linear map of the nodes, with the bias of the first layer
     * @param sources [any, hidden], a linear map of the nodes
     * @param index I32 [T, k], rows of sources; −1 for an edge that comes from nowhere
     * @param weight2 [out, hidden]
     * @param bias2 [out] or null
     * @return [T·k, out]
     */
    public static Tensor messages(Tape tape, Tensor x, Tensor weight1, Tensor targets, Tensor sources, Tensor index, Tensor weight2, Tensor bias2) {
        if (weight1.columns() != x.columns() || weight2.columns() != weight1.rows()) {
            throw new IllegalArgumentException("weights " + weight1 + " and " + weight2 + " do not fit edges " + x);
        }
        Shape hidden = x.shape().withColumns(weight1.rows());
        Tensor y = tape.output(x.dtype(), x.shape().withColumns(weight2.rows()), x, weight1, targets, sources, weight2, bias2);
        Tensor z = tape.scratch(x.dtype(), hidden);
        Tensor h = tape.scratch(x.dtype(), hidden);
        Kernels kernels = tape.kernels();
        kernels.linear(x, weight1, null, z);
        kernels.addEndpointsGelu(z, targets, sources, index, z, h);
        kernels.linear(h, weight2, bias2, y);
        if (y.requiresGradient()) {
            boolean parameters = areParameters(tape, weight1, weight2, bias2);
            tape.record(() -> {
                Tensor dy = tape.gradient(y);
                mapBackward(tape, dy, h, weight2, bias2, parameters);
                if (tape.tracks(x, weight1, targets, sources)) {
                    Tensor dz = tape.scratch(x.dtype(), hidden);
                    kernels.linearGeluBackward(dy, weight2, z, Dropout.NONE, dz, () -> tape.scratch(x.dtype(), hidden));
                    endpointsBackward(tape, dz, targets, sources, index);
                    inputBackward(tape, x, weight1, dz);
                    mapBackward(tape, dz, x, weight1, null, parameters);
                }
            });
        }
        return y;
    }

    /** Σ x ∘ w → scalar; w is a constant of the size of x, or null for 1. */
    public static Tensor weightedSum(Tape tape, Tensor x, Tensor w) {
        Tensor y = tape.output(x.dtype(), Shape.of(), x);
        Kernels kernels = tape.kernels();
        kernels.fill(y, 0);
        kernels.reduceAdd(x, w, Broadcast.SCALAR, y);
        if (y.requiresGradient()) {
            tape.record(() -> {
                Tensor dx = tape.gradient(x);
                if (w == null) {
                    kernels.add(dx, tape.gradient(y), Broadcast.SCALAR, dx);
                } else {
                    kernels.multiplyAdd(w, tape.gradient(y), Broadcast.SCALAR, dx);
                }
            });
        }
        return y;
    }
}
