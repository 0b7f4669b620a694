package org.bindrae.stage1;

import org.bindrae.stage1.internal.HostConditioner;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What residues and ligand tokens compute of each other, on the memory of one device. T residues, M tokens, P pairs of both in the same sample, those of one
 * residue together, residues in order. {@code offsets} are first residue, first token and first pair of each sample, and the totals, I32 [3, B + 1]. All floating
 * tensors of a call have one type. Operations named {@code …Backward} add to their gradients, the others overwrite their results; a gradient that is null is not
 * computed.
 */
@ProviderType
public interface ConditionerKernels {
    /** Pairs whose inner values are held at a time. */
    int pairsAtATime();

    /** y = x / (unit·√(1 + |x|² / radius²)) of points [P, 3]. */
    void saturate(Tensor points, double unit, double radius, Tensor y);

    void saturateBackward(Tensor points, double unit, double radius, Tensor dy, Tensor dx);

    /**
     * The inner layer of the pair embedding.
     *
     * @param layer its parameters
     * @param places [P, 3]
     * @param perToken what the layer makes of the features of each token [M, width]
     */
    HiddenPairs hidden(Tape tape, HiddenLayer layer, Tensor places, Tensor perToken, Tensor offsets);

    /**
     * Attention of residues to what they see: with slopes s_h,
     *
     * <pre>
     * logit_ij^h = scale·(u_ih·h_ij + w_ih) − s_h·√(|local_ij|² + softening)      a_ij^h = exp(logit_ij^h) / (1 + Σ_k exp(logit_ik^h))
     * result_ih  = [ Σ_j a_ij^h h_ij | Σ_j a_ij^h ]
     * </pre>
     *
     * @param h [P, c]
     * @param local [P, 3], Å
     * @param u u_ih, then w_ih, per head [T, heads·(c + 1)]
     * @param weights result, a [P, heads]
     * @param result [T, heads·(c + 1)]
     */
    void attend(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor result);

    /** @param dLogits scratch memory [P, heads] */
    void attendBackward(Attention attention, Tensor h, Tensor local, Tensor u, Tensor offsets, Tensor weights, Tensor dResult, Tensor dLogits, Tensor dH,
            Tensor dLocal, Tensor dU);

    /** Per head y_h = x_h·[W_h | b_h], with D channels per head: x [T, heads·D], weight [heads·D, c], bias [heads·D], y [T, heads·(c + 1)]; or added to y. */
    void toPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y);

    /** Per head y_h = x_h·[W_h | b_h]ᵀ: x [T, heads·(c + 1)], weight [heads·D, c], bias [heads·D], y [T, heads·D]; or added to y. */
    void fromPairSpace(int heads, Tensor x, Tensor weight, Tensor bias, boolean add, Tensor y);

    /** Adds x_hᵀ·y_h of each head to the gradients of [W_h | b_h]: x [T, heads·D], y [T, heads·(c + 1)]. */
    void pairSpaceGradient(int heads, Tensor x, Tensor y, Tensor dWeight, Tensor dBias);

    /**
     * s + scale·weight_i·(γ∘s + β) with its gradient recorded: the modulated representation behind the gate.
     *
     * @param s [T, width]
     * @param gamma [T, width]
     * @param beta [T, width]
     * @param weights constants [T]
     * @param scale [1], or null for 1
     * @return [T, width]
     */
    Tensor modulate(Tape tape, Tensor s, Tensor gamma, Tensor beta, Tensor weights, Tensor scale);

    /**
     * Parameters of the inner layer: W·[place | features] + bias, a LayerNorm, then GELU.
     *
     * @param weight [width, 3 + features], of which the first three columns are used here
     * @param gamma [width]
     * @param beta [width]
     */
    record HiddenLayer(Tensor weight, Tensor gamma, Tensor beta, double eps) {
    }

    /** The numbers of an attention; slopes in 1/Å, one per head, softening in Å². */
    record Attention(double scale, double[] slopes, double softening) {
        public int heads() {
            return slopes.length;
        }
    }

    /** The inner values of one pass, computed anew whenever they are needed. */
    @ProviderType
    interface HiddenPairs {
        /** The values of pairs {@code from} and following, as many as {@code active} [pairs, width] holds. */
        void activate(int from, Tensor active);

        /**
         * Pushes gradients through the layer for the pairs that were activated last.
         *
         * @param dActive [pairs, width]; its content is lost
         * @param dPlaces [P, 3], or null
         * @param dPerToken [M, width]
         * @param gradients of the layer's parameters
         */
        void backward(int from, Tensor dActive, Tensor dPlaces, Tensor dPerToken, HiddenLayer gradients);
    }

    /** Those of a device. */
    static ConditionerKernels of(Device device) {
        return device instanceof HostDevice host ? new HostConditioner(host) : device.operations(ConditionerKernels.class);
    }
}
