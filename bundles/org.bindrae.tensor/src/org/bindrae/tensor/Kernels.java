package org.bindrae.tensor;

/**
 * The primitive operations that a {@link Device} provides. Tensors are seen as matrices of {@link Tensor#rows()} × {@link Tensor#columns()}. All floating
 * tensors of a call have one type. Kernels named {@code …Backward} or {@code …Add} add to their last argument(s); the others overwrite them. Every kernel gives
 * the same bits for the same input on the same device.
 */
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

    /** dx += dy · f'(x); y = f(x) is given as well. */
    void unaryBackward(Unary function, Tensor x, Tensor y, Tensor dy, Tensor dx);

    /** y = (x − mean)·rstd·gamma + beta over the columns of each row; mean and rstd [rows] are kept for the backward pass. */
    void layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps, Tensor y, Tensor mean, Tensor rstd);

    /** Adds to dx, dgamma, dbeta; each may be null when not needed. */
    void layerNormBackward(Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, Tensor dx, Tensor dgamma, Tensor dbeta);

    /** Softmax over the columns of each row. */
    void softmax(Tensor x, Tensor y);

    void softmaxBackward(Tensor y, Tensor dy, Tensor dx);

    /** Logarithm of the softmax over the columns of each row. */
    void logSoftmax(Tensor x, Tensor y);

    void logSoftmaxBackward(Tensor y, Tensor dy, Tensor dx);

    /**
     * y += x·mask/(1−rate), where the mask of element i is {@link Philox#uniform}(seed, stream, i) ≥ rate: the same call with the same numbers is its own
     * backward pass.
     */
    void dropoutAdd(Tensor x, double rate, long seed, long stream, Tensor y);

    /** Copies {@code count} columns of x, starting at xColumn, to y at yColumn; adds instead where said. */
    void copyColumns(Tensor x, int xColumn, Tensor y, int yColumn, int count, boolean add);

    /** y[i] = x[index[i]] by rows; a negative index gives a row of zeros. */
    void gatherRows(Tensor x, Tensor index, Tensor y);

    /** y[index[i]] += x[i] by rows, in the order of i; negative indices are skipped. */
    void scatterAddRows(Tensor x, Tensor index, Tensor y);

    /** Σ x², summed in double precision. */
    double sumOfSquares(Tensor x);

    /** Whether every element is finite. */
    boolean allFinite(Tensor x);

    /** One AdamW step (Loshchilov and Hutter 2019) on one parameter; the gradient is multiplied by gradientScale first. */
    void adamW(AdamWStep step, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment);

    /** Numbers of one {@link #adamW} call; {@code step} counts from 1. */
    record AdamWStep(long step, double learningRate, double beta1, double beta2, double eps, double weightDecay, double gradientScale) {
    }
}
