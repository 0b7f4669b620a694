package org.bindrae.attention.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaModule;

/**
 * {@link AttentionCore} on tensor cores, for precisions TF32 and BF16: products of fp16, which has the significand of TF32, with single-precision sums; points in
 * two parts of fp16, so that distances keep single precision (gpu-native/src/attention/tensor_*.cu). The backward pass computes the weights again from the kept
 * fp16 rows.
 */
final class TensorCore implements AttentionCore {
    /** Rows that a block of a row kernel converts. */
    private static final int ROWS = 8;
    private static final int ROW_THREADS = 256;
    private static final int WARP = 32;
    /** Queries of a warp. */
    private static final int QUERIES = 16;
    /** Streamed rows of a tile of the backward pass. */
    private static final int STREAM = 64;

    private final CudaDevice device;
    private final CudaModule module;

    TensorCore(CudaDevice device) {
        this.device = device;
        this.module = device.module("attention", TensorCore.class);
    }

    /** Whether there are kernels for rows of this layout that fit on the device, forward and backward. */
    static boolean supports(CudaDevice device, RowLayout layout) {
        return TensorTiles.of(layout).filter(tiles -> tiles.backwardShared(STREAM) <= device.sharedMemoryPerBlock()).isPresent();
    }

    @Override
    public boolean keepsRows() {
        return false;
    }

    @Override
    public long forwardBytes(RowLayout layout, Packing packing, DType dtype, boolean differentiable) {
        return differentiable ? 0 : Saved.bytes(tiles(layout), layout, packing.total());
    }

