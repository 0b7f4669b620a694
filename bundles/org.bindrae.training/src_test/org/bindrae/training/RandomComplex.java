package org.bindrae.training;

import java.util.Arrays;
import java.util.SplittableRandom;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandTokens;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;

/** Variants of {@link SyntheticComplex}. */
final class RandomComplex {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int LIGAND_ATOMS = 4;

    private RandomComplex() {
    }

    /** All atoms known, one chain. */
    static Sample whole(String id, int residues, long seed) {
        return SyntheticComplex.of(id, residues, LIGAND_ATOMS, seed);
    }

    /** Nine residues: a second chain, missing atoms, one without frame, an unknown type, and one of each symmetric type. */
    static Sample damaged(String id, long seed) {
        int[] types = "DEFYRXKCV".chars().map(letter -> ResidueConstants.typeOfLetter((char) letter)).toArray();
        boolean[] missing = new boolean[types.length * SLOTS];
        missing[6 * SLOTS + ResidueConstants.N] = true;
        missing[4 * SLOTS + ResidueConstants.slot(types[4], "CZ")] = true;
        missing[1 * SLOTS + ResidueConstants.slot(types[1], "OE2")] = true;
        return SyntheticComplex.of(id, types, missing, LIGAND_ATOMS, new SplittableRandom(seed));
    }

    /** The protein alone. */
    static Sample withoutLigand(Sample s) {
        double[] far = new double[s.residues().size()];
        Arrays.fill(far, Double.POSITIVE_INFINITY);
        return new Sample(s.id(), s.residues(), Ligand.NONE, LigandTokens.NONE, far, new double[far.length], s.notes(), s.hash());
    }
}
