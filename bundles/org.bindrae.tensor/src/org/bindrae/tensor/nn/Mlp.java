package org.bindrae.tensor.nn;

import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** A perceptron of two layers: Linear, GELU, dropout, Linear. Parameters {@code linear_1} and {@code linear_2}. */
public final class Mlp {
    private final Linear first;
    private final Linear second;
    private final double dropout;

    /** @param last initial weights of the second map; its bias starts at zero */
    public Mlp(Parameters parameters, int in, int hidden, int out, double dropout, Initializer last) {
        this.first = new Linear(parameters.scope("linear_1"), in, hidden);
        this.second = new Linear(parameters.scope("linear_2"), hidden, out, last, true);
        this.dropout = dropout;
    }

    /** [… , in] → [… , out]. */
    public Tensor forward(Tape tape, Tensor x) {
        return Ops.mlp(tape, x, first.weight(), first.bias(), dropout, second.weight(), second.bias());
    }
}
