package org.example.attention.streaming;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.osgi.service.component.annotations.Component;

/**
 * Softmax that streams over the keys, in double precision whatever the type of the tensors: memory grows with the number of residues. Ranked below all others,
 * so that it runs where it is asked for by name.
 */
@Component(property = "service.ranking:Integer=-10")
public final class StreamingBackend implements AttentionBackend {
    @Override
    public String name() {
        return "streaming";
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
        IpaConfig config = inputs.config();
        Support support = check(config, inputs.pair().getClass(), tape.device(), inputs.q().dtype());
        if (!support.ok()) {
            throw new IllegalArgumentException(name() + " cannot run this layer: " + support.reason());
        }
        Packing packing = inputs.packing();
        Tensor result = tape.output(inputs.q().dtype(), Shape.of(packing.total(), config.resultWidth()), inputs.tensors());
        InputArrays values = InputArrays.of(inputs.tensors());
        double[] rows = new double[packing.total() * config.resultWidth()];
        SequenceAttention[] sequences = new SequenceAttention[packing.count()];
        HostDevice device = HostDevice.of(result);
        // a sequence is a task: it writes no other's rows, so that the number of threads changes nothing
        device.parallel(sequences.length, 1, (from, to) -> {
            for (int s = from; s < to; s++) {
                sequences[s] = new SequenceAttention(config, packing.start(s), packing.length(s), values);
                sequences[s].forward(rows);
            }
        });
        result.set(rows);
        if (result.requiresGradient()) {
            tape.record(() -> backward(tape, inputs, sequences, values, tape.gradient(result).toDoubles()));
        }
        return result;
    }

    private static void backward(Tape tape, AttentionInputs inputs, SequenceAttention[] sequences, InputArrays values, double[] resultGradient) {
        InputArrays gradients = values.zeros();
        double[][] ofHeadWeights = new double[sequences.length][];
        HostDevice.of(inputs.q()).parallel(sequences.length, 1, (from, to) -> {
            for (int s = from; s < to; s++) {
                ofHeadWeights[s] = sequences[s].backward(resultGradient, gradients);
            }
        });
        // head weights are shared by all sequences: their sum has a fixed order
        for (double[] ofSequence : ofHeadWeights) {
            for (int h = 0; h < ofSequence.length; h++) {
                gradients.headWeights()[h] += ofSequence[h];
            }
        }
        gradients.addTo(tape, inputs.tensors());
    }
}
