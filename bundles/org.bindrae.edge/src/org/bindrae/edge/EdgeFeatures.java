package org.bindrae.edge;

import org.bindrae.tensor.Tensor;
import org.osgi.annotation.versioning.ProviderType;

/** What an edge embedder says about the pairs of residues within each sequence. */
@ProviderType
public sealed interface EdgeFeatures {
    /** Nothing. */
    record None() implements EdgeFeatures {
    }

    /**
     * Pair (i, j) has the features Σ_ρ z1[i, ρ] ∘ z2[j, ρ].
     *
     * @param z1 [T, rank, cZ]
     * @param z2 [T, rank, cZ]
     */
    record Factors(Tensor z1, Tensor z2) implements EdgeFeatures {
    }

    /**
     * Every pair has features of its own.
     *
     * @param z [pairs, cZ], pairs in the order of {@link org.bindrae.tensor.Packing#pairs()}
     */
    record Full(Tensor z) implements EdgeFeatures {
    }
}
