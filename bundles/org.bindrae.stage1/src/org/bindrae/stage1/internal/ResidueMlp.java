package org.bindrae.stage1.internal;

import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Mlp;
import org.bindrae.tensor.nn.Parameters;

/** LayerNorm, Linear, GELU, dropout, Linear on each residue: the transitions and the heads. Parameters {@code norm}, {@code linear_1}, {@code linear_2}. */
public final class ResidueMlp {
    private final LayerNorm norm;
    private final Mlp mlp;

    /** @param last initial weights of the second map; its bias starts at zero */
    public ResidueMlp(Parameters parameters, int in, int hidden, int out, double dropout, Initializer last) {
        this.norm = new LayerNorm(parameters.scope("norm"), in);
        this.mlp = new Mlp(parameters, in, hidden, out, dropout, last);
    }

    /** [T, in] → [T, out]. */
    public Tensor forward(Tape tape, Tensor x) {
        return mlp.forward(tape, norm.forward(tape, x));
    }
}
