package org.bindrae.attention;

import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What the pair features contribute inside the attention, after the layer's linear maps {@code linear_b} and {@code down_z}. H heads, c_d = cZ / 4 collected
 * channels.
 */
@ProviderType
public sealed interface PairTerm {
    /** No pair term. */
    record None() implements PairTerm {
    }

    /**
     * Factors of rank r: bias_ij^h = Σ_ρ b1[i, ρ, h]·b2[j, ρ, h] and collected features Σ_ρ d1[i, ρ] ∘ d2[j, ρ].
     *
     * @param b1 [T, r·H], factor-major
     * @param b2 [T, r·H]
     * @param d1 [T, r·c_d], factor-major
     * @param d2 [T, r·c_d]
     */
    record Factors(Tensor b1, Tensor b2, Tensor d1, Tensor d2) implements PairTerm {
    }

    /**
     * One row per pair, in the order of {@link org.bindrae.tensor.Packing#pairStart}.
     *
     * @param bias [pairs, H]
     * @param down [pairs, c_d]
     */
    record Full(Tensor bias, Tensor down) implements PairTerm {
    }
}
