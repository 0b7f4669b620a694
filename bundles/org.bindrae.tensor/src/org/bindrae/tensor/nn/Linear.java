package org.bindrae.tensor.nn;

import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** x·Wᵀ + b with parameters {@code weight} [out, in] and {@code bias} [out]. */
public final class Linear {
    private final Tensor weight;
    private final Tensor bias;

    /** LeCun truncated normal weights, zero bias. */
    public Linear(Parameters parameters, int in, int out) {
        this(parameters, in, out, Initializer.truncatedNormal(1, in), true);
    }

    public Linear(Parameters parameters, int in, int out, Initializer weights, boolean withBias) {
        this.weight = parameters.create("weight", Shape.of(out, in), weights);
        this.bias = withBias ? parameters.create("bias", Shape.of(out), Initializer.ZEROS) : null;
    }

    /** x [… , in] → [… , out]. */
    public Tensor forward(Tape tape, Tensor x) {
        return Ops.linear(tape, x, weight, bias);
    }

    /** Maps and inputs in pairs, together: as {@link #forward} of each. */
    public static List<Tensor> forward(Tape tape, List<Linear> maps, List<Tensor> inputs) {
        return Ops.linears(tape, inputs, maps.stream().map(map -> map.weight).toList(),
                Arrays.asList(maps.stream().map(map -> map.bias).toArray(Tensor[]::new)));
    }

    /** [out, in] */
    public Tensor weight() {
        return weight;
    }

    /** [out], or null. */
    public Tensor bias() {
        return bias;
    }
}
