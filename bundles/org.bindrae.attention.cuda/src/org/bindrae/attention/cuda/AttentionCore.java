package org.bindrae.attention.cuda;

import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * The part of the attention that grows with the square of the lengths, on rows of one head each. With Q, K, V the rows of {@link RowLayout} and w the point
 * weight of the head:
 *
 * <pre>
 * logit_ij = Σ_{c < C+r} Q_ic K_jc − ½ w Σ_{c ≥ C+r} (Q_ic − K_jc)²
 * a_ij     = softmax of logit_ij over the j of the same sequence
 * sums_i   = Σ_j a_ij V_j
 * </pre>
 *
 * How the rows are held is the core's own. All results are the same bits on every run.
 */
interface AttentionCore {
    /**
     * Queues the sums.
     *
     * @param tape memory for what the backward pass needs
     * @param kernels the inputs
     * @param differentiable whether a backward pass may follow; if not, everything may lie in scratch memory of the device
     */
    Pass forward(Tape tape, RowKernels kernels, boolean differentiable);

    /** One forward pass and the way back. */
    interface Pass {
        /** [H, T, Wv], kept until the backward pass, if there is one; otherwise until scratch memory is asked for again */
        Tensor sums();

        /**
         * Queues what adds to the gradients of the inputs; called once.
         *
         * @param resultGradient gradient of the result that was made of the sums
         */
        void backward(Tape tape, Tensor resultGradient);
    }
}
