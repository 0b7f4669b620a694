package org.bindrae.attention.reference;

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

/** The oracle: every pair of residues one after the other, in double precision whatever the type of the tensors. Takes every form of pair term. */
@Component(property = "service.ranking:Integer=0")
public final class ReferenceBackend implements AttentionBackend {
    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
        if (!(device instanceof HostDevice)) {
            return Support.no("it reads host memory only, not that of " + device.name());
        }
        return dtype.isFloating() ? Support.YES : Support.no("it computes with F32 or F64, not " + dtype);
    }

    @Override
    public Tensor attend(Tape tape, AttentionInputs inputs) {
        ExactAttention attention = new ExactAttention(inputs);
        Tensor result = tape.output(inputs.q().dtype(), Shape.of(inputs.packing().total(), inputs.config().resultWidth()), inputs.tensors())
                .set(attention.forward());
        if (result.requiresGradient()) {
            tape.record(() -> {
                double[][] gradients = attention.backward(tape.gradient(result).toDoubles());
                Tensor[] tensors = inputs.tensors();
                for (int i = 0; i < tensors.length; i++) {
                    if (tape.tracks(tensors[i])) {
                        add(gradients[i], tape.gradient(tensors[i]));
                    }
                }
            });
        }
        return result;
    }

    private static void add(double[] values, Tensor sum) {
        for (int i = 0; i < values.length; i++) {
            sum.dtype().set(sum.memory(), i, sum.dtype().get(sum.memory(), i) + values[i]);
        }
    }
}
