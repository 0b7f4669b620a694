package org.bindrae.tensor.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Kernels.Matrix;
import org.bindrae.tensor.Tensor;

/**
 * A product c[m,n] = alpha·op(a)·op(b) + bias + beta·c with its {@link GemmEpilogue}, or {@code batch} of them whose matrices lie {@code batchA, batchB,
 * batchC} elements apart.
 *
 * @param bias [n] or null
 * @param pre contiguous like c, for an epilogue that needs it
 * @param dropout of such an epilogue
 */
record GemmProblem(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c, Tensor bias,
        Tensor pre, GemmEpilogue epilogue, Dropout dropout, int batch, long batchA, long batchB, long batchC) {
    /** Elements of the smallest matrix of a product that is small: 64 outputs of 128 inputs. */
    private static final long SMALL = 8192;

    private static final int VECTOR_A = 1;
    private static final int VECTOR_B = 2;
    private static final int VECTOR_C = 4;
    private static final int TRANSPOSED_A = 32;
    private static final int TRANSPOSED_B = 64;
    /** Elements and bytes of the widest access. */
    private static final int QUAD = 4;
    private static final int QUAD_BYTES = QUAD * Float.BYTES;

    static GemmProblem of(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        return new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, b, beta, c, null, null, GemmEpilogue.NONE, Dropout.NONE, 1, 0, 0, 0);
    }

    GemmProblem withBias(Tensor newBias) {
        return withEpilogue(newBias, GemmEpilogue.NONE, null, Dropout.NONE);
    }

    GemmProblem withEpilogue(Tensor newBias, GemmEpilogue newEpilogue, Tensor newPre, Dropout newDropout) {
        return new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, b, beta, c, newBias, newPre, newEpilogue, newDropout, batch, batchA, batchB, batchC);
    }

    private GemmProblem withBatch(int newBatch, long newBatchA, long newBatchB, long newBatchC) {
        return new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, b, beta, c, bias, pre, epilogue, dropout, newBatch, newBatchA, newBatchB,
                newBatchC);
    }

    /** The same, with its result elsewhere. */
    GemmProblem withResult(Matrix newC) {
        return new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, b, beta, newC, bias, pre, epilogue, dropout, batch, batchA, batchB, batchC);
    }

    GemmProblem withBeta(double newBeta) {
        return new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, b, newBeta, c, bias, pre, epilogue, dropout, batch, batchA, batchB, batchC);
    }

    DType dtype() {
        return c.tensor().dtype();
    }

    boolean isEmpty() {
        return m == 0 || n == 0 || batch == 0;
    }

    /** Steps of shared memory along k. */
    int steps() {
        return Math.ceilDiv(k, GemmTile.DEPTH);
    }

    long operations() {
        return 2L * m * n * k * batch;
    }

    /**
     * This batch with one product more, or null where that is not the same product at the same distance from the last one, writing elsewhere.
     */
    GemmProblem append(GemmProblem next) {
        if (next.batch != 1 || next.transposeA != transposeA || next.transposeB != transposeB || next.m != m || next.n != n || next.k != k
                || next.alpha != alpha || next.beta != beta || next.epilogue != GemmEpilogue.NONE || epilogue != GemmEpilogue.NONE || bias != null
                || next.bias != null || next.a.stride() != a.stride() || next.b.stride() != b.stride() || next.c.stride() != c.stride()) {
            return null;
        }
        long stepA = (address(next.a) - address(a)) / dtype().bytes();
        long stepB = (address(next.b) - address(b)) / dtype().bytes();
        long stepC = (address(next.c) - address(c)) / dtype().bytes();
        if (batch == 1) {
            return stepC == 0 ? null : withBatch(2, stepA, stepB, stepC);
        }
        return stepA == batch * batchA && stepB == batch * batchB && stepC == batch * batchC ? withBatch(batch + 1, batchA, batchB, batchC) : null;
    }

    static long address(Matrix matrix) {
        return matrix.tensor().memory().address() + matrix.offset() * matrix.tensor().dtype().bytes();
    }

    private static long address(Tensor tensor) {
        return tensor == null ? 0 : tensor.memory().address();
    }

    /** As the kernels expect them, the first matrix of each kind. */
    int flags() {
        boolean vectorC = isVector(c, n, batchC) && address(bias) % QUAD_BYTES == 0 && address(pre) % QUAD_BYTES == 0;
        return (isVector(a, transposeA ? m : k, batchA) ? VECTOR_A : 0) | (isVector(b, transposeB ? k : n, batchB) ? VECTOR_B : 0) | (vectorC ? VECTOR_C : 0)
                | epilogue.bits() | (transposeA ? TRANSPOSED_A : 0) | (transposeB ? TRANSPOSED_B : 0);
    }

    /** Those of {@link #flags} for the result alone. */
    int resultFlags() {
        return flags() & VECTOR_C;
    }

    /** Writes the factors, as a kernel for sums of products expects them. */
    int factors(Object[] target, int at) {
        int i = at;
        target[i++] = address(a);
        target[i++] = address(b);
        target[i++] = a.stride();
        target[i++] = b.stride();
        target[i++] = k;
        target[i++] = flags();
        return i;
    }

    /** Whether a and b can be read by fours. */
    boolean hasVectors() {
        return isVector(a, transposeA ? m : k, batchA) && isVector(b, transposeB ? k : n, batchB);
    }

    private static boolean isVector(Matrix matrix, int extent, long distance) {
        return address(matrix) % QUAD_BYTES == 0 && matrix.stride() % QUAD == 0 && extent % QUAD == 0 && distance % QUAD == 0;
    }

    /** Writes the parameters that all kernels begin with; slices and what belongs to them follow in single precision. */
    int arguments(Object[] target, int at) {
        boolean wide = dtype() == DType.F64;
        int i = at;
        target[i++] = address(a);
        target[i++] = address(b);
        target[i++] = address(c);
        target[i++] = address(bias);
        target[i++] = address(pre);
        target[i++] = m;
        target[i++] = n;
        target[i++] = k;
        target[i++] = a.stride();
        target[i++] = b.stride();
        target[i++] = c.stride();
        target[i++] = wide ? (Object) alpha : (Object) (float) alpha;
        target[i++] = wide ? (Object) beta : (Object) (float) beta;
        target[i++] = flags();
        target[i++] = dropout.threshold();
        target[i++] = wide ? (Object) dropout.scale() : (Object) (float) dropout.scale();
        target[i++] = dropout.seed();
        target[i++] = dropout.stream();
        target[i++] = batchA;
        target[i++] = batchB;
        target[i++] = batchC;
        return i;
    }

    /**
     * Throws for matrices that do not lie within their tensors on the device, before a kernel would read elsewhere.
     *
     * @throws IllegalArgumentException with a message that names the matrix
     */
    void check(CudaDevice device) {
        if (m < 0 || n < 0 || k < 0) {
            throw new IllegalArgumentException("sizes of a product must not be negative: m=" + m + " n=" + n + " k=" + k);
        }
        check(device, "a", a, transposeA ? k : m, transposeA ? m : k);
        check(device, "b", b, transposeB ? n : k, transposeB ? k : n);
        check(device, "c", c, m, n);
        checkLength(device, "bias", bias, n);
        checkLength(device, "the pre-activation", pre, (long) m * n);
        if (pre != null && c.stride() != n) {
            throw new IllegalArgumentException("a product with a pre-activation needs a contiguous result");
        }
    }

    private void check(CudaDevice device, String name, Matrix matrix, int rows, int columns) {
        checkLength(device, name, matrix.tensor(), 0);
        if (rows == 0 || columns == 0) {
            return;
        }
        long end = matrix.offset() + (long) (rows - 1) * matrix.stride() + columns;
        if (matrix.offset() < 0 || rows > 1 && matrix.stride() < columns || end > matrix.tensor().memory().byteSize() / dtype().bytes()) {
            throw new IllegalArgumentException(name + " of " + rows + "×" + columns + " elements at " + matrix.offset() + " with stride " + matrix.stride()
                    + " does not lie in " + matrix.tensor());
        }
    }

    private void checkLength(CudaDevice device, String name, Tensor tensor, long length) {
        if (tensor == null) {
            return;
        }
        if (!(tensor.device() instanceof CudaDevice other && other.queue() == device.queue())) {
            throw new IllegalArgumentException(name + " is " + tensor + ", memory of another device than " + device.name());
        }
        if (tensor.dtype() != dtype()) {
            throw new IllegalArgumentException(name + " is " + tensor + ", but the product is of " + dtype());
        }
        if (tensor.size() < length) {
            throw new IllegalArgumentException(name + " is " + tensor + ", but needs " + length + " elements");
        }
    }

    GemmPrecision precision(GemmPrecision single) {
        return precision(dtype(), single, m, n, k);
    }

    /**
     * How a product c[m,n] is computed where single-precision products are computed as {@code single} says: in bf16 small factors keep more bits, which costs
     * nothing and is where they matter: pair features, torsions, frames.
     */
    static GemmPrecision precision(DType dtype, GemmPrecision single, long m, long n, long k) {
        if (dtype == DType.F64) {
            return GemmPrecision.F64;
        }
        return single == GemmPrecision.BF16 && Math.min(m * n, Math.min(m * k, n * k)) <= SMALL ? GemmPrecision.TF32 : single;
    }
}
