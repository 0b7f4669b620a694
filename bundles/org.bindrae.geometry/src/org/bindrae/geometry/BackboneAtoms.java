package org.bindrae.geometry;

/**
 * N, CA, C, O and a virtual CB of T residues, none of which depends on a side chain. What is not known stands where it would on the frame of its residue at
 * ideal bond lengths and angles.
 *
 * @param positions [T, 5, 3], Å
 */
public record BackboneAtoms(double[] positions) {
    /** Atoms of a residue. */
    public static final int ATOMS = 5;
    /** Of the ideal residue: alanine with its ψ at 180°, as {@link ForwardKinematics} places it. */
    private static final double[] IDEAL = ideal();

    /**
     * The atoms of residues on their frames.
     *
     * @param frames a frame for each residue, its own or a substitute
     * @param atom14 positions [T, 14, 3], Å
     * @param present which positions are known [T, 14]
     */
    public static BackboneAtoms of(BackboneFrames frames, double[] atom14, boolean[] present) {
        int residues = frames.mask().length;
        double[] positions = new double[residues * ATOMS * 3];
        for (int i = 0; i < residues; i++) {
            RigidFrame frame = frames.frame(i);
            for (int slot = 0; slot < ATOMS; slot++) {
                int atom = i * ResidueConstants.SLOTS + slot;
                boolean given = slot <= ResidueConstants.O && present[atom] && frames.mask()[i];
                Vec3 place = given ? Vec3.at(atom14, atom) : frame.apply(Vec3.at(IDEAL, slot));
                place.store(positions, i * ATOMS + slot);
            }
        }
        return new BackboneAtoms(positions);
    }

    /** The same atoms on frames that have moved, each residue as a rigid body. */
    public BackboneAtoms moved(BackboneFrames from, BackboneFrames to) {
        double[] moved = new double[positions.length];
        for (int atom = 0; atom < positions.length / 3; atom++) {
            int residue = atom / ATOMS;
            to.frame(residue).apply(from.frame(residue).toLocal(Vec3.at(positions, atom))).store(moved, atom);
        }
        return new BackboneAtoms(moved);
    }

    private static double[] ideal() {
        double[] torsions = new double[2 * ResidueConstants.TORSIONS];
        for (int torsion = 0; torsion < ResidueConstants.TORSIONS; torsion++) {
            torsions[2 * torsion + 1] = -1;
        }
        BackboneFrames identity = new BackboneFrames(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, new double[3], new boolean[] {true});
        return ForwardKinematics.atoms(identity, torsions, new int[] {ResidueConstants.typeOfLetter('A')});
    }
}
