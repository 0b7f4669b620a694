package org.bindrae.attention.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;

/** In the precision of the rows, distances as direct differences, any widths: the kernels of {@code exact.cu}. */
record ExactCore(CudaDevice device) implements AttentionCore {
    /** As the kernels say. */
    private static final int THREADS = 256;
    private static final int TILE = 64;
    private static final int DEPTH_BYTES = 16;
    /** Bytes of a row in a slab of weighted sums, and of gradients of query and key rows. */
    private static final int VALUE_SLAB_BYTES = 1024;
    private static final int KEY_SLAB_BYTES = 768;
    /** Two buffers of two tiles of 128 bytes per row. */
    private static final int BUFFER_BYTES = 2 * 2 * TILE * (128 + DEPTH_BYTES);

    @Override
    public boolean keepsRows() {
        return true;
    }

    @Override
    public long forwardBytes(RowLayout layout, Packing packing, DType dtype, boolean differentiable) {
        long perRow = Workspace.bytes(dtype, layout.perRow(packing.total()));
        return differentiable ? 0 : Workspace.bytes(dtype, layout.valueRows(packing.total())) + 2 * perRow;
    }

    @Override
    public long backwardBytes(RowLayout layout, Packing packing, DType dtype) {
        return Workspace.bytes(dtype, parts(layout, packing));
    }

    @Override
    public Pass forward(Tape tape, HeadRows rows, boolean differentiable, Workspace workspace) {
        RowLayout layout = rows.layout();
        DType dtype = rows.queries().dtype();
        Shape perRow = layout.perRow(rows.residues());
        Tensor sums = allocate(tape, workspace, differentiable, dtype, layout.valueRows(rows.residues()));
        Tensor maxima = allocate(tape, workspace, differentiable, dtype, perRow);
        Tensor inverseSums = allocate(tape, workspace, differentiable, dtype, perRow);
        int slabs = slabs(layout.valueWidth(), VALUE_SLAB_BYTES, dtype);
        RowKernels.kernel(device, "exact_forward", dtype).launch(tiles(rows.packing()), layout.heads() * slabs, rows.packing().count(), THREADS,
                sharedBytes(dtype), rows.offsets(), rows.residues(), layout.logitColumns(), layout.keyWidth(), layout.valueWidth(), slabs, rows.pointWeights(),
                rows.queries(), rows.keys(), rows.values(), sums, maxima, inverseSums);
        return new ExactPass(device, rows, sums, maxima, inverseSums);
    }

    private static Tensor allocate(Tape tape, Workspace workspace, boolean kept, DType dtype, Shape shape) {
        return kept ? tape.scratch(dtype, shape) : workspace.tensor(dtype, shape);
    }

    /** Tiles of the longest sequence. */
    private static int tiles(Packing packing) {
        return Math.ceilDiv(packing.longest(), TILE);
    }

    private static Shape parts(RowLayout layout, Packing packing) {
        return Shape.of(layout.heads(), packing.count() * tiles(packing));
    }

    private static int slabs(int width, int slabBytes, DType dtype) {
        return Math.ceilDiv(width * dtype.bytes(), slabBytes);
    }

    /** Buffers and a tile of logits. */
    private static int sharedBytes(DType dtype) {
        return BUFFER_BYTES + TILE * (TILE * dtype.bytes() + DEPTH_BYTES);
    }

    /**
     * @param maxima largest logit of each row [H, T]
     * @param inverseSums 1 / Σ_j exp(logit_ij − maximum) [H, T]
     */
    private record ExactPass(CudaDevice device, HeadRows rows, Tensor sums, Tensor maxima, Tensor inverseSums) implements Pass {
        @Override
        public Tensor backward(Tensor sumGradients, Tensor sumProducts, RowGradients gradients, Workspace workspace) {
            RowLayout layout = rows.layout();
            DType dtype = sums.dtype();
            Tensor parts = workspace.tensor(dtype, parts(layout, rows.packing()));
            int keySlabs = slabs(layout.keyWidth(), KEY_SLAB_BYTES, dtype);
            int valueSlabs = slabs(layout.valueWidth(), VALUE_SLAB_BYTES, dtype);
            RowKernels.kernel(device, "exact_backward", dtype).launch(tiles(rows.packing()), layout.heads() * (2 * keySlabs + valueSlabs),
                    rows.packing().count(), THREADS, sharedBytes(dtype), rows.offsets(), rows.residues(), layout.logitColumns(), layout.keyWidth(),
                    layout.valueWidth(), layout.heads(), keySlabs, valueSlabs, rows.pointWeights(), rows.queries(), rows.keys(), rows.values(), maxima,
                    inverseSums, sumGradients, sumProducts, gradients.queries(), gradients.keys(), gradients.values(), parts);
            return parts;
        }
    }
}
