package org.bindrae.attention.cuda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaKernel;

/** The kernels of {@code rows.cu}: between the inputs of the attention, its rows and its result. */
final class RowKernels {
    private static final String MODULE = "attention";
    private static final int THREADS = 256;
    /** Rows that a block works on at a time: one per warp. */
    private static final int ROWS = 8;
    /** Rows that a block of the bound has. */
    private static final int BOUND_ROWS = 16;
    /** Entries of a frame. */
    private static final int FRAME = 12;

    private final CudaDevice device;
    private final AttentionInputs inputs;
    private final Tensor offsets;
    private final RowLayout layout;
    private final int residues;

    /** @param offsets {@code packing.offsets()} on the device, I32 [B + 1] */
    RowKernels(CudaDevice device, AttentionInputs inputs, Tensor offsets) {
        this.device = device;
        this.inputs = inputs;
        this.offsets = offsets;
        this.layout = RowLayout.of(inputs.config());
        this.residues = inputs.packing().total();
    }

    /** A kernel of this bundle for rows of one type. */
    static CudaKernel kernel(CudaDevice device, String operation, DType dtype) {
        return device.module(MODULE, RowKernels.class).kernel("attention_" + operation + (dtype == DType.F64 ? "_f64" : "_f32"));
    }

    RowLayout layout() {
        return layout;
    }

    Packing packing() {
        return inputs.packing();
    }

    Tensor offsets() {
        return offsets;
    }

    DType dtype() {
        return inputs.q().dtype();
    }

    /** Inputs to rows. */
    void pack(HeadRows rows) {
        launch("pack", residues, packed(), List.of(rows.queries(), rows.keys(), rows.values(), rows.pointWeights()));
    }

    private List<Object> packed() {
        IpaConfig config = inputs.config();
        List<Object> arguments = new ArrayList<>(List.of(inputs.rot(), inputs.trans(), inputs.q(), inputs.q().columns(), inputs.kv(), inputs.kv().columns(),
                inputs.qPoints(), inputs.qPoints().columns(), inputs.kvPoints(), inputs.kvPoints().columns()));
        arguments.addAll(pairs(Part.B1, Part.B2, Part.D2));
        arguments.addAll(List.of(inputs.headWeights(), config.scalarScale(), config.biasScale(), config.pointScale()));
        return arguments;
    }

    /** Inputs to fp16 rows. */
    void pack(TensorTiles tiles, TensorRows rows) {
        launch("tensor_pack_f16", grid(TensorTiles.groups(inputs.packing()), layout.heads()), tiles.packShared(), packed(),
                List.of(offsets, tiles.first(), tiles.further(), tiles.slabs(), tiles.scoreColumns(), tiles.valueColumns(), rows.queries(), rows.keys(),
                        rows.values(), rows.keyBias(), rows.pointWeights(), rows.valueNorms(), rows.largest()));
    }

    /**
     * From the gradient of the result to fp16 rows of gradients of the sums, scaled as {@code largest} says, which it fills, and to −Σ sums·gradient of each
     * row; and to the gradients of what else the result was made of.
     */
    void finishBackward(Tape tape, TensorTiles tiles, TensorRows rows, Tensor resultGradient, Tensor sumGradients, Tensor minusProducts) {
        Tensor d1 = pairs(Part.D1).getFirst();
        int fresh = start(tape, inputs.rot(), inputs.trans(), d1);
        // the first blocks add up what was found for the values
        launch("tensor_bound_f32", grid(1 + Math.ceilDiv(inputs.packing().longest(), BOUND_ROWS), layout.heads()), 0, List.of(resultGradient), pairs(Part.D1),
                List.of(offsets, rows.valueNorms(), rows.valueNorms().columns(), rows.largest()));
        int points = Math.min(ROWS, layout.heads()) * layout.vPoints();
        int shared = Math.min(points, THREADS) * FRAME * DType.F64.bytes()
                + ROWS * (tiles.valueRowBytes() + (layout.vPoints() + layout.rank() * layout.cDown()) * DType.F32.bytes());
        launch("tensor_epilogue_backward_f16", grid(inputs.packing().longest(), 1), shared, List.of(inputs.rot(), inputs.trans()), pairs(Part.D1),
                List.of(rows.sums(), resultGradient, offsets, rows.largest(), tiles.first(), tiles.further(), tiles.slabs(), tiles.valueColumns(),
                        sumGradients, minusProducts, fresh),
                gradients(tape, inputs.rot(), inputs.trans(), d1));
    }

    /** Weighted sums of value rows to the result. */
    void finish(Tensor sums, Tensor result) {
        launch("epilogue", residues, List.of(inputs.rot(), inputs.trans()), pairs(Part.D1), List.of(sums, result));
    }

