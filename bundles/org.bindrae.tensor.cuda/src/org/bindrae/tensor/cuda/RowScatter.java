package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Tensor;

/** Adds rows to rows in fixed order, in one of the two ways of {@code scatter.cu}. */
final class RowScatter {
    private static final int THREADS = 256;
    /** Rows of a block: one per warp. */
    private static final int ROWS = THREADS / 32;
    /** Columns of a block. */
    private static final int COLUMNS = 128;
    /** Comparisons of a row with an index up to which one launch that makes all of them is the faster way. */
    private static final long LARGEST_SCAN = 30_000_000;

    private final CudaDevice device;
    private final CudaModule module;

    RowScatter(CudaDevice device, CudaModule module) {
        this.device = device;
        this.module = module;
    }

    void add(Tensor x, Tensor index, Tensor y, String suffix) {
        int n = Math.toIntExact(index.size());
        int rows = y.rows();
        int columns = y.columns();
        if (n == 0 || y.size() == 0) {
            return;
        }
        int tiles = Math.ceilDiv(columns, COLUMNS);
        if ((long) n * rows * tiles <= LARGEST_SCAN) {
            module.kernel("tensor_scatterScan_" + suffix).launch(Math.ceilDiv(rows, ROWS), tiles, 1, THREADS, 0, x, index, y, n, rows, columns);
            return;
        }
        MemorySegment scratch = device.scratch((3L * rows + 1 + n) * Integer.BYTES);
        MemorySegment counts = scratch.asSlice(0, (long) rows * Integer.BYTES);
        MemorySegment taken = scratch.asSlice((long) rows * Integer.BYTES);
        MemorySegment starts = scratch.asSlice((rows + 1L) * Integer.BYTES);
        MemorySegment lengths = scratch.asSlice((2L * rows + 1) * Integer.BYTES);
        MemorySegment list = scratch.asSlice((3L * rows + 1) * Integer.BYTES);
        // counts and the number of slots taken
        module.kernel("tensor_fill_i32").launch(Math.ceilDiv(rows + 1, 4 * THREADS), THREADS, counts, 0, rows + 1L);
        module.kernel("tensor_scatterCount").launch(Math.ceilDiv(n, THREADS), THREADS, index, n, rows, counts);
        module.kernel("tensor_scatterPlace").launch(Math.ceilDiv(rows, THREADS), THREADS, counts, rows, starts, lengths, taken);
        module.kernel("tensor_scatterList").launch(Math.ceilDiv(n, THREADS), THREADS, index, n, rows, starts, counts, list);
        module.kernel("tensor_scatterApply_" + suffix).launch(Math.ceilDiv(rows, ROWS), tiles, 1, THREADS, 0, x, starts, lengths, list, y, rows, columns);
    }
}
