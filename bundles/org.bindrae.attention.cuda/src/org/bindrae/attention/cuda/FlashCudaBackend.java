package org.bindrae.attention.cuda;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
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
        DType dtype = inputs.q().dtype();
        Tensor result = tape.output(dtype, Shape.of(inputs.packing().total(), inputs.config().resultWidth()), inputs.tensors());
        RowKernels kernels = new RowKernels(device, inputs, tape.indices(inputs.packing().offsets()));
        AttentionCore.Pass pass = core(device, dtype, kernels.layout()).forward(tape, kernels, result.requiresGradient());
        kernels.finish(pass.sums(), result);
        if (result.requiresGradient()) {
            tape.record(() -> pass.backward(tape, tape.gradient(result)));
        }
        return result;
    }

    /** Tensor cores where the precision allows them, and the card has the memory for rows of this width. */
    private static AttentionCore core(CudaDevice device, DType dtype, RowLayout layout) {
        return switch (Precision.of(device, dtype)) {
            case FP64, FP32 -> new ExactCore(device);
            case TF32, BF16 -> TensorCore.supports(device, layout) ? new TensorCore(device) : new ExactCore(device);
        };
    }
}
