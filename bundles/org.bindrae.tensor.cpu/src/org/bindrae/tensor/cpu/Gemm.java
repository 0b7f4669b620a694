package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Matrix;

/** Matrix products on all threads: c is cut into blocks whose borders depend on its shape only, and each block is one product on one thread. */
final class Gemm {
    private static final int BLOCK_ROWS = 512;
    private static final int BLOCK_COLUMNS = 768;
    /** Below this many multiplications a second thread costs more than it saves. */
    private static final long SMALLEST_SPLIT = 1 << 22;

    private final WorkerPool pool;
    private final MatrixProduct product;

    Gemm(WorkerPool pool, MatrixProduct product) {
        this.pool = pool;
        this.product = product;
    }

    void run(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        if (m == 0 || n == 0) {
            return;
        }
        DType type = c.tensor().dtype();
        MemorySegment aData = data(a, transposeA ? k : m, transposeA ? m : k, type);
        MemorySegment bData = data(b, transposeB ? n : k, transposeB ? k : n, type);
        MemorySegment cData = data(c, m, n, type);
        if (k == 0 || alpha == 0) {
            scale(type, m, n, beta, cData, c.stride());
            return;
        }
        boolean whole = (long) m * n * k < SMALLEST_SPLIT;
        int rows = whole ? m : evenBlock(m, BLOCK_ROWS);
        int columns = whole ? n : evenBlock(n, BLOCK_COLUMNS);
        int across = Math.ceilDiv(n, columns);
        pool.parallel(Math.ceilDiv(m, rows) * across, 1, (from, to) -> {
            for (int block = from; block < to; block++) {
                int i = block / across * rows;
                int j = block % across * columns;
                product.multiply(type, transposeA, transposeB, Math.min(rows, m - i), Math.min(columns, n - j), k, alpha,
                        at(type, aData, transposeA ? i : (long) i * a.stride()), a.stride(), at(type, bData, transposeB ? (long) j * b.stride() : j),
                        b.stride(), beta, at(type, cData, (long) i * c.stride() + j), c.stride());
            }
        });
    }

    /** Cuts {@code size} into equal blocks of at most {@code largest}, at least two where that leaves 64 each; borders are multiples of 16. */
    private static int evenBlock(int size, int largest) {
        int blocks = Math.max(Math.ceilDiv(size, largest), size >= 128 ? 2 : 1);
        return Math.ceilDiv(Math.ceilDiv(size, blocks), 16) * 16;
    }

    private static MemorySegment at(DType type, MemorySegment data, long element) {
        return data.asSlice(element * type.bytes());
    }

    /** The memory from a matrix' first element on; fails where its last element is outside the tensor. */
    private static MemorySegment data(Matrix matrix, int rows, int columns, DType type) {
        if (matrix.tensor().dtype() != type) {
            throw new IllegalArgumentException("types differ: " + matrix.tensor() + " in a product of " + type);
        }
        long end = rows == 0 || columns == 0 ? 0 : matrix.offset() + (long) (rows - 1) * matrix.stride() + columns;
        if (matrix.offset() < 0 || end > matrix.tensor().size() || matrix.stride() < columns) {
            throw new IllegalArgumentException("a matrix of " + rows + "×" + columns + " at " + matrix.offset() + " with stride " + matrix.stride()
                    + " does not lie in " + matrix.tensor());
        }
        return end == 0 ? matrix.tensor().memory() : at(type, matrix.tensor().memory(), matrix.offset());
    }

    private static void scale(DType type, int m, int n, double beta, MemorySegment c, int stride) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                long at = (long) i * stride + j;
                type.set(c, at, beta == 0 ? 0 : beta * type.get(c, at));
            }
        }
    }
}