    /** From the gradient of the result to those of what it was made of; overwrites {@code sumGradients} and Σ sums·sumGradients of each row. */
    void finishBackward(Tape tape, Tensor sums, Tensor resultGradient, Tensor sumGradients, Tensor sumProducts) {
        Tensor d1 = pairs(Part.D1).getFirst();
        int fresh = start(tape, inputs.rot(), inputs.trans(), d1);
        launch("epilogue_backward", residues, List.of(inputs.rot(), inputs.trans()), pairs(Part.D1),
                List.of(sums, resultGradient, sumGradients, sumProducts, fresh), gradients(tape, inputs.rot(), inputs.trans(), d1));
    }

    /** From gradients of rows to those of the inputs. */
    void packBackward(Tape tape, RowGradients rows, Tensor pointWeightParts) {
        IpaConfig config = inputs.config();
        List<Tensor> pairs = pairs(Part.B1, Part.B2, Part.D2);
        int fresh = start(tape, inputs.rot(), inputs.trans(), inputs.q(), inputs.kv(), inputs.qPoints(), inputs.kvPoints(), pairs.get(0), pairs.get(1),
                pairs.get(2), inputs.headWeights());
        // the first blocks take a head each
        launch("unpack", layout.heads() + residues, List.of(inputs.rot(), inputs.trans(), inputs.qPoints(), inputs.qPoints().columns(),
                inputs.kvPoints(), inputs.kvPoints().columns(), inputs.headWeights(), config.scalarScale(), config.biasScale(), config.pointScale(),
                rows.queries(), rows.keys(), rows.values(), pointWeightParts, pointWeightParts.columns(), fresh), gradients(tape, inputs.rot(), inputs.trans()),
                gradientWithWidth(tape, inputs.q()), gradientWithWidth(tape, inputs.kv()), gradientWithWidth(tape, inputs.qPoints()),
                gradientWithWidth(tape, inputs.kvPoints()), gradients(tape, pairs.toArray(Tensor[]::new)), gradients(tape, inputs.headWeights()));
    }

    private void launch(String operation, int blocks, List<?>... arguments) {
        launch(kernel(device, operation, dtype()), new int[] {blocks, 1, 1}, 0, arguments);
    }

    /** Blocks for every sequence. */
    private int[] grid(int x, int y) {
        return new int[] {x, y, inputs.packing().count()};
    }

    private void launch(String operation, int[] grid, int sharedBytes, List<?>... arguments) {
        launch(device.module(MODULE, RowKernels.class).kernel("attention_" + operation), grid, sharedBytes, arguments);
    }

    private void launch(CudaKernel kernel, int[] grid, int sharedBytes, List<?>... arguments) {
        List<Object> all = new ArrayList<>(
                List.of(residues, layout.heads(), layout.channels(), layout.rank(), layout.qkPoints(), layout.vPoints(), layout.cDown()));
        for (List<?> some : arguments) {
            all.addAll(some);
        }
        kernel.launch(grid[0], grid[1], grid[2], THREADS, sharedBytes, all.toArray());
    }

    /** A tensor of the pair term. */
    private enum Part {
        B1, B2, D1, D2;

        private Tensor of(PairTerm.Factors factors) {
            return switch (this) {
                case B1 -> factors.b1();
                case B2 -> factors.b2();
                case D1 -> factors.d1();
                case D2 -> factors.d2();
            };
        }
    }

    /** Nulls where there is no pair term. */
    private List<Tensor> pairs(Part... parts) {
        List<Tensor> tensors = new ArrayList<>();
        for (Part part : parts) {
            tensors.add(inputs.pair() instanceof PairTerm.Factors factors ? part.of(factors) : null);
        }
        return tensors;
    }

    /** Makes room for gradients: bit i says that the kernel overwrites that of tensor i instead of adding to it. */
    private static int start(Tape tape, Tensor... tensors) {
        int fresh = 0;
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] != null && tape.startGradient(tensors[i])) {
                fresh |= 1 << i;
            }
        }
        return fresh;
    }

    private static List<Tensor> gradients(Tape tape, Tensor... tensors) {
        List<Tensor> gradients = new ArrayList<>();
        for (Tensor tensor : tensors) {
            gradients.add(tape.gradient(tensor));
        }
        return Collections.unmodifiableList(gradients);
    }

    private static List<Object> gradientWithWidth(Tape tape, Tensor tensor) {
        List<Object> arguments = new ArrayList<>(gradients(tape, tensor));
        arguments.add(tensor.columns());
        return arguments;
    }
}
