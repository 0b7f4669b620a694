package org.bindrae.geometry;

import java.util.Arrays;

import org.bindrae.tensor.Packing;

/** Residues of random types and torsions with their frames scattered about, in packed sequences. */
record RandomProtein(Packing packing, int[] types, BackboneFrames frames, double[] torsions) {

    static RandomProtein of(RandomGeometry random, double size, int... lengths) {
        Packing packing = Packing.ofLengths(lengths);
        int residues = packing.total();
        int[] types = random.random().ints(residues, 0, ResidueConstants.TYPES).toArray();
        BackboneFrames frames = new BackboneFrames(new double[9 * residues], new double[3 * residues], new boolean[residues]);
        Arrays.fill(frames.mask(), true);
        for (int i = 0; i < residues; i++) {
            random.motion(size).store(frames.rotations(), frames.translations(), i);
        }
        double[] torsions = random.random().doubles(residues * 2L * ResidueConstants.TORSIONS, -1.2, 1.2).toArray();
        return new RandomProtein(packing, types, frames, torsions);
    }

    /** One residue of each type. */
    static RandomProtein ofAllTypes(RandomGeometry random, double size) {
        RandomProtein protein = of(random, size, ResidueConstants.TYPES);
        Arrays.setAll(protein.types, type -> type);
        return protein;
    }

    /** Which slots exist [T, 14]. */
    boolean[] exists() {
        boolean[] exists = new boolean[types.length * ResidueConstants.SLOTS];
        for (int i = 0; i < exists.length; i++) {
            exists[i] = ResidueConstants.exists(types[i / ResidueConstants.SLOTS], i % ResidueConstants.SLOTS);
        }
        return exists;
    }

    static BackboneFrames move(RigidFrame motion, BackboneFrames frames) {
        BackboneFrames moved = new BackboneFrames(new double[frames.rotations().length], new double[frames.translations().length],
                frames.mask());
        for (int i = 0; i < frames.mask().length; i++) {
            motion.compose(frames.frame(i)).store(moved.rotations(), moved.translations(), i);
        }
        return moved;
    }
}
