package org.bindrae.geometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.geometry.ResidueConstants.Bond;
import org.bindrae.tensor.Packing;

/**
 * Which atoms are at most three bonds apart, so that their distance says nothing about a clash. Atoms are numbered residue·14 + slot, then
 * the ligand atoms of all sequences.
 */
public final class BondGraph {
    private static final int BONDED = 3;
    private static final double DISULFIDE = 2.5;

    private final int[] starts;
    private final int[] near;

    private BondGraph(int[] starts, int[] near) {
        this.starts = starts;
        this.near = near;
    }

    /**
     * Bonds within residues, peptide bonds, and others.
     *
     * @param types residue types [T]
     * @param breakBefore whether residue i is not bonded to residue i − 1 [T]
     * @param ligandAtoms number of ligand atoms
     * @param others further bonds: disulfides, within the ligand, between ligand and protein
     */
    public static BondGraph of(int[] types, boolean[] breakBefore, Packing residues, int ligandAtoms, List<Bond> others) {
        List<Bond> bonds = new ArrayList<>(others);
        for (int s = 0; s < residues.count(); s++) {
            for (int i = residues.start(s); i < residues.end(s); i++) {
                int first = i * ResidueConstants.SLOTS;
                for (Bond bond : ResidueConstants.bonds(types[i])) {
                    bonds.add(new Bond(first + bond.a(), first + bond.b()));
                }
                if (i > residues.start(s) && !breakBefore[i]) {
                    bonds.add(new Bond(first - ResidueConstants.SLOTS + ResidueConstants.C, first + ResidueConstants.N));
                }
            }
        }
        return of(types.length * ResidueConstants.SLOTS + ligandAtoms, bonds);
    }

    /** Disulfide bonds of a structure: SG atoms of cysteines at most 2.5 Å apart. Arguments as in {@link Torsions#of}. */
    public static List<Bond> disulfides(int[] types, double[] atom14, boolean[] present, Packing residues) {
        int cysteine = ResidueConstants.typeOfCode("CYS");
        int slot = ResidueConstants.slot(cysteine, "SG");
        List<Bond> bonds = new ArrayList<>();
        for (int s = 0; s < residues.count(); s++) {
            for (int i = residues.start(s); i < residues.end(s); i++) {
                int a = i * ResidueConstants.SLOTS + slot;
                for (int j = residues.start(s); j < i && types[i] == cysteine && present[a]; j++) {
                    int b = j * ResidueConstants.SLOTS + slot;
                    if (types[j] == cysteine && present[b] && Vec3.at(atom14, a).distance(Vec3.at(atom14, b)) <= DISULFIDE) {
                        bonds.add(new Bond(b, a));
                    }
                }
            }
        }
        return bonds;
    }

    /** Whether two atoms are the same or at most three bonds apart. */
    public boolean isNear(int a, int b) {
        return Arrays.binarySearch(near, starts[a], starts[a + 1], b) >= 0;
    }

    /** Where the list of each atom starts in {@link #near}, and where the last one ends. */
    public int[] starts() {
        return starts;
    }

    /** For each atom those that {@link #isNear} names, in ascending order. */
    public int[] near() {
        return near;
    }

    private static BondGraph of(int atoms, List<Bond> bonds) {
        int[] begin = new int[atoms + 1];
        for (Bond bond : bonds) {
            begin[bond.a() + 1]++;
            begin[bond.b() + 1]++;
        }
        for (int atom = 0; atom < atoms; atom++) {
            begin[atom + 1] += begin[atom];
        }
        int[] neighbours = new int[begin[atoms]];
        int[] next = begin.clone();
        for (Bond bond : bonds) {
            neighbours[next[bond.a()]++] = bond.b();
            neighbours[next[bond.b()]++] = bond.a();
        }
        int[] starts = new int[atoms + 1];
        int[] near = new int[16 * atoms];
        for (int atom = 0; atom < atoms; atom++) {
            int[] reached = within(atom, begin, neighbours);
            if (starts[atom] + reached.length > near.length) {
                near = Arrays.copyOf(near, 2 * near.length + reached.length);
            }
            System.arraycopy(reached, 0, near, starts[atom], reached.length);
            starts[atom + 1] = starts[atom] + reached.length;
        }
        return new BondGraph(starts, Arrays.copyOf(near, starts[atoms]));
    }

    /** The atoms at most three bonds away, itself included, in ascending order. */
    private static int[] within(int atom, int[] starts, int[] neighbours) {
        int[] reached = {atom};
        int fresh = 0;
        for (int bond = 0; bond < BONDED; bond++) {
            int known = reached.length;
            for (int k = fresh; k < known; k++) {
                for (int n = starts[reached[k]]; n < starts[reached[k] + 1]; n++) {
                    reached = with(reached, neighbours[n]);
                }
            }
            fresh = known;
        }
        Arrays.sort(reached);
        return reached;
    }

    private static int[] with(int[] atoms, int atom) {
        for (int known : atoms) {
            if (known == atom) {
                return atoms;
            }
        }
        int[] more = Arrays.copyOf(atoms, atoms.length + 1);
        more[atoms.length] = atom;
        return more;
    }
}
