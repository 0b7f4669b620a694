package org.bindrae.esm;

import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/** Brings embeddings to the width of the network: Linear, LayerNorm, GELU, dropout. */
public final class EsmAdapter {
    private final Linear linear;
    private final LayerNorm norm;
    private final double dropout;

    /** With parameters {@code linear} and {@code norm}. */
    public EsmAdapter(Parameters parameters, int in, int out, double dropout) {
        this.linear = new Linear(parameters.scope("linear"), in, out);
        this.norm = new LayerNorm(parameters.scope("norm"), out);
        this.dropout = dropout;
    }

    /** [T, in] → [T, out]. */
    public Tensor forward(Tape tape, Tensor embeddings) {
        Tensor hidden = norm.forward(tape, linear.forward(tape, embeddings));
        return Ops.dropout(tape, Ops.unary(tape, Unary.GELU, hidden), dropout);
    }
}
