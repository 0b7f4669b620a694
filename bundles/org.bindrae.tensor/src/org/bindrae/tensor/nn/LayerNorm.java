package org.bindrae.tensor.nn;

import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** LayerNorm over the last dimension, eps 1e-5, with parameters {@code weight} and {@code bias} [columns]. */
public final class LayerNorm {
    private static final double EPS = 1e-5;

    private final Tensor weight;
    private final Tensor bias;

    public LayerNorm(Parameters parameters, int columns) {
        this.weight = parameters.create("weight", Shape.of(columns), Initializer.ONES);
        this.bias = parameters.create("bias", Shape.of(columns), Initializer.ZEROS);
    }

    public Tensor forward(Tape tape, Tensor x) {
        return Ops.layerNorm(tape, x, weight, bias, EPS);
    }
}