    @Override
    public long backwardBytes(RowLayout layout, Packing packing, DType dtype) {
        return Workspace.bytes(DType.F32, tiles(layout).valueRows(layout, packing.total())) + Workspace.bytes(DType.F32, layout.perRow(packing.total()))
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
     * @param queries fp16 rows [H, T, pitch]
     * @param keys fp16 rows [H, T, pitch]
     * @param values fp16 rows [slabs, H, T, columns]
     * @param keyBias −½·w·|kp|²·log2(e) [H, T]
     * @param minusLse −log2 Σ_j 2^(logit − what is constant in a row) [H, T]
     * @param largest bits of the largest norms of a row of values, and of gradients [2, H]
     * @param sums result [H, T, Wv]
     * @param pointWeights [H]
     */
    private record Saved(Tensor queries, Tensor keys, Tensor values, Tensor keyBias, Tensor minusLse, Tensor largest, Tensor sums, Tensor pointWeights) {
        static Saved allocate(TensorTiles tiles, RowLayout layout, int residues, Memory memory) {
            return new Saved(memory.tensor(DType.F32, tiles.scoreRows(layout, residues)), memory.tensor(DType.F32, tiles.scoreRows(layout, residues)),
                    memory.tensor(DType.F32, tiles.valueRows(layout, residues)), memory.tensor(DType.F32, layout.perRow(residues)),
                    memory.tensor(DType.F32, layout.perRow(residues)), memory.tensor(DType.I32, Shape.of(2, layout.heads())),
                    memory.tensor(DType.F32, layout.valueRows(residues)), memory.tensor(DType.F32, Shape.of(layout.heads())));
        }

        static long bytes(TensorTiles tiles, RowLayout layout, int residues) {
            long[] sum = {0};
            allocate(tiles, layout, residues, (dtype, shape) -> {
                sum[0] += Workspace.bytes(dtype, shape);
                return null;
            });
            return sum[0];
        }
    }

    @Override
    public Pass forward(Tape tape, HeadRows rows, boolean differentiable, Workspace workspace) {
        RowLayout layout = rows.layout();
        TensorTiles tiles = tiles(layout);
        int residues = rows.residues();
        Saved saved = Saved.allocate(tiles, layout, residues, differentiable ? tape::scratch : workspace::tensor);
        device.kernels().copy(rows.pointWeights(), saved.pointWeights());
        int rowBlocks = Math.ceilDiv(residues, ROWS);
        int coordinates = 3 * layout.vPoints();
        module.kernel("attention_tensor_scores_f16").launch(rowBlocks, layout.heads(), 1, ROW_THREADS, 0, rows.queries(), rows.keys(), saved.pointWeights(),
                saved.queries(), saved.keys(), saved.keyBias(), saved.largest(), residues, layout.heads(), layout.logitColumns(), 3 * layout.qkPoints(),
                tiles.scorePitch());
        module.kernel("attention_tensor_values_f16").launch(rowBlocks, layout.heads(), 1, ROW_THREADS, 0, rows.values(), saved.values(), saved.largest(), residues,
                layout.heads(), layout.valueWidth(), layout.channels(), coordinates, tiles.first(), tiles.further(), tiles.slabs(), tiles.valueColumns());
        Variant variant = Variant.of(device, tiles, layout, rows.packing());
        module.kernel("attention_tensor_forward_" + variant.warps + "x" + variant.keys + "_" + tiles.widths()).launch(
                Math.ceilDiv(rows.packing().longest(), QUERIES * variant.warps), layout.heads() * tiles.slabs(), rows.packing().count(), WARP * variant.warps,
                tiles.forwardShared(variant.warps, variant.keys), saved.queries(), saved.keys(), saved.values(), saved.keyBias(), rows.offsets(), saved.sums(),
                saved.minusLse(), residues, layout.heads(), layout.valueWidth(), layout.channels(), coordinates, tiles.first(), tiles.further());
        return new TensorPass(rows, tiles, saved);
    }

    /** Shapes of a forward block. */
    private enum Variant {
        /** Fewest reads of keys and values; one block per multiprocessor. */
        LARGE(8, 64),
        /** Two blocks per multiprocessor. */
        SMALL(4, 32);

        private final int warps;
        private final int keys;

        Variant(int warps, int keys) {
            this.warps = warps;
            this.keys = keys;
        }

        /** Large blocks where there are enough of them for every multiprocessor. */
        static Variant of(CudaDevice device, TensorTiles tiles, RowLayout layout, Packing packing) {
            long blocks = 0;
            for (int i = 0; i < packing.count(); i++) {
                blocks += (long) Math.ceilDiv(packing.length(i), QUERIES * LARGE.warps) * layout.heads() * tiles.slabs();
            }
            return blocks >= device.multiprocessors() && tiles.forwardShared(LARGE.warps, LARGE.keys) <= device.sharedMemoryPerBlock() ? LARGE : SMALL;
        }
    }

    private final class TensorPass implements Pass {
        private final RowLayout layout;
        private final Packing packing;
        private final Tensor offsets;
        private final TensorTiles tiles;
        private final Saved saved;

        TensorPass(HeadRows rows, TensorTiles tiles, Saved saved) {
            this.layout = rows.layout();
            this.packing = rows.packing();
            this.offsets = rows.offsets();
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
            Tensor rows = workspace.tensor(DType.F32, tiles.valueRows(layout, residues));
            Tensor minusProducts = workspace.tensor(DType.F32, layout.perRow(residues));
            Tensor shares = workspace.tensor(DType.F32, shares(layout, packing));
            int rowBlocks = Math.ceilDiv(residues, ROWS);
            module.kernel("attention_tensor_norms_f32").launch(rowBlocks, layout.heads(), 1, ROW_THREADS, 0, sumGradients, saved.largest(), residues,
                    layout.heads(), layout.valueWidth());
            module.kernel("attention_tensor_gradients_f16").launch(rowBlocks, layout.heads(), 1, ROW_THREADS, 0, sumGradients, saved.sums(), saved.largest(), rows,
                    minusProducts, residues, layout.heads(), layout.valueWidth(), layout.channels(), 3 * layout.vPoints(), tiles.first(), tiles.further(),
                    tiles.slabs(), tiles.valueColumns());
            launch("keys", layout.heads() * tiles.slabs(), rows, minusProducts, gradients.keys(), gradients.values(), shares);
            launch("queries", layout.heads(), rows, minusProducts, gradients.queries(), gradients.values(), shares);
            return shares;
        }

        private void launch(String fixed, int gridY, Tensor rows, Tensor minusProducts, Tensor scoreGradients, Tensor valueGradients, Tensor shares) {
            String name = "attention_tensor_" + fixed + "_" + STREAM + "_" + tiles.widths() + (tiles.slabs() > 1 ? "_slabs" : "");
            module.kernel(name).launch(TensorTiles.backwardTiles(packing.longest()), gridY, packing.count(), TensorTiles.backwardThreads(),
                    tiles.backwardShared(STREAM), saved.queries(), saved.keys(), saved.values(), rows, saved.keyBias(), saved.minusLse(), minusProducts,
                    saved.pointWeights(), saved.largest(), offsets, scoreGradients, valueGradients, shares, packing.total(), layout.heads(), layout.logitColumns(),
                    3 * layout.qkPoints(), tiles.slabs(), layout.valueWidth(), layout.channels(), 3 * layout.vPoints(), tiles.first(), tiles.further());
        }
    }
}
