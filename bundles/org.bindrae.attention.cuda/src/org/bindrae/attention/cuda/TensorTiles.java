package org.bindrae.attention.cuda;

import java.util.Optional;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;

/**
 * Columns of the fp16 rows of {@link TensorCore}, for which kernels are compiled ({@code gpu-native/src/attention/tensor.cuh}). Query and key rows hold C + r
 * scalars and every point coordinate three times; value rows hold everything once and the low parts of the coordinates, in slabs of columns. Each sequence
 * starts at a multiple of 8 rows.
 *
 * @param scoreColumns columns of query and key rows, a multiple of 16
 * @param valueColumns columns of a slab of value rows
 * @param first columns of a value row of {@link RowLayout} in the first slab, before the low parts
 * @param further columns of such a row in every further slab
 * @param slabs how many
 */
record TensorTiles(int scoreColumns, int valueColumns, int first, int further, int slabs) {
    /** What kernels are compiled for, narrow first: score columns, value columns. */
    private static final int[][] COMPILED = {{80, 136}, {208, 264}, {224, 264}};
    /** Columns of a slab that a block of the backward pass can own. */
    private static final int MOST_OWNED = 256;
    /** Columns of the kernels with warpgroups, and what a block of the backward kernel can own. */
    private static final int WIDE_SCORES = 208;
    private static final int WIDE_VALUES = 264;
    private static final int WIDE_OWNED_SCORES = 184;
    private static final int WIDE_OWNED_VALUES = 232;
    private static final int EDGE = 8;
    private static final int HALF = 2;
    /** More slabs would need more shared memory for whole rows than every card has. */
    private static final int MOST_SLABS = 4;
    private static final int BACKWARD_ROWS = 64;
    /** Most score columns that kernels with small tiles are compiled for. */
    private static final int SMALL_STREAM_SCORES = 208;
    private static final int BARRIER_BYTES = 8;

    /** Tiles for these rows, or nothing if they are too wide. */
    static Optional<TensorTiles> of(RowLayout layout) {
        int points = 3 * layout.qkPoints();
        int needed = layout.logitColumns() + 3 * points + 2;
        int coordinates = 3 * layout.vPoints();
        int owned = layout.channels() + coordinates;
        for (int[] columns : COMPILED) {
            if (needed <= columns[0] && owned + coordinates <= columns[1] && owned <= MOST_OWNED) {
                int first = Math.min(Math.min(layout.valueWidth(), columns[1] - coordinates), MOST_OWNED);
                int further = Math.min(columns[1], MOST_OWNED);
                int slabs = 1 + Math.ceilDiv(layout.valueWidth() - first, further);
                return slabs > MOST_SLABS ? Optional.empty() : Optional.of(new TensorTiles(columns[0], columns[1], first, further, slabs));
            }
        }
        return Optional.empty();
    }

    /** Rows of a head with what lies between sequences. */
    static int rows(Packing packing) {
        return Math.ceilDiv(packing.total() + EDGE * packing.count(), EDGE) * EDGE;
    }

    /** Groups of 8 rows of the longest sequence. */
    static int groups(Packing packing) {
        return Math.ceilDiv(packing.longest(), EDGE);
    }

    /** Dynamic shared memory of a block that packs a group of rows: them in fp16, each block of 8 × 8 with 16 bytes to spare. */
    int packShared() {
        return (2 * scoreColumns + slabs * valueColumns) / EDGE * (EDGE + 1) * EDGE * HALF;
    }

    /** Bytes of a value row in all slabs. */
    int valueRowBytes() {
        return slabs * valueColumns * HALF;
    }

    /** Name of the compiled widths. */
    String widths() {
        return scoreColumns + "_" + valueColumns;
    }

    /** Memory for fp16 query or key rows, two values in an element. */
    Shape scoreRows(RowLayout layout, Packing packing) {
        return Shape.of(layout.heads(), rows(packing), scoreColumns / 2);
    }

    /** Memory for fp16 value rows, two values in an element. */
    Shape valueRows(RowLayout layout, Packing packing) {
        return Shape.of(slabs, layout.heads(), rows(packing), valueColumns / 2);
    }

    /** Memory for a value per row. */
    Shape perRow(RowLayout layout, Packing packing) {
        return Shape.of(layout.heads(), rows(packing));
    }

    /** Dynamic shared memory of a forward block with so many warps, 16 queries each, and tiles of so many keys. */
    int forwardShared(int warps, int keys) {
        int rows = 16 * warps;
        int stage = keys * (HALF * (scoreColumns + valueColumns) + DType.F32.bytes());
        return HALF * rows * (scoreColumns + keys) + 2 * stage + rows * DType.F32.bytes();
    }

    /** Dynamic shared memory of a block of the forward kernel with warpgroups. */
    int wideShared(int rows, int keys) {
        int stage = keys * (HALF * (scoreColumns + valueColumns) + DType.F32.bytes());
        return HALF * rows * scoreColumns + 2 * stage + 9 * BARRIER_BYTES;
    }

    /** Tiles of the backward pass: so many streamed rows, in so many stages. */
    record Stream(int rows, int stages) {
        private static final Stream LARGE = new Stream(64, 2);
        private static final Stream SMALL = new Stream(32, 1);
    }

    /** The largest tiles of the backward pass that a card with so much shared memory for a block can have. */
    Optional<Stream> stream(int sharedBytes) {
        if (backwardShared(Stream.LARGE) <= sharedBytes) {
            return Optional.of(Stream.LARGE);
        }
        return scoreColumns <= SMALL_STREAM_SCORES && backwardShared(Stream.SMALL) <= sharedBytes ? Optional.of(Stream.SMALL) : Optional.empty();
    }

    /** Dynamic shared memory of a backward block. */
    int backwardShared(Stream stream) {
        int stage = stream.rows() * (HALF * (scoreColumns + valueColumns) + 2 * DType.F32.bytes());
        return BACKWARD_ROWS * (HALF * (scoreColumns + valueColumns + 2 * stream.rows()) + 2 * DType.F32.bytes()) + stream.stages() * stage;
    }

    /** Whether the backward kernel with warpgroups holds what rows of this layout need. */
    boolean wideBackward(RowLayout layout) {
        return scoreColumns == WIDE_SCORES && valueColumns == WIDE_VALUES && slabs == 1 && layout.valueWidth() <= WIDE_OWNED_VALUES
                && layout.logitColumns() + 2 * 3 * layout.qkPoints() + 2 <= WIDE_OWNED_SCORES;
    }

    /** Whether there is a forward kernel with warpgroups. */
    boolean wideForward() {
        return valueColumns == WIDE_VALUES;
    }

    /** Dynamic shared memory of a block of the backward kernel with warpgroups. */
    int wideBackwardShared() {
        int stage = BACKWARD_ROWS * (HALF * (scoreColumns + valueColumns) + 2 * DType.F32.bytes()) + EDGE * EDGE * HALF;
        int coordinates = BACKWARD_ROWS * WIDE_OWNED_SCORES / 2 * DType.F32.bytes();
        return 3 * stage + 2 * HALF * BACKWARD_ROWS * BACKWARD_ROWS + coordinates + 10 * BARRIER_BYTES + 2 * DType.F32.bytes();
    }

    /** Blocks of the backward pass for a sequence of this length. */
    static int backwardTiles(int length) {
        return Math.ceilDiv(length, BACKWARD_ROWS);
    }
}
