package org.bindrae.geometry;

import java.util.Arrays;
import java.util.Optional;

import org.bindrae.tensor.DeviceForms;

/**
 * The torsions of T residues in AlphaFold2's order and convention (pre-ω, φ, ψ, χ1–χ4): pre-ω is the torsion of the bond to the preceding
 * residue, and ψ the torsion N, CA, C, O turned by π, so that it needs no following residue. What cannot be computed (an atom missing, a
 * chain break, no such χ) is masked and holds (sin, cos) = (0, 1).
 *
 * @param sinCos [T, 7, 2]
 * @param mask [T, 7]
 * @param alternative [T, 7, 2]: the same, but π-periodic χ angles turned by π
 * @param forms what devices made of them
 */
public record Torsions(double[] sinCos, boolean[] mask, double[] alternative, DeviceForms forms) {
    private static final int FIRST_CHI = 3;

    public Torsions(double[] sinCos, boolean[] mask, double[] alternative) {
        this(sinCos, mask, alternative, new DeviceForms());
    }

    /**
     * Computes torsions from coordinates.
     *
     * @param types residue types [T]
     * @param atom14 positions [T, 14, 3], Å
     * @param present which positions are known [T, 14]
     * @param breakBefore whether residue i is not bonded to residue i − 1 [T]
     */
    public static Torsions of(int[] types, double[] atom14, boolean[] present, boolean[] breakBefore) {
        Chain chain = new Chain(types, atom14, present, breakBefore);
        int count = types.length * ResidueConstants.TORSIONS;
        Torsions torsions = new Torsions(new double[2 * count], new boolean[count], new double[2 * count]);
        for (int residue = 0; residue < types.length; residue++) {
            for (int torsion = 0; torsion < ResidueConstants.TORSIONS; torsion++) {
                boolean periodic = torsion >= FIRST_CHI && ResidueConstants.isPiPeriodic(types[residue], torsion - FIRST_CHI);
                torsions.set(residue * ResidueConstants.TORSIONS + torsion, chain.torsion(residue, torsion), periodic);
            }
        }
        return torsions;
    }

    private void set(int index, Optional<Dihedral> torsion, boolean periodic) {
        mask[index] = torsion.isPresent();
        Dihedral value = torsion.orElse(new Dihedral(0, 1));
        Dihedral other = periodic && mask[index] ? value.opposite() : value;
        sinCos[2 * index] = value.sin();
        sinCos[2 * index + 1] = value.cos();
        alternative[2 * index] = other.sin();
        alternative[2 * index + 1] = other.cos();
    }

    /**
     * The IUPAC angles that structural biologists report, in radians: (ω, φ, ψ, χ1–χ4) [T, 7], ω of the bond to the preceding residue,
     * ψ = N, CA, C, N of the following residue; NaN where undefined. Arguments as in {@link #of}.
     */
    public static double[] iupac(int[] types, double[] atom14, boolean[] present, boolean[] breakBefore) {
        Chain chain = new Chain(types, atom14, present, breakBefore);
        double[] angles = new double[types.length * ResidueConstants.TORSIONS];
        Arrays.setAll(angles, i -> {
            int residue = i / ResidueConstants.TORSIONS;
            int torsion = i % ResidueConstants.TORSIONS;
            return (torsion == 2 ? chain.psi(residue) : chain.torsion(residue, torsion)).map(Dihedral::radians).orElse(Double.NaN);
        });
        return angles;
    }

    /** Looks torsions up in a chain of residues. */
    private record Chain(int[] types, double[] atom14, boolean[] present, boolean[] breakBefore) {
        private static final int ABSENT = -1;

        private int atom(int residue, int slot) {
            int index = residue * ResidueConstants.SLOTS + slot;
            return present[index] ? index : ABSENT;
        }

        /** An atom of the residue before this one, if it is bonded to it. */
        private int before(int residue, int slot) {
            return residue == 0 || breakBefore[residue] ? ABSENT : atom(residue - 1, slot);
        }

        private Optional<Dihedral> dihedral(int... atoms) {
            if (Arrays.stream(atoms).anyMatch(atom -> atom == ABSENT)) {
                return Optional.empty();
            }
            Dihedral angle = Dihedral.of(Vec3.at(atom14, atoms[0]), Vec3.at(atom14, atoms[1]), Vec3.at(atom14, atoms[2]),
                    Vec3.at(atom14, atoms[3]));
            return Optional.of(angle).filter(Dihedral::isDefined);
        }

        private Optional<Dihedral> torsion(int i, int torsion) {
            int n = atom(i, ResidueConstants.N);
            int ca = atom(i, ResidueConstants.CA);
            int c = atom(i, ResidueConstants.C);
            return switch (torsion) {
                case 0 -> dihedral(before(i, ResidueConstants.CA), before(i, ResidueConstants.C), n, ca);
                case 1 -> dihedral(before(i, ResidueConstants.C), n, ca, c);
                case 2 -> dihedral(n, ca, c, atom(i, ResidueConstants.O)).map(Dihedral::opposite);
                default -> chi(i, torsion - FIRST_CHI);
            };
        }

        private Optional<Dihedral> chi(int i, int chi) {
            if (chi >= ResidueConstants.chiCount(types[i])) {
                return Optional.empty();
            }
            int[] atoms = new int[4];
            Arrays.setAll(atoms, index -> atom(i, ResidueConstants.chiSlot(types[i], chi, index)));
            return dihedral(atoms);
        }

        private Optional<Dihedral> psi(int i) {
            boolean last = i + 1 == types.length || breakBefore[i + 1];
            return last ? Optional.empty() : dihedral(atom(i, ResidueConstants.N), atom(i, ResidueConstants.CA),
                    atom(i, ResidueConstants.C), atom(i + 1, ResidueConstants.N));
        }
    }
}
