package org.bindrae.attention.cpu;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.osgi.service.component.annotations.Component;

/**
 * FlashIPA: the softmax runs over tiles of keys, so that memory grows with the number of residues and not with its square, for factors of any rank. Point
 * distances are direct differences, everything else is matrix products of tiles by the device.
 */
@Component(property = "service.ranking:Integer=100")
public final class FlashCpuBackend implements AttentionBackend {
    @Override
    public String name() {
        return "flash-cpu";
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        if (!(device instanceof HostDevice)) {
            return Support.no("it reads host memory only, not that of " + device.name());
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
        Tensor result = tape.output(inputs.q().dtype(), Shape.of(inputs.packing().total(), inputs.config().resultWidth()), inputs.tensors());
        RowMath math = RowMath.of(result.dtype());
        PackedHeads packed = PackedHeads.of(tape, inputs, math);
        FlashForward forward = new FlashForward(tape, packed, math, result);
        forward.run();
        if (result.requiresGradient()) {
            tape.record(() -> new FlashBackward(tape, packed, math, forward.kept(), result).run());
        }
        return result;
    }
}
