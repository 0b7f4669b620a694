package org.bindrae.attention.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaModule;

/**
 * {@link AttentionCore} on tensor cores, for precisions TF32 and BF16: products of fp16, which has the significand of TF32, with single-precision sums; points
 * in two parts of fp16, so that distances keep single precision (gpu-native/src/attention/tensor_*.cu). The backward pass computes the weights again from the
 * kept fp16 rows.
 */
final class TensorCore implements AttentionCore {
    private static final int WARP = 32;
    private static final int ROW_THREADS = 256;
    /** Rows of a block that looks for the largest norm. */
    private static final int NORM_ROWS = 32;
    /** Queries of a warp of the forward pass. */
    private static final int QUERIES = 16;
    private static final int BACKWARD_THREADS = 256;
    /** The compute capability with warpgroup products, and threads of their kernels. */
    private static final int WARPGROUPS = 90;
    private static final int WIDE_THREADS = 384;

    private final CudaDevice device;
    private final CudaModule module;

    TensorCore(CudaDevice device) {
        this.device = device;
        this.module = device.module("attention", TensorCore.class);
    }

    /** Whether there are kernels for rows of this layout that fit on the device, forward and backward. */
    static boolean supports(CudaDevice device, RowLayout layout) {
        return TensorTiles.of(layout).flatMap(tiles -> tiles.stream(device.sharedMemoryPerBlock())).isPresent();
    }

    @Override
    public boolean keepsRows() {
        return false;
    }

    @Override
    public long forwardBytes(RowLayout layout, Packing packing, DType dtype, boolean differentiable) {
        return differentiable ? 0 : Saved.bytes(tiles(layout), layout, packing);
    }

    @Override
    public long backwardBytes(RowLayout layout, Packing packing, DType dtype) {
        TensorTiles tiles = tiles(layout);
        return Workspace.bytes(DType.F32, tiles.valueRows(layout, packing)) + Workspace.bytes(DType.F32, tiles.perRow(layout, packing))
                + Workspace.bytes(DType.F32, shares(layout, packing));
    }

    private static TensorTiles tiles(RowLayout layout) {
        return TensorTiles.of(layout).orElseThrow(() -> new IllegalArgumentException("rows too wide for tensor cores: " + layout));
    }

    /** Parts of the gradient of a head's point weight: of the blocks with keys, then of those with queries. */
    private static Shape shares(RowLayout layout, Packing packing) {
        return Shape.of(layout.heads(), 2 * packing.count() * TensorTiles.backwardTiles(packing.longest()));
    }

    @FunctionalInterface
    private interface Memory {
        Tensor tensor(DType dtype, Shape shape);
    }

    /**
     * What the backward pass reads.
     *
     * @param queries fp16 rows
     * @param keys fp16 rows
     * @param values fp16 rows
     * @param keyBias −½·w·|kp|²·log2(e) of each row
     * @param minusLse −log2 Σ_j 2^(logit − what is constant in a row) of each row
     * @param largest bits of the largest norms of a row of values, and of gradients [2, H]
     * @param sums result [H, T, Wv]
     */
    private record Saved(Tensor queries, Tensor keys, Tensor values, Tensor keyBias, Tensor minusLse, Tensor largest, Tensor sums) {
        static Saved allocate(TensorTiles tiles, RowLayout layout, Packing packing, Memory memory) {
            Shape perRow = tiles.perRow(layout, packing);
            return new Saved(memory.tensor(DType.F32, tiles.scoreRows(layout, packing)), memory.tensor(DType.F32, tiles.scoreRows(layout, packing)),
                    memory.tensor(DType.F32, tiles.valueRows(layout, packing)), memory.tensor(DType.F32, perRow), memory.tensor(DType.F32, perRow),
                    memory.tensor(DType.I32, Shape.of(2, layout.heads())), memory.tensor(DType.F32, layout.valueRows(packing.total())));
        }

