package org.bindrae.attention.cuda;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The part of the attention that grows with the square of the lengths, on rows of one head each. With Q, K, V the rows of {@link HeadRows} and w the point
 * weight of the head:
 *
 * <pre>
 * logit_ij = Σ_{c < C+r} Q_ic K_jc − ½ w Σ_{c ≥ C+r} (Q_ic − K_jc)²
 * a_ij     = softmax of logit_ij over the j of the same sequence
 * sums_i   = Σ_j a_ij V_j
 * </pre>
 *
 * All results are the same bits on every run.
 */
interface AttentionCore {
    /**
     * Whether the backward pass reads the rows of queries, keys and values again. If not, they are gone (as everything in the workspace) when {@link #forward}
     * has returned; offsets and point weights stay.
     */
    boolean keepsRows();

    /**
     * Bytes that {@link #forward} takes from its workspace.
     *
     * @param dtype of the rows
     */
    long forwardBytes(RowLayout layout, Packing packing, DType dtype, boolean differentiable);

    /** Bytes that {@link Pass#backward} takes from its workspace. */
    long backwardBytes(RowLayout layout, Packing packing, DType dtype);

    /**
     * Queues the sums.
     *
     * @param tape memory for what the backward pass needs
     * @param differentiable whether a backward pass may follow; if not, nothing needs to be kept beyond {@code workspace}
     */
    Pass forward(Tape tape, HeadRows rows, boolean differentiable, Workspace workspace);

    /** One forward pass and the way back. */
    interface Pass {
        /** [H, T, Wv], kept until the backward pass, if there is one */
        Tensor sums();

        /**
         * Queues the gradients; called once.
         *
         * @param sumGradients of the sums [H, T, Wv]
         * @param sumProducts Σ_c sums·sumGradients of each row [H, T], which is Σ_j a_ij ∂/∂a_ij
         * @param gradients to overwrite
         * @return gradients of the point weights in parts [H, n], to be added up over n: −½ Σ_ij ∂/∂logit_ij Σ_{c ≥ C+r} (Q_ic − K_jc)²
         */
        Tensor backward(Tensor sumGradients, Tensor sumProducts, RowGradients gradients, Workspace workspace);
    }
}
