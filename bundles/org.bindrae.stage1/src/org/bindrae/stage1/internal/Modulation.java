package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Feature-wise modulation (FiLM; Perez et al. 2018): s + γ∘s + β, where γ and β come from a context. γ starts at zero, the identity, β close to it. Parameters
 * {@code gamma} and {@code beta}, each with {@code linear_1} and {@code linear_2}.
 */
final class Modulation {
    private static final double SMALL = 0.01;

    private final Branch gamma;
    private final Branch beta;

    Modulation(Parameters parameters, int width, int hidden, double dropout) {
        this.gamma = new Branch(parameters.scope("gamma"), width, hidden, dropout, Initializer.ZEROS);
        this.beta = new Branch(parameters.scope("beta"), width, hidden, dropout, Initializer.normal(SMALL));
    }

    /** s + gate·(γ∘s + β) for s [T, width] and a context [T, width]. */
    Tensor modulate(Tape tape, Tensor s, Tensor context, LigandGate.Opening gate) {
        Tensor factors = gamma.forward(tape, context);
        Tensor shifts = beta.forward(tape, context);
        return ConditionerKernels.of(tape.device()).modulate(tape, s, factors, shifts, gate.perResidue(), gate.scale());
    }

    private static final class Branch {
        private final Linear first;
        private final Linear second;
        private final double dropout;

        Branch(Parameters parameters, int width, int hidden, double dropout, Initializer last) {
            this.first = new Linear(parameters.scope("linear_1"), width, hidden);
            this.second = new Linear(parameters.scope("linear_2"), hidden, width, last, true);
            this.dropout = dropout;
        }

        Tensor forward(Tape tape, Tensor context) {
            return second.forward(tape, first.forwardGelu(tape, context, dropout));
        }
    }
}
