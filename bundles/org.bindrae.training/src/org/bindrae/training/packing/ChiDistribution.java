package org.bindrae.training.packing;

import org.bindrae.geometry.AngleBins;

/** Where probabilities of χ angles come from: each angle given those before it, as a network with binned outputs states them. */
public interface ChiDistribution {
    /** How the circle is cut. */
    AngleBins bins();

    /**
     * Probabilities of one χ angle for P residues with their earlier angles.
     *
     * @param chi which angle, 0 for χ1
     * @param residues places in the residue table [P], a residue as often as there are earlier angles to look at
     * @param earlier χ1 … of each row [P, chi], radians
     * @return [P, bins], not negative; rows need not sum to 1
     */
    double[] probabilities(int chi, int[] residues, double[] earlier);
}
