package org.bindrae.tensor.cuda;

/** The tile of a weight's gradient that one block of threads of {@link WeightGradients} computes. */
enum GradientTile {
    /** {@code gemm/weights.cu}: three stages of dy and x. */
    PORTABLE(128, 64, 128, 3 * (128 + 64) * GradientTile.STEP * Float.BYTES),
    /** {@code gemm/weights_sm90a.cu} in tf32: three stages, and three tiles of rounded numbers. */
    WIDE_TF32(128, 128, 256, 3 * (128 + 128) * GradientTile.STEP * (Float.BYTES + Float.BYTES)),
    /** The same in bf16. */
    WIDE_BF16(192, 192, 384, 3 * (192 + 192) * GradientTile.STEP * (Float.BYTES + Short.BYTES));

    /** Rows of dy and x that a block takes at a time. */
    static final int STEP = 32;

    private final int rows;
    private final int columns;
    private final int threads;
    private final int sharedBytes;

    GradientTile(int rows, int columns, int threads, int sharedBytes) {
        this.rows = rows;
        this.columns = columns;
        this.threads = threads;
        this.sharedBytes = sharedBytes;
    }

    /** @param wide whether the device has warpgroup products */
    static GradientTile of(GemmPrecision precision, boolean wide) {
        return !wide || !precision.onTensorCores() ? PORTABLE : precision == GemmPrecision.BF16 ? WIDE_BF16 : WIDE_TF32;
    }

    /** Whether a block goes on with the next tile that no other block has begun, instead of one tile for each block. */
    boolean takesTurns() {
        return this != PORTABLE;
    }

    String kernelName(GemmPrecision precision) {
        return (this == PORTABLE ? "gemm_linearGradients_" : "gemm_wide_linearGradients_") + precision.kernelName();
    }

    /** Tiles of a gradient. */
    int tiles(int out, int in) {
        return Math.multiplyExact(Math.ceilDiv(out, rows), Math.ceilDiv(in, columns));
    }

    int threads() {
        return threads;
    }

    int sharedBytes() {
        return sharedBytes;
    }
}
