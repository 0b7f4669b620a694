package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.List;

import org.bindrae.tensor.Tensor;

/**
 * Shapes the launches of {@code reductions.cu}: sums over rows in one launch, in tiles of columns and slabs of rows.
 *
 * @param columns of the matrix, or packs of columns
 * @param pack columns of a pack, or 1
 * @param width columns or packs of a tile
 * @param slabs as many as there are rows for
 */
record ColumnSums(long rows, int columns, int pack, int width, long slabRows, int slabs) {
    private static final int THREADS = 256;
    private static final int WARP = 32;
    private static final int PACK_BYTES = 16;
    /** Counters that kernels find at zero and leave at zero. */
    static final int COUNTERS = 4096;
    /** Matrices of one launch of {@link #addAll}. */
    static final int TOGETHER = 4;
    /** Columns of a tile, and packs: a sector of memory. */
    private static final int TILE = 32;
    private static final int TILE_OF_PACKS = 2;
    /** Rows that a thread sums before a second slab pays. */
    private static final int ROWS_PER_THREAD = 9;
    /** Blocks that keep any card busy. */
    private static final int BLOCKS = 1024;

    static ColumnSums of(long rows, int columns) {
        return of(rows, columns, 1, TILE);
    }

    /** For matrices of these columns that are read in packs where they can be. */
    static ColumnSums of(long rows, int columns, Tensor... matrices) {
        int pack = PACK_BYTES / matrices[0].dtype().bytes();
        for (Tensor matrix : matrices) {
            if (matrix != null && (columns % pack != 0 || matrix.memory().address() % PACK_BYTES != 0)) {
                return of(rows, columns);
            }
        }
        return of(rows, columns / pack, pack, TILE_OF_PACKS);
    }

    private static ColumnSums of(long rows, int columns, int pack, int tile) {
        int width = Math.min(tile, Math.max(1, Integer.highestOneBit(2 * columns - 1)));
        int tiles = Math.ceilDiv(columns, width);
        long most = tiles > COUNTERS ? 1 : Math.max(1, BLOCKS / Math.max(1, tiles));
        long wanted = Math.clamp(Math.ceilDiv(rows, (long) ROWS_PER_THREAD * (THREADS / width)), 1, most);
        long slabRows = Math.ceilDiv(rows, wanted);
        return new ColumnSums(rows, columns, pack, width, slabRows, slabRows == 0 ? 0 : Math.toIntExact(Math.ceilDiv(rows, slabRows)));
    }

    private int tiles() {
        return Math.ceilDiv(columns, width);
    }

    private int inPacks() {
        return pack > 1 ? 1 : 0;
    }

    /** Scratch memory for so many sums per column, or null where none is needed. */
    private MemorySegment partial(CudaDevice device, int sums) {
        return slabs > 1 ? device.scratch((long) slabs * sums * pack * columns * Double.BYTES) : null;
    }

    /** y += Σ x ∘ w. */
    void add(CudaDevice device, CudaKernel kernel, Tensor x, Tensor w, Tensor y, Tensor counters) {
        launch(kernel, x, w, y, rows, columns * pack, inPacks(), width, slabRows, partial(device, 1), counters);
    }

    /** y_i += Σ x_i for up to {@link #TOGETHER} matrices of the same rows. */
    static void addAll(CudaDevice device, CudaKernel kernel, List<Tensor> x, List<Tensor> y, Tensor counters) {
        int tiles = x.stream().mapToInt(matrix -> Math.ceilDiv(matrix.columns(), TILE)).sum();
        int columns = x.stream().mapToInt(Tensor::columns).sum();
        // as for one matrix with the columns of all
        ColumnSums sums = of(x.getFirst().rows(), tiles * TILE);
        Object[] arguments = new Object[3 * TOGETHER + 5];
        for (int i = 0; i < TOGETHER; i++) {
            boolean there = i < x.size();
            arguments[3 * i] = there ? x.get(i) : null;
            arguments[3 * i + 1] = there ? y.get(i) : null;
            arguments[3 * i + 2] = there ? x.get(i).columns() : 0;
        }
        arguments[3 * TOGETHER] = sums.rows;
        arguments[3 * TOGETHER + 1] = sums.slabRows;
        arguments[3 * TOGETHER + 2] = sums.slabs;
        arguments[3 * TOGETHER + 3] = sums.slabs > 1 ? device.scratch((long) sums.slabs * columns * Double.BYTES) : null;
        arguments[3 * TOGETHER + 4] = counters;
        kernel.launch(tiles * sums.slabs, 1, 1, THREADS, 0, arguments);
    }

    /** All gradients of a layer norm; each of dx, dgamma, dbeta may be null. */
    void layerNormBackward(CudaDevice device, CudaKernel kernel, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, boolean add, Tensor dx,
            Tensor dgamma, Tensor dbeta, Tensor counters) {
        boolean sums = dgamma != null || dbeta != null;
        int blocks = (sums ? tiles() * slabs : 0) + (dx == null ? 0 : Math.toIntExact(Math.ceilDiv(rows, THREADS / WARP)));
        kernel.launch(blocks, THREADS, x, gamma, mean, rstd, dy, add ? 1 : 0, dx, dgamma, dbeta, (int) rows, columns * pack, inPacks(), width,
                slabRows, sums ? tiles() : 0, slabs, sums ? partial(device, 2) : null, counters);
    }

    /** y = Σ x² of a column. */
    void squares(CudaDevice device, CudaKernel kernel, Tensor x, Tensor y, Tensor counters) {
        launch(kernel, x, y, rows, slabRows, partial(device, 1), counters);
    }

    private void launch(CudaKernel kernel, Object... arguments) {
        kernel.launch(tiles(), slabs, 1, THREADS, 0, arguments);
    }
}
