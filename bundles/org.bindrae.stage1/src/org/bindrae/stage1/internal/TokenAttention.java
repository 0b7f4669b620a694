package org.bindrae.stage1.internal;

import java.util.Arrays;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.stage1.ConditionerKernels.Attention;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Attention of residues to the ligand tokens they see, in the space of the pair embeddings h [P, c], so that neither keys nor values are ever made per pair:
 *
 * <pre>
 * logit_ij^h = scale·(u_ih·h_ij + w_ih) − d_ij / L_h        a_ij^h = exp(logit_ij^h) / (1 + Σ_k exp(logit_ik^h))
 * result_ih  = [ Σ_j a_ij^h h_ij | Σ_j a_ij^h ]
 * </pre>
 *
 * The one in the denominator is a token without meaning that a residue may attend to instead. d_ij is the distance of token and residue; L_h grows from
 * {@link #SHORTEST} to {@link #LONGEST} over the heads, so that some start with an eye for contacts and some for the whole pocket (linear biases after Press et
 * al. 2022).
 */
final class TokenAttention {
    /** Å */
    static final double SHORTEST = 2;
    /** Å */
    static final double LONGEST = 16;
    /** Added to squared distances, Å², so that the distance is smooth everywhere. */
    private static final double SOFTENING = 0.01;

    private final Attention attention;

    TokenAttention(int heads, double scale) {
        double[] slopes = new double[heads];
        Arrays.setAll(slopes, head -> 1 / (SHORTEST * StrictMath.pow(LONGEST / SHORTEST, heads == 1 ? 0.5 : (double) head / (heads - 1))));
        this.attention = new Attention(scale, slopes, SOFTENING);
    }

    /**
     * @param h pair embeddings [P, c]
     * @param local token positions in the residue's frame [P, 3], Å
     * @param u queries [T, heads·(c + 1)]: per head u_ih, then w_ih
     * @return [T, heads·(c + 1)]
     */
    Tensor attend(Tape tape, Tensor h, Tensor local, Tensor u, TokenPairs pairs) {
        ConditionerKernels kernels = ConditionerKernels.of(tape.device());
        Tensor offsets = pairs.offsets(tape);
        Tensor result = tape.output(h.dtype(), u.shape(), h, local, u);
        Tensor weights = tape.scratch(h.dtype(), Shape.of(pairs.count(), attention.heads()));
        kernels.attend(attention, h, local, u, offsets, weights, result);
        if (result.requiresGradient()) {
            tape.record(() -> kernels.attendBackward(attention, h, local, u, offsets, weights, tape.gradient(result),
                    tape.scratch(h.dtype(), weights.shape()), tape.gradient(h), tape.gradient(local), tape.gradient(u)));
        }
        return result;
    }
}
