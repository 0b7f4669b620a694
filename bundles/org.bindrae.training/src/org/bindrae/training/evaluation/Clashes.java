package org.bindrae.training.evaluation;

import org.bindrae.data.Batch;
import org.bindrae.geometry.ClashScore;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.ComplexClashes;

/**
 * Pairs of heavy atoms, more than three bonds apart, whose van der Waals spheres overlap by more than {@link #OVERLAP}.
 *
 * @param protein pairs within the protein
 * @param ligand pairs of a protein and a ligand atom
 * @param atoms protein atoms that were looked at
 */
public record Clashes(long protein, long ligand, long atoms) {
    /** Å. */
    public static final double OVERLAP = 0.4;
    public static final Clashes NONE = new Clashes(0, 0, 0);

    /**
     * Counts the clashes of a structure.
     *
     * @param truth batch of the sample alone; bonds are seen in it
     * @param atom14 positions [T, 14, 3] in the coordinates of the sample, Å
     * @param present which of them are known [T, 14]
     */
    static Clashes of(Batch truth, double[] atom14, boolean[] present) {
        boolean[] counted = new boolean[present.length];
        for (int i = 0; i < counted.length; i++) {
            int type = truth.types()[i / ResidueConstants.SLOTS];
            counted[i] = present[i] && i % ResidueConstants.SLOTS < ResidueConstants.atoms(type).size();
        }
        double[] centred = new double[atom14.length];
        for (int i = 0; i < centred.length; i++) {
            centred[i] = atom14[i] - truth.origins()[i % 3];
        }
        ClashScore score = ClashScore.of(ComplexClashes.of(truth, counted), 0, centred, OVERLAP);
        return new Clashes(score.protein(), score.ligand(), score.atoms());
    }

    public Clashes plus(Clashes other) {
        return new Clashes(protein + other.protein, ligand + other.ligand, atoms + other.atoms);
    }

    /** Pairs within the protein per thousand atoms. */
    public double proteinPerThousand() {
        return perThousand(protein);
    }

    /** Pairs with the ligand per thousand protein atoms. */
    public double ligandPerThousand() {
        return perThousand(ligand);
    }

    private double perThousand(long pairs) {
        return atoms == 0 ? 0 : 1000.0 * pairs / atoms;
    }
}
