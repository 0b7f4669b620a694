package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Key and value maps of an attention to pair embeddings h [c], applied on the side of the residues: q·(W_k h + b_k) = (W_kᵀq)·h + q·b_k, and Σ_j a_j (W_v h_j +
 * b_v) = W_v (Σ_j a_j h_j) + (Σ_j a_j) b_v. Each head takes and gives c + 1 numbers in pair space, the last one for the bias. D channels per head; parameters
 * {@code linear_k}, {@code linear_v} as maps from c to heads·D.
 */
final class PairSpace {
    private final int heads;
    private final int channels;
    private final int c;
    private final Linear keys;
    private final Linear values;

    PairSpace(Parameters parameters, int heads, int channels, int c) {
        this.heads = heads;
        this.channels = channels;
        this.c = c;
        this.keys = new Linear(parameters.scope("linear_k"), c, heads * channels);
        this.values = new Linear(parameters.scope("linear_v"), c, heads * channels);
    }

    /** Queries [T, heads·D] to [T, heads·(c + 1)]: per head W_kᵀq and q·b_k. */
    Tensor queries(Tape tape, Tensor q) {
        ConditionerKernels kernels = ConditionerKernels.of(tape.device());
        Tensor u = tape.output(q.dtype(), Shape.of(q.rows(), heads * (c + 1)), q, keys.weight(), keys.bias());
        kernels.toPairSpace(heads, q, keys.weight(), keys.bias(), false, u);
        if (u.requiresGradient()) {
            tape.record(() -> {
                Tensor du = tape.gradient(u);
                if (tape.tracks(q)) {
                    kernels.fromPairSpace(heads, du, keys.weight(), keys.bias(), true, tape.gradient(q));
                }
                kernels.pairSpaceGradient(heads, q, du, tape.gradient(keys.weight()), tape.gradient(keys.bias()));
            });
        }
        return u;
    }

    /** Attended embeddings and masses [T, heads·(c + 1)] to values [T, heads·D]. */
    Tensor values(Tape tape, Tensor attended) {
        ConditionerKernels kernels = ConditionerKernels.of(tape.device());
        Tensor o = tape.output(attended.dtype(), Shape.of(attended.rows(), heads * channels), attended, values.weight(), values.bias());
        kernels.fromPairSpace(heads, attended, values.weight(), values.bias(), false, o);
        if (o.requiresGradient()) {
            tape.record(() -> {
                Tensor dO = tape.gradient(o);
                if (tape.tracks(attended)) {
                    kernels.toPairSpace(heads, dO, values.weight(), values.bias(), true, tape.gradient(attended));
                }
                kernels.pairSpaceGradient(heads, dO, attended, tape.gradient(values.weight()), tape.gradient(values.bias()));
            });
        }
        return o;
    }
}
