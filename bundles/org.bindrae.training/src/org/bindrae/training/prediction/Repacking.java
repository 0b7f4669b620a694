package org.bindrae.training.prediction;

import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;

/**
 * Side chains on a backbone that stays exactly as it is. N, CA, C and O that are known keep their places. Everything else is built from torsions with ideal
 * bond lengths and angles, CB included, because the rest of the side chain hangs on it: a built side chain is free of distortions, and nothing of the given one
 * shows through.
 */
public final class Repacking {
    private Repacking() {
    }

    /** Residues that can be built [T]: of a known type, with a backbone frame. */
    public static boolean[] possible(ResidueTable residues) {
        boolean[] possible = BackboneFrames.of(residues.atom14(), residues.present()).mask().clone();
        for (int i = 0; i < possible.length; i++) {
            possible[i] &= residues.types()[i] != ResidueConstants.UNKNOWN;
        }
        return possible;
    }

    /**
     * Builds side chains.
     *
     * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 7, 2]; ψ places an O that is not known
     * @param built which residues to build [T], those of {@link #possible} at most; the others keep their atoms
     * @return positions [T, 14, 3] in the coordinates of the table, Å
     */
    public static double[] atoms(ResidueTable residues, double[] torsions, boolean[] built) {
        double[] atoms = residues.atom14().clone();
        double[] placed = ForwardKinematics.atoms(BackboneFrames.of(atoms, residues.present()), torsions, residues.types());
        for (int i = 0; i < residues.present().length; i++) {
            int residue = i / ResidueConstants.SLOTS;
            int slot = i % ResidueConstants.SLOTS;
            boolean given = slot <= ResidueConstants.O && residues.present()[i];
            if (built[residue] && !given && ResidueConstants.exists(residues.types()[residue], slot)) {
                System.arraycopy(placed, 3 * i, atoms, 3 * i, 3);
            }
        }
        return atoms;
    }
}
