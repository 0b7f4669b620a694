package org.bindrae.attention.cuda;

import java.util.function.Function;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.osgi.service.component.annotations.Component;

/**
 * FlashIPA on a graphics card: the softmax runs over tiles of keys, so that memory grows with the number of residues and not with its square, for factors of
 * any rank. Inputs become rows of one head each, an {@link AttentionCore} does what grows with the square of the lengths, and its sums become the result.
 */
@Component(property = "service.ranking:Integer=200")
public final class FlashCudaBackend implements AttentionBackend {
    @Override
    public String name() {
        return "flash-cuda";
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        if (!(device instanceof CudaDevice)) {
            return Support.no("it runs on CUDA devices only, not on " + device.name());
        }
        if (pair == PairTerm.Full.class) {
            return Support.no("a full pair term has N² rows; it takes factors or no pair term");
        }
        return dtype.isFloating() ? Support.YES : Support.no("it computes with F32 or F64, not " + dtype);
    }

    @Override
    public Tensor attend(Tape tape, AttentionInputs inputs) {
        Support support = check(inputs.config(), inputs.pair().getClass(), tape.device(), inputs.q().dtype());
        if (!support.ok()) {
            throw new IllegalArgumentException(name() + " cannot run this layer: " + support.reason());
        }
        CudaDevice device = (CudaDevice) tape.device();
        Packing packing = inputs.packing();
        DType dtype = inputs.q().dtype();
        RowLayout layout = RowLayout.of(inputs.config());
        AttentionCore core = core(device, dtype, layout);
        RowKernels kernels = new RowKernels(device, inputs);
        Tensor result = tape.output(dtype, Shape.of(packing.total(), inputs.config().resultWidth()), inputs.tensors());
        boolean differentiable = result.requiresGradient();
        boolean keepRows = differentiable && core.keepsRows();
        Shape keyRows = layout.keyRows(packing.total());
        Shape valueRows = layout.valueRows(packing.total());
        Workspace workspace = new Workspace(device, (keepRows ? 0 : bytes(dtype, keyRows, keyRows, valueRows))
                + core.forwardBytes(layout, packing, dtype, differentiable));
        Function<Shape, Tensor> memory = keepRows ? shape -> tape.scratch(dtype, shape) : shape -> workspace.tensor(dtype, shape);
        HeadRows rows = new HeadRows(layout, packing, tape.offsets(packing), memory.apply(keyRows), memory.apply(keyRows), memory.apply(valueRows),
                tape.scratch(dtype, Shape.of(layout.heads())));
        kernels.pack(rows);
        AttentionCore.Pass pass = core.forward(tape, rows, differentiable, workspace);
        kernels.finish(pass.sums(), result);
        if (differentiable) {
            tape.record(() -> backward(tape, result, layout, packing, core, pass, kernels));
        }
        return result;
    }

    private static void backward(Tape tape, Tensor result, RowLayout layout, Packing packing, AttentionCore core, AttentionCore.Pass pass, RowKernels kernels) {
        DType dtype = result.dtype();
        Shape keyRows = layout.keyRows(packing.total());
        Shape valueRows = layout.valueRows(packing.total());
        Shape perRow = layout.perRow(packing.total());
        Workspace workspace = new Workspace((CudaDevice) tape.device(), bytes(dtype, valueRows, perRow, keyRows, keyRows, valueRows)
                + core.backwardBytes(layout, packing, dtype));
        Tensor sumGradients = workspace.tensor(dtype, valueRows);
        Tensor sumProducts = workspace.tensor(dtype, perRow);
        RowGradients gradients = new RowGradients(workspace.tensor(dtype, keyRows), workspace.tensor(dtype, keyRows), workspace.tensor(dtype, valueRows));
        kernels.finishBackward(tape, pass.sums(), tape.gradient(result), sumGradients, sumProducts);
        Tensor parts = pass.backward(sumGradients, sumProducts, gradients, workspace);
        kernels.packBackward(tape, gradients, parts);
    }

    /** Tensor cores where the precision allows them, and the card has the memory for rows of this width. */
    private static AttentionCore core(CudaDevice device, DType dtype, RowLayout layout) {
        return switch (Precision.of(device, dtype)) {
            case FP64, FP32 -> new ExactCore(device);
            case TF32, BF16 -> TensorCore.supports(device, layout) ? new TensorCore(device) : new ExactCore(device);
        };
    }

    private static long bytes(DType dtype, Shape... shapes) {
        long sum = 0;
        for (Shape shape : shapes) {
            sum += Workspace.bytes(dtype, shape);
        }
        return sum;
    }
}
