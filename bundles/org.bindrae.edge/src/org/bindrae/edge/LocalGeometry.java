package org.bindrae.edge;

import org.bindrae.geometry.BackboneAtoms;
import org.bindrae.geometry.ResidueConstants;

/**
 * What a residue i sees of a neighbour j, as {@link #NUMBERS} numbers in this order, and zeros up to {@link #WIDTH}:
 * <ol>
 * <li>for each pair of an atom of i and an atom of j, those of i first, {@link #GAUSSIANS} Gaussians exp(−((d − μ)/σ)²) of their distance d, with even μ
 * between 0 and {@link #FARTHEST} Å and σ = {@link #DEVIATION} Å (Dauparas et al. 2022),
 * <li>the atoms of j in the frame of i, nm,
 * <li>Rᵢᵀ·Rⱼ, the axes of j in those of i, row by row,
 * <li>one for the {@link #step} along the chain, and zero for all others.
 * </ol>
 * The atoms are N, CA, C, O and a virtual CB.
 */
public final class LocalGeometry {
    /** Of a residue. */
    public static final int ATOMS = BackboneAtoms.ATOMS;
    /** Which of them is the origin of the frame. */
    public static final int ALPHA = ResidueConstants.CA;
    /** Of a distance. */
    public static final int GAUSSIANS = 16;
    /** Centre of the last Gaussian, Å. */
    public static final double FARTHEST = 20;
    /** σ of the Gaussians, Å. */
    public static final double DEVIATION = FARTHEST / GAUSSIANS;
    /** Steps along the chain beyond which they are all the same. */
    public static final int LONGEST_STEP = 32;
    /** The class of residues of different chains. */
    public static final int OTHER_CHAIN = 2 * LONGEST_STEP + 1;

    /** Where the atoms of j start. */
    public static final int POSITIONS = ATOMS * ATOMS * GAUSSIANS;
    /** Where the axes of j start. */
    public static final int AXES = POSITIONS + 3 * ATOMS;
    /** Where the classes of steps start. */
    public static final int STEPS = AXES + 9;
    /** How many numbers there are. */
    public static final int NUMBERS = STEPS + OTHER_CHAIN + 1;
    /** Columns of a matrix of them: a multiple of four, with which graphics cards multiply faster. */
    public static final int WIDTH = Math.ceilDiv(NUMBERS, 4) * 4;

    private LocalGeometry() {
    }

    /**
     * The class of a pair: how many places j is behind i in their chain, not more than {@link #LONGEST_STEP} either way, plus that; or {@link #OTHER_CHAIN}.
     *
     * @param difference place of j less place of i
     */
    public static int step(int difference, boolean sameChain) {
        return sameChain ? Math.clamp(difference, -LONGEST_STEP, LONGEST_STEP) + LONGEST_STEP : OTHER_CHAIN;
    }
}