        static long bytes(TensorTiles tiles, RowLayout layout, Packing packing) {
            long[] sum = {0};
            allocate(tiles, layout, packing, (dtype, shape) -> {
                sum[0] += Workspace.bytes(dtype, shape);
                return null;
            });
            return sum[0];
        }
    }

    @Override
    public Pass forward(Tape tape, HeadRows rows, boolean differentiable, Workspace workspace) {
        RowLayout layout = rows.layout();
        Packing packing = rows.packing();
        TensorTiles tiles = tiles(layout);
        Saved saved = Saved.allocate(tiles, layout, packing, differentiable ? tape::scratch : workspace::tensor);
        int residues = packing.total();
        int coordinates = 3 * layout.vPoints();
        int groups = TensorTiles.groups(packing);
        launchRows("scores_f16", groups, layout, packing, rows.queries(), rows.keys(), rows.pointWeights(), rows.offsets(), saved.queries(), saved.keys(),
                saved.keyBias(), saved.largest(), residues, layout.heads(), layout.logitColumns(), 3 * layout.qkPoints(), tiles.scoreColumns());
        launchRows("values_f16", groups, layout, packing, rows.values(), rows.offsets(), saved.values(), saved.largest(), residues, layout.heads(),
                layout.valueWidth(), layout.channels(), coordinates, tiles.first(), tiles.further(), tiles.slabs(), tiles.valueColumns());
        Variant variant = Variant.of(device, tiles, layout, packing);
        module.kernel("attention_tensor_forward_" + variant.name + "_" + tiles.widths()).launch(Math.ceilDiv(packing.longest(), variant.queries),
                layout.heads() * tiles.slabs(), packing.count(), variant.threads, variant.shared(tiles), saved.queries(), saved.keys(), saved.values(),
                saved.keyBias(), rows.offsets(), saved.sums(), saved.minusLse(), residues, layout.heads(), layout.valueWidth(), layout.channels(), coordinates,
                tiles.first(), tiles.further());
        return new TensorPass(rows, tiles, saved);
    }

    /** Launches a kernel whose blocks work on so many rows of each head of each sequence. */
    private void launchRows(String kernel, int blocks, RowLayout layout, Packing packing, Object... arguments) {
        module.kernel("attention_tensor_" + kernel).launch(blocks, layout.heads(), packing.count(), ROW_THREADS, 0, arguments);
    }

    /** Forward kernels. */
    private enum Variant {
        /** Two warpgroups and a copying warp: compute capability 9.0. */
        WIDE("wide", 128, WIDE_THREADS, 80) {
            @Override
            int shared(TensorTiles tiles) {
                return tiles.wideShared(queriesOf(), keysOf());
            }
        },
        /** Fewest reads of keys and values; one block per multiprocessor. */
        LARGE("8x64", 8 * QUERIES, 8 * WARP, 64),
        /** Two blocks per multiprocessor. */
        SMALL("4x32", 4 * QUERIES, 4 * WARP, 32);

        private final String name;
        /** Queries of a block. */
        private final int queries;
        private final int threads;
        /** Keys of a tile. */
        private final int keys;

        Variant(String name, int queries, int threads, int keys) {
            this.name = name;
            this.queries = queries;
            this.threads = threads;
            this.keys = keys;
        }

        int queriesOf() {
            return queries;
        }

        int keysOf() {
            return keys;
        }

        int shared(TensorTiles tiles) {
            return tiles.forwardShared(threads / WARP, keys);
        }

        /** Large blocks where there are enough of them for every multiprocessor. */
        static Variant of(CudaDevice device, TensorTiles tiles, RowLayout layout, Packing packing) {
            if (device.capability() == WARPGROUPS && tiles.wideForward()) {
                return WIDE;
            }
            long blocks = 0;
            for (int i = 0; i < packing.count(); i++) {
                blocks += (long) Math.ceilDiv(packing.length(i), LARGE.queries) * layout.heads() * tiles.slabs();
            }
            return blocks >= device.multiprocessors() && LARGE.shared(tiles) <= device.sharedMemoryPerBlock() ? LARGE : SMALL;
        }
    }

