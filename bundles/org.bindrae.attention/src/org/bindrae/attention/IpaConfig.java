package org.bindrae.attention;

import org.bindrae.tensor.RealMath;

/**
 * Sizes of one invariant-point-attention layer (AlphaFold2, Algorithm 22; factorised pair term as in FlashIPA).
 *
 * @param cS width of the residue representation
 * @param cZ width of the pair features; 0 for a layer without pair term
 * @param cHidden scalar channels per head
 * @param heads attention heads
 * @param qkPoints query and key points per head
 * @param vPoints value points per head
 * @param rank number of factors of the pair features; 0 means one full feature vector per pair (or none at all when cZ is 0)
 * @param biasScale factor of the pair bias in the logits: {@link #DEFAULT_BIAS_SCALE}, or {@link #FLASH_IPA_BIAS_SCALE} with weights trained by flash_ipa's
 * factorised path
 */
public record IpaConfig(int cS, int cZ, int cHidden, int heads, int qkPoints, int vPoints, int rank, double biasScale) {
    /** sqrt(1/3), the weight of the pair bias in AlphaFold2. */
    public static final double DEFAULT_BIAS_SCALE = Math.sqrt(1.0 / 3);
    /** The factorised path of flash_ipa adds its pair bias unscaled. */
    public static final double FLASH_IPA_BIAS_SCALE = 1;

    public IpaConfig {
        if (cS < 1 || cHidden < 1 || heads < 1 || qkPoints < 1 || vPoints < 1) {
            throw new IllegalArgumentException("widths, heads and points must be positive: cS " + cS + ", cHidden " + cHidden + ", heads " + heads
                    + ", qkPoints " + qkPoints + ", vPoints " + vPoints);
        }
        if (rank < 0 || cZ < 0 || cZ > 0 && cZ < 4) {
            throw new IllegalArgumentException("rank " + rank + " and cZ " + cZ + ": the rank must not be negative, cZ must be 0 (no pair term) or at least 4");
        }
        if (rank > 0 && cZ == 0) {
            throw new IllegalArgumentException("rank " + rank + " needs pair features, but cZ is 0");
        }
        if (!Double.isFinite(biasScale)) {
            throw new IllegalArgumentException("biasScale must be a number: " + biasScale);
        }
    }

    /** The kind of {@link PairTerm} that a layer of these sizes takes. */
    public Class<? extends PairTerm> pairForm() {
        if (cZ == 0) {
            return PairTerm.None.class;
        }
        return rank > 0 ? PairTerm.Factors.class : PairTerm.Full.class;
    }

    /** Width of the pair features that the attention collects: a quarter of cZ. */
    public int cDown() {
        return cZ / 4;
    }

    /** Factor of q·k in the logits: sqrt(1 / (3C)). */
    public double scalarScale() {
        return Math.sqrt(1.0 / (3 * cHidden));
    }

    /** w_h, the weight of the squared point distances in a head: softplus(headWeight) · sqrt(1 / (3·(P·9/2))). */
    public double pointWeight(double headWeight) {
        return RealMath.softplus(headWeight) * pointScale();
    }

    /** Derivative of {@link #pointWeight}. */
    public double pointWeightSlope(double headWeight) {
        return pointScale() * RealMath.sigmoid(headWeight);
    }

    /** sqrt(1 / (3·(P·9/2))), the factor of the softplus in {@link #pointWeight}. */
    public double pointScale() {
        return Math.sqrt(1 / (3 * (qkPoints * 9.0 / 2)));
    }

    /**
     * Width of the attention's result: blocks of the scalars, x, y, z and norms of the value points, and collected pair features; each block holds all heads.
     */
    public int resultWidth() {
        return collectedColumn(heads);
    }

    /** First column of a head's C scalars in the result. */
    public int scalarColumn(int head) {
        return head * cHidden;
    }

    /** First column of a head's V coordinates along axis 0, 1 or 2 in the result. */
    public int pointColumn(int axis, int head) {
        return heads * (cHidden + axis * vPoints) + head * vPoints;
    }

    /** First column of a head's V norms in the result. */
    public int normColumn(int head) {
        return pointColumn(3, head);
    }

    /** First column of a head's collected pair features in the result. */
    public int collectedColumn(int head) {
        return heads * (cHidden + 4 * vPoints) + head * cDown();
    }
}
