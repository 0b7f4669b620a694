package org.bindrae.tensor.cuda;

/** The tile of the result that one block of threads computes; see {@code gemm/kernels.cuh}. */
enum GemmTile {
    SMALL(64, 64, 4), TALL(128, 64, 3), LARGE(128, 128, 3);

    /** Steps along k of one stage of the copies into shared memory. */
    static final int DEPTH = 32;

    /** Threads of a block of two warpgroups. */
    static final int WIDE_THREADS = 256;

    /** Tiles of rounded factors in such a block. */
    private static final int WIDE_TILES = 3;

    private final int rows;
    private final int columns;
    private final int stages;

    GemmTile(int rows, int columns, int stages) {
        this.rows = rows;
        this.columns = columns;
        this.stages = stages;
    }

    int threads(GemmPrecision precision) {
        return this == LARGE && precision == GemmPrecision.F32 || precision == GemmPrecision.F64 ? 256 : 128;
    }

    int sharedBytes(GemmPrecision precision) {
        return precision == GemmPrecision.F64 ? 0 : stages * (rows + columns) * DEPTH * Float.BYTES;
    }

    /** Blocks for one slice of one product. */
    long tiles(int m, int n) {
        return (long) Math.ceilDiv(m, rows) * Math.ceilDiv(n, columns);
    }

    /** Shared memory of a block of two warpgroups; see {@code gemm/gemm_sm90a.cu}. */
    int wideSharedBytes(GemmPrecision precision) {
        boolean narrow = precision == GemmPrecision.BF16;
        int slab = narrow && this == SMALL ? 2 * DEPTH : DEPTH;
        int slabs = switch (this) {
            case SMALL -> narrow ? 2 : 3;
            case TALL -> narrow ? 3 : 5;
            case LARGE -> narrow ? 2 : 3;
        };
        return (rows + columns) * slab * (WIDE_TILES * (narrow ? Short.BYTES : Float.BYTES) + slabs * Float.BYTES);
    }

    /** Numbers of slices of k for which there are kernels with two warpgroups. */
    boolean hasWide(int slices) {
        return slices == 1 || slices == 2 || slices == 4 && this != TALL;
    }

    int elements() {
        return rows * columns;
    }

    /** As in the names of kernels. */
    String size() {
        return rows + "x" + columns;
    }
}
