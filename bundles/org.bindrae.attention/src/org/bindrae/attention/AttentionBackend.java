package org.bindrae.attention;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Computes everything between the linear layers of invariant point attention. Registered as a service; among the able ones the highest {@code service.ranking}
 * is chosen automatically.
 *
 * <pre>
 * qp, kp, vp  = R·point + t
 * w_h         = softplus(headWeights_h) · sqrt(1 / (3·(P·9/2)))
 * logit_ij^h  = q_i·k_j / sqrt(3C) + biasScale·bias_ij^h − ½·w_h·Σ_p |qp_ip − kp_jp|²
 * a_ij^h      = softmax over the j of the same sequence
 * result_i    = [ Σ_j a_ij v_j | x | y | z of op_i = R_iᵀ(Σ_j a_ij vp_j − t_i) | sqrt(|op_i|² + 1e-8) | collected pair features ]
 * </pre>
 *
 * Each block of the result holds all heads.
 */
@ConsumerType
public interface AttentionBackend {
    /** Added under the root of the norms of the value points, nm². */
    double NORM_EPS = 1e-8;

    /** Short name users type. */
    String name();

    /** Whether this backend can run a layer of these sizes on tensors of this device and type; asked before any work starts. */
    Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype);

    /**
     * Runs the attention and records its gradient with respect to every tensor of {@code inputs}. The nine entries of a rotation count as free variables.
     *
     * @return [T, {@link IpaConfig#resultWidth()}]
     * @throws IllegalArgumentException if {@link #check} says no, before any work
     */
    Tensor attend(Tape tape, AttentionInputs inputs);
}
