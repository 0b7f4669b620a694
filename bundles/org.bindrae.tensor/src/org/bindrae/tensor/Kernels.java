package org.bindrae.tensor;

import java.util.List;
import java.util.function.Supplier;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The primitive operations that a {@link Device} provides. Tensors are seen as matrices of {@link Tensor#rows()} × {@link Tensor#columns()}. All floating
 * tensors of a call have one type. Kernels named {@code …Backward} or {@code …Add} add to their last argument(s), if they are not told otherwise; the others
 * overwrite them. Every kernel gives the same bits for the same input on the same device.
 */
@ProviderType
public interface Kernels {
    enum Unary {
        GELU, RELU, SIGMOID, TANH, SOFTPLUS, EXP, LOG, SQRT, RECIPROCAL, SQUARE
    }

    /** How a smaller operand is spread over a matrix of rows × columns. */
    enum Broadcast {
        /** the same size */
        NONE,
        /** one value per column, [columns] */
        ROW,
        /** one value per row, [rows] */
        COLUMN,
        /** one value */
        SCALAR
    }

    /** A matrix inside a tensor: element (i, j) at {@code offset + i·stride + j}. */
    record Matrix(Tensor tensor, long offset, int stride) {
        public static Matrix of(Tensor tensor) {
            return new Matrix(tensor, 0, tensor.columns());
        }
    }

    /** c[m,n] = alpha · op(a)·op(b) + beta · c, op = transpose where said. Zero sizes are allowed. */
    void gemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c);

    /** y = x·weightᵀ + bias: x [rows, in], weight [out, in], bias [out] or null, y [rows, out]. */
    default void linear(Tensor x, Tensor weight, Tensor bias, Tensor y) {
        Matrix w = new Matrix(weight, 0, weight.columns());
        gemm(false, true, x.rows(), weight.rows(), weight.columns(), 1, Matrix.of(x), w, 0, Matrix.of(y));
        if (bias != null) {
            add(y, bias, Broadcast.ROW, y);
        }
    }

    /** A {@link #linear} map and where its result goes; bias may be null. */
    record LinearMap(Tensor x, Tensor weight, Tensor bias, Tensor y) {
    }

    /** {@link #linear} for each, in no particular order. */
    default void linears(List<LinearMap> maps) {
        maps.forEach(map -> linear(map.x, map.weight, map.bias, map.y));
    }

    /** dweight += dyᵀ·x and dbias += Σ dy over the rows: the gradients of a linear map with these as its parameters; dbias may be null. */
    record LinearGradient(Tensor dy, Tensor x, Tensor dweight, Tensor dbias) {
    }

    /** Adds gradients of linear maps; where one of them comes more than once, the sums are added in the order given. */
    default void linearGradientsAdd(List<LinearGradient> gradients) {
        for (LinearGradient g : gradients) {
            Matrix dw = new Matrix(g.dweight, 0, g.dweight.columns());
            gemm(true, false, g.dweight.rows(), g.dweight.columns(), g.x.rows(), 1, Matrix.of(g.dy), Matrix.of(g.x), 1, dw);
            if (g.dbias != null) {
                reduceAdd(g.dy, null, Broadcast.ROW, g.dbias);
            }
        }
    }

    /** Whether one call of {@link #linearGradientsAdd} with all that a backward pass adds is faster than a call where each of them is known. */
    default boolean gathersLinearGradients() {
        return false;
    }

    /**
     * What comes back through a linear map: dx += dy·weight, or dx = dy·weight where it does not add.
     *
     * @param dy [rows, out]
     * @param weight [out, in]
     * @param dx [rows, in]
     */
    record InputGradient(Tensor dy, Tensor weight, boolean adds, Tensor dx) {
    }

    /** Each in the order given. Those with the same dx are a sum, which need not be rounded in between; different ones do not overlap, nor with a dy. */
    default void inputGradients(List<InputGradient> gradients) {
        for (InputGradient g : gradients) {
            gemm(false, false, g.dx.rows(), g.dx.columns(), g.weight.rows(), 1, Matrix.of(g.dy), new Matrix(g.weight, 0, g.dx.columns()), g.adds ? 1 : 0,
                    Matrix.of(g.dx));
        }
    }

    /**
     * z = x·weightᵀ + bias as {@link #linear}, y = dropout(gelu(z)), where dropout is that of {@link #dropout}, or nothing at a rate of 0.
     *
     * @param z kept for the backward pass
     */
    default void linearGelu(Tensor x, Tensor weight, Tensor bias, Dropout dropout, Tensor z, Tensor y) {
        linear(x, weight, bias, z);
        unary(Unary.GELU, z, y);
        if (dropout.rate() > 0) {
            dropout(y, dropout, y);
        }
    }

    /**
     * dz = dropout(dy·weight)·gelu'(z): the way back through a linear map and the {@link #linearGelu} whose result it took.
     *
     * @param dy [rows, out], the gradient of that map's result
     * @param weight [out, hidden], of that map
     * @param z [rows, hidden]
     * @param room memory like dz, for devices that need it
     */
    default void linearGeluBackward(Tensor dy, Tensor weight, Tensor z, Dropout dropout, Tensor dz, Supplier<Tensor> room) {
        Tensor dh = room.get();
        gemm(false, false, dy.rows(), weight.columns(), weight.rows(), 1, Matrix.of(dy), Matrix.of(weight), 0, Matrix.of(dh));
        if (dropout.rate() > 0) {
            dropout(dh, dropout, dh);
        }
        unaryBackward(Unary.GELU, z, z, dh, false, dz);
    }

    void fill(Tensor y, double value);

    void copy(Tensor x, Tensor y);

    /** Converts between element types. */
    void cast(Tensor x, Tensor y);

    /** y = a·x + b·y */
    void axpby(double a, Tensor x, double b, Tensor y);

    /** y = x + spread(b) */
    void add(Tensor x, Tensor b, Broadcast spread, Tensor y);

    /** y = x ∘ spread(b) */
    void multiply(Tensor x, Tensor b, Broadcast spread, Tensor y);

    /** y += x ∘ spread(b) */
    void multiplyAdd(Tensor x, Tensor b, Broadcast spread, Tensor y);

    /**
     * y += the sum over what {@code spread} spreads of x ∘ w (w has the size of x, or is null for 1): ROW sums over rows, COLUMN over columns, SCALAR over all.
     */
    void reduceAdd(Tensor x, Tensor w, Broadcast spread, Tensor y);

    void unary(Unary function, Tensor x, Tensor y);

    /** dx = dy · f'(x), or dx += dy · f'(x) where said; y = f(x) is given as well. */
    void unaryBackward(Unary function, Tensor x, Tensor y, Tensor dy, boolean add, Tensor dx);

    /** y = (x − mean)·rstd·gamma + beta over the columns of each row; mean and rstd [rows] are kept for the backward pass. */
    void layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps, Tensor y, Tensor mean, Tensor rstd);

    /** Writes dx, or adds to it where said, and adds to dgamma and dbeta; each may be null when not needed. */
    void layerNormBackward(Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, boolean add, Tensor dx, Tensor dgamma, Tensor dbeta);

    /** Softmax over the columns of each row. */
    void softmax(Tensor x, Tensor y);

    void softmaxBackward(Tensor y, Tensor dy, Tensor dx);

    /**
     * What attention of rows to rows of the same sequence depends on.
     *
     * @param heads equal groups of columns
     * @param rotation [positions, columns of a head]: the cosines of the angles of each position within its sequence, half as many as a head has columns, and
     *     then their sines
     */
    record SelfAttention(Packing sequences, int heads, Tensor rotation) {
        /** What {@link #selfAttention} asks of its operands. */
        public void check(Tensor q, Tensor k, Tensor v, Tensor y) {
            Operands.floating(q, k, v, y, rotation);
            Operands.sameSize(q, k, v, y);
            if (q.rows() != sequences.total() || q.columns() != heads * rotation.columns() || rotation.columns() % 2 != 0
                    || rotation.rows() < sequences.longest()) {
                throw new IllegalArgumentException(
                        q + " is not " + sequences.total() + " rows of " + heads + " heads with positions " + rotation + " up to " + sequences.longest());
            }
        }

        /** 1 / √(columns of a head). */
        public double scale() {
            return 1 / Math.sqrt(rotation.columns());
        }
    }

    /**
     * Scaled dot-product attention (Vaswani et al. 2017) with rotary positions (Su et al. 2021): y_i = Σ_j softmax_j(R_i(q_i·scale) · R_j k_j) v_j for each
     * head, over the rows j of the sequence of i; R turns columns c and c + d/2 of a head of d columns by angle c of the row's position.
     *
     * @param q [rows, heads·d], and so k, v, y; no two of these overlap
     * @param room for working memory in proportion to the rows
     */
    default void selfAttention(Tensor q, Tensor k, Tensor v, SelfAttention form, TensorArena room, Tensor y) {
        form.check(q, k, v, y);
        new TiledAttention(this, form, room).run(q, k, v, y);
    }

    /** Logarithm of the softmax over the columns of each row. */
    void logSoftmax(Tensor x, Tensor y);

    void logSoftmaxBackward(Tensor y, Tensor dy, Tensor dx);

    /**
     * Random numbers of one use of dropout: the factor of element i is 1/(1−rate) where {@link Philox#uniform}(seed, stream, i) ≥ rate, otherwise 0. The same
     * numbers give the same factors in the backward pass.
     */
    record Dropout(double rate, long seed, long stream) {
        /** Keeps everything as it is. */
        public static final Dropout NONE = new Dropout(0, 0, 0);

        public Dropout {
            if (!(rate >= 0 && rate < 1)) {
                throw new IllegalArgumentException("dropout rate must lie in [0, 1): " + rate);
            }
        }

        /** The smallest number of 24 bits that is kept: uniform numbers are multiples of 2^-24. */
        public int threshold() {
            return (int) Math.ceil(rate * 0x1p24);
        }

        /** Factor of what is kept. */
        public double scale() {
            return 1 / (1 - rate);
        }
    }

    /** y = x ∘ factors; y may be x. */
    void dropout(Tensor x, Dropout dropout, Tensor y);

    /** y += x ∘ factors. */
    void dropoutAdd(Tensor x, Dropout dropout, Tensor y);

    /** y = base + x ∘ factors. */
    default void addDropout(Tensor base, Tensor x, Dropout dropout, Tensor y) {
        dropout(x, dropout, y);
        add(base, y, Broadcast.NONE, y);
    }

    /** Copies {@code count} columns of x, starting at xColumn, to y at yColumn; adds instead where said. */
    void copyColumns(Tensor x, int xColumn, Tensor y, int yColumn, int count, boolean add);

    /** Arguments of {@link #copyColumns(Tensor, int, Tensor, int, int, boolean)}. */
    record ColumnCopy(Tensor x, int xColumn, Tensor y, int yColumn, int count) {
    }

    /** {@link #copyColumns(Tensor, int, Tensor, int, int, boolean)} for each, as if one after another. */
    default void copyColumns(List<ColumnCopy> copies, boolean add) {
        copies.forEach(copy -> copyColumns(copy.x, copy.xColumn, copy.y, copy.yColumn, copy.count, add));
    }

    /**
     * y[i] = x[index[i]] by rows; a negative index gives a row of zeros. An index beyond the rows is an error, which a device that cannot look at indices
     * without waiting answers with a row of NaN (or −1).
     */
    void gatherRows(Tensor x, Tensor index, Tensor y);

    /** y[index[i]] += x[i] by rows, in the order of i; negative indices (and, where a device cannot look at them, indices beyond the rows) are skipped. */
    void scatterAddRows(Tensor x, Tensor index, Tensor y);

    /**
     * y_t = Σ_j w_(t,j)·x_(t·k + j) by rows, in the order of j; adds instead where said. k is what x has rows for each of y.
     *
     * @param x [rows·k, columns]
     * @param w [rows, k], or null for ones
     * @param y [rows, columns]
     */
    void sumGroups(Tensor x, Tensor w, boolean add, Tensor y);

    /** y_(t·k + j) = w_(t,j)·x_t by rows, with the shapes of {@link #sumGroups} the other way round; adds instead where said. */
    void spreadGroups(Tensor x, Tensor w, boolean add, Tensor y);

    /**
     * y_t = Σ_j w_(t,j)·gelu(x_(t·k + j)), as {@link #sumGroups}.
     *
     * @param room memory like x, for devices that need it
     */
    default void sumGroupsGelu(Tensor x, Tensor w, Tensor y, Supplier<Tensor> room) {
        Tensor h = room.get();
        unary(Unary.GELU, x, h);
        sumGroups(h, w, false, y);
    }

    /**
     * dx_(t·k + j) = w_(t,j)·dy_t ∘ gelu'(x_(t·k + j)): the way back through {@link #sumGroupsGelu}; adds instead where said.
     *
     * @param room memory like x, for devices that need it
     */
    default void sumGroupsGeluBackward(Tensor x, Tensor w, Tensor dy, boolean add, Tensor dx, Supplier<Tensor> room) {
        Tensor dh = room.get();
        spreadGroups(dy, w, false, dh);
        unaryBackward(Unary.GELU, x, x, dh, add, dx);
    }

    /** w_(t,j) += x_t·y_(t·k + j), the products of rows: x [rows, columns], y [rows·k, columns], w [rows, k]. */
    void dotGroupsAdd(Tensor x, Tensor y, Tensor w);

    /**
     * y_(t·k + j) = x_(t·k + j) + targets_t + sources_index(t,j) by rows, with nothing of sources where the index is negative. y may be x. An index beyond the
     * rows of sources is an error, or a row of NaN, as in {@link #gatherRows}.
     *
     * @param x [rows·k, columns], and so y
     * @param targets [rows, columns]
     * @param sources [any, columns]
     * @param index I32 [rows, k]
     */
    void addEndpoints(Tensor x, Tensor targets, Tensor sources, Tensor index, Tensor y);

    /**
     * z as {@link #addEndpoints} makes y, and y = gelu(z).
     *
     * @param z kept for the backward pass; may be x
     */
    default void addEndpointsGelu(Tensor x, Tensor targets, Tensor sources, Tensor index, Tensor z, Tensor y) {
        addEndpoints(x, targets, sources, index, z);
        unary(Unary.GELU, z, y);
    }

    /** Σ x², summed in double precision. */
    double sumOfSquares(Tensor x);

    /** Whether every element is finite. */
    boolean allFinite(Tensor x);

    /** One AdamW step (Loshchilov and Hutter 2019) on one parameter; the gradient is multiplied by gradientScale first. */
    void adamW(AdamWStep step, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment);

    /** Numbers of one {@link #adamW} call; {@code step} counts from 1. */
    record AdamWStep(long step, double learningRate, double beta1, double beta2, double eps, double weightDecay, double gradientScale) {
        /** Of p = p·decay − rate·m / (√v·rootScale + eps). */
        public double decay() {
            return 1 - learningRate * weightDecay;
        }

        /** As in {@link #decay}. */
        public double rate() {
            return learningRate / (1 - StrictMath.pow(beta1, step));
        }

        /** As in {@link #decay}. */
        public double rootScale() {
            return 1 / Math.sqrt(1 - StrictMath.pow(beta2, step));
        }
    }

    /**
     * Tensors for the calls below. Lists used together hold as many tensors, each of the size of its counterparts.
     *
     * @param arena keeps what the device needs to find them, for as long as the list is used
     */
    default TensorList list(TensorArena arena, List<Tensor> tensors) {
        List<Tensor> copy = List.copyOf(tensors);
        return () -> copy;
    }

    /** {@link #fill(Tensor, double)} for each. */
    default void fill(TensorList y, double value) {
        y.tensors().forEach(tensor -> fill(tensor, value));
    }

    /** Σ x² over all of them, summed in double precision. */
    default double sumOfSquares(TensorList x) {
        double squares = 0;
        for (Tensor tensor : x.tensors()) {
            squares += sumOfSquares(tensor);
        }
        return squares;
    }

    /** What the state of an optimiser holds at which place. */
    enum OptimiserState {
        /** Norm of the gradients in the last step, times their scale, before clipping. */
        NORM,
        /** Steps that changed something. */
        STEPS,
        /** 1 if the last step changed something, 0 if its norm was not finite. */
        COUNTED;

        /** Elements of a state; those beyond the constants are the device's own. */
        public static final int SIZE = 8;

        /** The state before the first step: {@link DType#F64} [SIZE]. */
        public static Tensor create(TensorArena arena) {
            return arena.zeros(DType.F64, Shape.of(SIZE));
        }
    }

    /** Numbers of one {@link #adamW(AdamWUpdate, TensorList, TensorList, TensorList, TensorList, Tensor, Tensor) step of all parameters}. */
    record AdamWUpdate(double learningRate, double beta1, double beta2, double eps, double gradientScale, double largestNorm) {
    }

    /**
     * One AdamW step on all parameters of a model. The gradients are multiplied by {@code gradientScale} and shortened together to {@code largestNorm} where
     * they are longer; when their norm is not finite, nothing changes but the state. The host need not wait for any of this.
     *
     * @param weightDecay per parameter, {@link DType#F64}
     * @param state as {@link OptimiserState#create} makes it
     */
    default void adamW(AdamWUpdate update, TensorList parameters, TensorList gradients, TensorList firstMoments, TensorList secondMoments, Tensor weightDecay,
            Tensor state) {
        double[] values = state.toDoubles();
        double norm = Math.sqrt(sumOfSquares(gradients)) * update.gradientScale();
        boolean counts = Double.isFinite(norm);
        values[OptimiserState.NORM.ordinal()] = norm;
        values[OptimiserState.COUNTED.ordinal()] = counts ? 1 : 0;
        values[OptimiserState.STEPS.ordinal()] += counts ? 1 : 0;
        state.set(values);
        if (!counts) {
            return;
        }
        long step = (long) values[OptimiserState.STEPS.ordinal()];
        double clipped = norm > update.largestNorm() ? update.gradientScale() * (update.largestNorm() / norm) : update.gradientScale();
        double[] decays = weightDecay.toDoubles();
        for (int i = 0; i < decays.length; i++) {
            var one = new AdamWStep(step, update.learningRate(), update.beta1(), update.beta2(), update.eps(), decays[i], clipped);
            adamW(one, parameters.tensors().get(i), gradients.tensors().get(i), firstMoments.tensors().get(i), secondMoments.tensors().get(i));
        }
    }

    /**
     * Moves averages towards the parameters: average = keep·average + (1 − keep)·parameter with keep = min(decay, (1 + n)/(10 + n)) after n updates.
     *
     * @param updates n, {@link DType#F64} [1]; grows by one
     * @param optimiser nothing changes where this state says that the last step changed nothing; null for an update in any case
     */
    default void average(TensorList parameters, TensorList averages, double decay, Tensor updates, Tensor optimiser) {
        if (optimiser != null && optimiser.toDoubles()[OptimiserState.COUNTED.ordinal()] == 0) {
            return;
        }
        double before = updates.item();
        double keep = Math.min(decay, (1.0 + before) / (10.0 + before));
        updates.set(before + 1);
        for (int i = 0; i < averages.tensors().size(); i++) {
            axpby(1 - keep, parameters.tensors().get(i), keep, averages.tensors().get(i));
        }
    }
}
