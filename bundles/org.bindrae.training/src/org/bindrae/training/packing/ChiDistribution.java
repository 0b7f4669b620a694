package org.bindrae.training.packing;

/** Where probabilities of χ angles come from: each angle given those before it, as a network with binned outputs states them. */
@FunctionalInterface
public interface ChiDistribution {
    /** Bins of a full turn. Bin b is about −180° + ({@code b} + ½)·5°. */
    int BINS = 72;

    /**
     * Probabilities of one χ angle for P residues with their earlier angles.
     *
     * @param chi which angle, 0 for χ1
     * @param residues places in the residue table [P], a residue as often as it has been given different earlier angles
     * @param earlier χ1 … of each row [P, chi], radians
     * @return [P, {@link #BINS}], not negative; rows need not sum to 1
     */
    double[] probabilities(int chi, int[] residues, double[] earlier);
}
