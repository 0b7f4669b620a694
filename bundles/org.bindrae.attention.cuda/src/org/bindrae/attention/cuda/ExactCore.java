package org.bindrae.attention.cuda;

import java.util.function.Function;

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
    public Pass forward(Tape tape, RowKernels kernels, boolean differentiable) {
        RowLayout layout = kernels.layout();
        Packing packing = kernels.packing();
        DType dtype = kernels.dtype();
        Shape keyRows = layout.keyRows(packing.total());
        Shape valueRows = layout.valueRows(packing.total());
        Shape perRow = layout.perRow(packing.total());
        Workspace workspace = differentiable ? null : new Workspace(device, Workspace.bytes(dtype, keyRows, keyRows, valueRows, valueRows, perRow, perRow));
        Function<Shape, Tensor> memory = differentiable ? shape -> tape.scratch(dtype, shape) : shape -> workspace.tensor(dtype, shape);
        HeadRows rows = new HeadRows(layout, packing, kernels.offsets(), memory.apply(keyRows), memory.apply(keyRows), memory.apply(valueRows),
                tape.scratch(dtype, Shape.of(layout.heads())));
        kernels.pack(rows);
        Tensor sums = memory.apply(valueRows);
        Tensor maxima = memory.apply(perRow);
        Tensor inverseSums = memory.apply(perRow);
        int slabs = slabs(layout.valueWidth(), VALUE_SLAB_BYTES, dtype);
        RowKernels.kernel(device, "exact_forward", dtype).launch(tiles(packing), layout.heads() * slabs, packing.count(), THREADS, sharedBytes(dtype),
                rows.offsets(), rows.residues(), layout.logitColumns(), layout.keyWidth(), layout.valueWidth(), slabs, rows.pointWeights(), rows.queries(),
                rows.keys(), rows.values(), sums, maxima, inverseSums);
        return new ExactPass(device, kernels, rows, sums, maxima, inverseSums);
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
    private record ExactPass(CudaDevice device, RowKernels kernels, HeadRows rows, Tensor sums, Tensor maxima, Tensor inverseSums) implements Pass {
        @Override
        public void backward(Tape tape, Tensor resultGradient) {
            RowLayout layout = rows.layout();
            DType dtype = sums.dtype();
            Shape keyRows = layout.keyRows(rows.residues());
            Shape valueRows = layout.valueRows(rows.residues());
            Shape perRow = layout.perRow(rows.residues());
            Shape partShape = parts(layout, rows.packing());
            Workspace workspace = new Workspace(device, Workspace.bytes(dtype, valueRows, perRow, keyRows, keyRows, valueRows, partShape));
            Tensor sumGradients = workspace.tensor(dtype, valueRows);
            Tensor sumProducts = workspace.tensor(dtype, perRow);
            RowGradients gradients = new RowGradients(workspace.tensor(dtype, keyRows), workspace.tensor(dtype, keyRows), workspace.tensor(dtype, valueRows));
            Tensor parts = workspace.tensor(dtype, partShape);
            kernels.finishBackward(tape, sums, resultGradient, sumGradients, sumProducts);
            int keySlabs = slabs(layout.keyWidth(), KEY_SLAB_BYTES, dtype);
            int valueSlabs = slabs(layout.valueWidth(), VALUE_SLAB_BYTES, dtype);
            RowKernels.kernel(device, "exact_backward", dtype).launch(tiles(rows.packing()), layout.heads() * (2 * keySlabs + valueSlabs),
                    rows.packing().count(), THREADS, sharedBytes(dtype), rows.offsets(), rows.residues(), layout.logitColumns(), layout.keyWidth(),
                    layout.valueWidth(), layout.heads(), keySlabs, valueSlabs, rows.pointWeights(), rows.queries(), rows.keys(), rows.values(), maxima,
                    inverseSums, sumGradients, sumProducts, gradients.queries(), gradients.keys(), gradients.values(), parts);
            kernels.packBackward(tape, gradients, parts);
        }
    }
}
