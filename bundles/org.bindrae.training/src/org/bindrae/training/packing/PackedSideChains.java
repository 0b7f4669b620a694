package org.bindrae.training.packing;

import java.util.Arrays;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.packing.RotamerCandidates.Candidate;

/**
 * Side chains chosen together.
 *
 * @param choice place of the chosen candidate in the list of each residue [T]; −1 for a residue without candidates
 * @param candidates what was chosen from
 * @param changed residues that did not get their most probable candidate
 * @param proven residues whose candidate is known to be part of a choice of least energy, of those with candidates
 * @param before energy with the most probable candidate everywhere
 * @param after energy of the choice
 */
public record PackedSideChains(int[] choice, RotamerCandidates candidates, int changed, int proven, Energy before, Energy after) {
    private static final int CHI1 = 3;

    /**
     * What a choice costs.
     *
     * @param score sum of −ln of the probabilities
     * @param repulsion sum over all pairs of atoms, see {@link org.bindrae.geometry.StericPotential}
     * @param total score and weighted repulsion
     */
    public record Energy(double score, double repulsion, double total) {
    }

    /** The chosen candidate of a residue that has any. */
    public Candidate chosen(int residue) {
        return candidates.ofResidues().get(residue).get(choice[residue]);
    }

    /** Number of residues with candidates. */
    public int packed() {
        return (int) Arrays.stream(choice).filter(place -> place >= 0).count();
    }

    /** Writes the χ angles of residues with candidates into torsions, (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 7, 2]. */
    public void store(double[] torsions) {
        for (int i = 0; i < choice.length; i++) {
            double[] chi = choice[i] < 0 ? new double[0] : chosen(i).chi();
            for (int c = 0; c < chi.length; c++) {
                int torsion = 2 * (i * ResidueConstants.TORSIONS + CHI1 + c);
                torsions[torsion] = StrictMath.sin(chi[c]);
                torsions[torsion + 1] = StrictMath.cos(chi[c]);
            }
        }
    }
}
