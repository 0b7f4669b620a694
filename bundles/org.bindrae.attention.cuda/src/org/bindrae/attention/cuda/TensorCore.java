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

    private static TensorTiles tiles(RowLayout layout) {
        return TensorTiles.of(layout).orElseThrow(() -> new IllegalArgumentException("rows too wide for tensor cores: " + layout));
    }

    /** Parts of the gradient of a head's point weight: of the blocks with keys, then of those with queries. */
    private static Shape shares(RowLayout layout, Packing packing) {
        return Shape.of(layout.heads(), 2 * packing.count() * TensorTiles.backwardTiles(packing.longest()));
    }

    @Override
    public Pass forward(Tape tape, RowKernels kernels, boolean differentiable) {
        RowLayout layout = kernels.layout();
        Packing packing = kernels.packing();
        TensorTiles tiles = tiles(layout);
        TensorRows rows = TensorRows.allocate(tiles, layout, packing,
                differentiable ? tape::scratch : new Workspace(device, TensorRows.bytes(tiles, layout, packing))::tensor);
        kernels.pack(tiles, rows);
        Variant variant = Variant.of(device, tiles, layout, packing);
        module.kernel("attention_tensor_forward_" + variant.name + "_" + tiles.widths()).launch(Math.ceilDiv(packing.longest(), variant.queries),
                layout.heads() * tiles.slabs(), packing.count(), variant.threads, variant.shared(tiles), rows.queries(), rows.keys(), rows.values(),
                rows.keyBias(), kernels.offsets(), rows.sums(), rows.minusLse(), packing.total(), layout.heads(), layout.valueWidth(), layout.channels(),
                3 * layout.vPoints(), tiles.first(), tiles.further());
        return new TensorPass(kernels, tiles, rows);
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
        private final RowKernels kernels;
        private final RowLayout layout;
        private final Packing packing;
        private final TensorTiles tiles;
        private final TensorRows rows;

        TensorPass(RowKernels kernels, TensorTiles tiles, TensorRows rows) {
            this.kernels = kernels;
            this.layout = kernels.layout();
            this.packing = kernels.packing();
            this.tiles = tiles;
            this.rows = rows;
        }

        @Override
        public Tensor sums() {
            return rows.sums();
        }

        @Override
        public void backward(Tape tape, Tensor resultGradient) {
            Shape keyRows = layout.keyRows(packing.total());
            Shape valueRows = layout.valueRows(packing.total());
            Workspace workspace = new Workspace(device, Workspace.bytes(DType.F32, tiles.valueRows(layout, packing), tiles.perRow(layout, packing),
                    shares(layout, packing), keyRows, keyRows, valueRows));
            Tensor sumGradients = workspace.tensor(DType.F32, tiles.valueRows(layout, packing));
            Tensor minusProducts = workspace.tensor(DType.F32, tiles.perRow(layout, packing));
            Tensor shares = workspace.tensor(DType.F32, shares(layout, packing));
            RowGradients gradients = new RowGradients(workspace.tensor(DType.F32, keyRows), workspace.tensor(DType.F32, keyRows),
                    workspace.tensor(DType.F32, valueRows));
            kernels.finishBackward(tape, tiles, rows, resultGradient, sumGradients, minusProducts);
            if (device.capability() == WARPGROUPS && tiles.wideBackward(layout)) {
                launchWide(sumGradients, minusProducts, gradients, shares);
            } else {
                launch("keys", layout.heads() * tiles.slabs(), sumGradients, minusProducts, gradients.keys(), gradients.values(), shares);
                launch("queries", layout.heads(), sumGradients, minusProducts, gradients.queries(), gradients.values(), shares);
            }
            kernels.packBackward(tape, gradients, shares);
        }

        private void launchWide(Tensor sumGradients, Tensor minusProducts, RowGradients gradients, Tensor shares) {
            module.kernel("attention_tensor_backward_wide_" + tiles.widths()).launch(TensorTiles.backwardTiles(packing.longest()), 2 * layout.heads(),
                    packing.count(), WIDE_THREADS, tiles.wideBackwardShared(), rows.queries(), rows.keys(), rows.values(), sumGradients, rows.keyBias(),
                    rows.minusLse(), minusProducts, rows.pointWeights(), rows.largest(), kernels.offsets(), gradients.queries(), gradients.keys(),
                    gradients.values(), shares, packing.total(), layout.heads(), layout.logitColumns(), 3 * layout.qkPoints(), layout.valueWidth());
        }

        private void launch(String fixed, int gridY, Tensor sumGradients, Tensor minusProducts, Tensor scoreGradients, Tensor valueGradients, Tensor shares) {
            TensorTiles.Stream stream = tiles.stream(device.sharedMemoryPerBlock()).orElseThrow();
            String name = "attention_tensor_" + fixed + "_" + stream.rows() + "x" + stream.stages() + "_" + tiles.widths()
                    + (tiles.slabs() > 1 ? "_slabs" : "");
            module.kernel(name).launch(TensorTiles.backwardTiles(packing.longest()), gridY, packing.count(), BACKWARD_THREADS, tiles.backwardShared(stream),
                    rows.queries(), rows.keys(), rows.values(), sumGradients, rows.keyBias(), rows.minusLse(), minusProducts, rows.pointWeights(),
                    rows.largest(), kernels.offsets(), scoreGradients, valueGradients, shares, packing.total(), layout.heads(), layout.logitColumns(),
                    3 * layout.qkPoints(), tiles.slabs(), layout.valueWidth(), layout.channels(), 3 * layout.vPoints(), tiles.first(), tiles.further());
        }
    }
}