    private final class TensorPass implements Pass {
        private final RowLayout layout;
        private final Packing packing;
        private final Tensor offsets;
        private final Tensor pointWeights;
        private final TensorTiles tiles;
        private final Saved saved;

        TensorPass(HeadRows rows, TensorTiles tiles, Saved saved) {
            this.layout = rows.layout();
            this.packing = rows.packing();
            this.offsets = rows.offsets();
            this.pointWeights = rows.pointWeights();
            this.tiles = tiles;
            this.saved = saved;
        }

        @Override
        public Tensor sums() {
            return saved.sums();
        }

        /** {@code sumProducts} are computed again, from the rounded gradients, so that they cancel as they should. */
        @Override
        public Tensor backward(Tensor sumGradients, Tensor sumProducts, RowGradients gradients, Workspace workspace) {
            int residues = packing.total();
            Tensor rows = workspace.tensor(DType.F32, tiles.valueRows(layout, packing));
            Tensor minusProducts = workspace.tensor(DType.F32, tiles.perRow(layout, packing));
            Tensor shares = workspace.tensor(DType.F32, shares(layout, packing));
            launchRows("norms_f32", Math.ceilDiv(packing.longest(), NORM_ROWS), layout, packing, sumGradients, offsets, saved.largest(), residues,
                    layout.heads(), layout.valueWidth());
            launchRows("gradients_f16", TensorTiles.groups(packing), layout, packing, sumGradients, saved.sums(), offsets, saved.largest(), rows,
                    minusProducts, residues, layout.heads(), layout.valueWidth(), layout.channels(), 3 * layout.vPoints(), tiles.first(), tiles.further(),
                    tiles.slabs(), tiles.valueColumns());
            if (device.capability() == WARPGROUPS && tiles.wideBackward(layout)) {
                module.kernel("attention_tensor_backward_wide_" + tiles.widths()).launch(TensorTiles.backwardTiles(packing.longest()), 2 * layout.heads(),
                        packing.count(), WIDE_THREADS, tiles.wideBackwardShared(), saved.queries(), saved.keys(), saved.values(), rows, saved.keyBias(),
                        saved.minusLse(), minusProducts, pointWeights, saved.largest(), offsets, gradients.queries(), gradients.keys(), gradients.values(),
                        shares, residues, layout.heads(), layout.logitColumns(), 3 * layout.qkPoints(), layout.valueWidth());
                return shares;
            }
            launch("keys", layout.heads() * tiles.slabs(), rows, minusProducts, gradients.keys(), gradients.values(), shares);
            launch("queries", layout.heads(), rows, minusProducts, gradients.queries(), gradients.values(), shares);
            return shares;
        }

        private void launch(String fixed, int gridY, Tensor rows, Tensor minusProducts, Tensor scoreGradients, Tensor valueGradients, Tensor shares) {
            TensorTiles.Stream stream = tiles.stream(device.sharedMemoryPerBlock()).orElseThrow();
            String name = "attention_tensor_" + fixed + "_" + stream.rows() + "x" + stream.stages() + "_" + tiles.widths() + (tiles.slabs() > 1 ? "_slabs" : "");
            module.kernel(name).launch(TensorTiles.backwardTiles(packing.longest()), gridY, packing.count(), BACKWARD_THREADS, tiles.backwardShared(stream),
                    saved.queries(), saved.keys(), saved.values(), rows, saved.keyBias(), saved.minusLse(), minusProducts, pointWeights, saved.largest(),
                    offsets, scoreGradients, valueGradients, shares, packing.total(), layout.heads(), layout.logitColumns(), 3 * layout.qkPoints(), tiles.slabs(),
                    layout.valueWidth(), layout.channels(), 3 * layout.vPoints(), tiles.first(), tiles.further());
        }
    }
}
