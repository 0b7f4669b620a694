package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Mlp;
import org.bindrae.tensor.nn.Parameters;

/**
 * Feature-wise modulation (FiLM; Perez et al. 2018): s + γ∘s + β, where γ and β come from a context. γ starts at zero, the identity, β close to it. Parameters
 * {@code gamma} and {@code beta}, each with {@code linear_1} and {@code linear_2}.
 */
final class Modulation {
    private static final double SMALL = 0.01;

    private final Mlp gamma;
    private final Mlp beta;

    Modulation(Parameters parameters, int width, int hidden, double dropout) {
        this.gamma = new Mlp(parameters.scope("gamma"), width, hidden, width, dropout, Initializer.ZEROS);
        this.beta = new Mlp(parameters.scope("beta"), width, hidden, width, dropout, Initializer.normal(SMALL));
    }

    /** s + gate·(γ∘s + β) for s [T, width] and a context [T, width]. */
    Tensor modulate(Tape tape, Tensor s, Tensor context, LigandGate.Opening gate) {
        Tensor factors = gamma.forward(tape, context);
        Tensor shifts = beta.forward(tape, context);
        return ConditionerKernels.of(tape.device()).modulate(tape, s, factors, shifts, gate.perResidue(), gate.scale());
    }
}
