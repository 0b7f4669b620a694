package org.bindrae.tensor.cuda;

/** The tile of the result that one block of threads computes; see {@code gemm/kernels.cuh}. */
enum GemmTile {
    SMALL(64, 64, 4), TALL(128, 64, 3), LARGE(128, 128, 3);

    /** Steps along k of one stage of the copies into shared memory. */
    static final int DEPTH = 32;

    /** Threads of a block of a cluster. */
    static final int CLUSTER_THREADS = 256;

    /** Tiles of rounded factors of a block of a cluster. */
    private static final int CLUSTER_TILES = 3;
    /** Neighbouring tiles of a cluster, down and across: what one of its blocks reads is for both. */
    private static final int CLUSTER_EDGE = 2;

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

    /** Shared memory of a block of a cluster; see {@code gemm/gemm_sm90a.cu}. */
    int clusterSharedBytes(GemmPrecision precision) {
        boolean narrow = precision == GemmPrecision.BF16;
        int slab = narrow && this == SMALL ? 2 * DEPTH : DEPTH;
        int slabs = narrow || this == LARGE ? 4 : this == SMALL ? 6 : 3;
        return (rows + columns) * slab * (CLUSTER_TILES * (narrow ? Short.BYTES : Float.BYTES) + slabs * Float.BYTES / CLUSTER_EDGE);
    }

    /** Blocks in clusters for one slice of one product: clusters are whole, also at the edges. */
    long clusterTiles(int m, int n) {
        return (long) CLUSTER_EDGE * CLUSTER_EDGE * Math.ceilDiv(m, CLUSTER_EDGE * rows) * Math.ceilDiv(n, CLUSTER_EDGE * columns);
    }

    int elements() {
        return rows * columns;
    }

    /** As in the names of kernels. */
    String size() {
        return rows + "x" + columns;
    }
}
