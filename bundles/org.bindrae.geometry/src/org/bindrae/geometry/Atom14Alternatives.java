package org.bindrae.geometry;

import java.util.Arrays;

/**
 * The same residues with the names of symmetric atoms exchanged (OD1/OD2 of ASP, OE1/OE2 of GLU, CD1/CD2 and CE1/CE2 of PHE and TYR).
 *
 * @param positions [T, 14, 3], Å; 0 where unknown
 * @param present which are known [T, 14]
 */
public record Atom14Alternatives(double[] positions, boolean[] present) {

    /** Exchanges the names. Arguments: residue types [T], positions [T, 14, 3] and which of them are known [T, 14]. */
    public static Atom14Alternatives of(int[] types, double[] atom14, boolean[] present) {
        boolean[] all = new boolean[types.length];
        Arrays.fill(all, true);
        return of(types, atom14, present, all);
    }

    /** Exchanges the names in some residues: those that {@link #nearer} found, say. */
    public static Atom14Alternatives of(int[] types, double[] atom14, boolean[] present, boolean[] exchange) {
        double[] positions = new double[atom14.length];
        boolean[] known = new boolean[present.length];
        for (int i = 0; i < present.length; i++) {
            int source = exchange[i / ResidueConstants.SLOTS] ? symmetric(types, i) : i;
            known[i] = present[source];
            if (known[i]) {
                Vec3.at(atom14, source).store(positions, i);
            }
        }
        return new Atom14Alternatives(positions, known);
    }

    /** Index of the atom that exchanges its name with atom {@code index} of [T, 14]; the same index for an unambiguous atom. */
    public static int symmetric(int[] types, int index) {
        int residue = index / ResidueConstants.SLOTS;
        return residue * ResidueConstants.SLOTS + ResidueConstants.symmetricSlot(types[residue], index % ResidueConstants.SLOTS);
    }

    /**
     * For each residue, whether the exchanged names of the true structure lie nearer to a prediction, each seen from its own backbone frame
     * (the residue's own share of AlphaFold2's Algorithm 26, which compares distances to all other residues).
     *
     * @param truth frames of the true structure
     * @param atom14 its atoms [T, 14, 3], named as given
     * @param present which of them are known [T, 14]
     * @param predicted frames of the prediction
     * @param predictedAtoms its atoms [T, 14, 3]
     * @return [T]; false where nothing is ambiguous, an ambiguous atom or the frame is unknown, or both are as near
     */
    public static boolean[] nearer(int[] types, BackboneFrames truth, double[] atom14, boolean[] present, BackboneFrames predicted,
            double[] predictedAtoms) {
        boolean[] exchange = new boolean[types.length];
        for (int residue = 0; residue < types.length; residue++) {
            double gain = 0;
            boolean known = truth.mask()[residue];
            for (int i = residue * ResidueConstants.SLOTS; i < (residue + 1) * ResidueConstants.SLOTS; i++) {
                int other = symmetric(types, i);
                if (other != i) {
                    known &= present[i];
                    Vec3 local = predicted.frame(residue).toLocal(Vec3.at(predictedAtoms, i));
                    gain += local.distance(truth.frame(residue).toLocal(Vec3.at(atom14, i)))
                            - local.distance(truth.frame(residue).toLocal(Vec3.at(atom14, other)));
                }
            }
            exchange[residue] = known && gain > 0;
        }
        return exchange;
    }
}
