package org.bindrae.data;

import java.util.List;

/**
 * Heavy atoms that are not part of a protein, by place and element. M atoms.
 *
 * @param positions [M, 3], Å
 * @param elements places in {@link ElementClass} [M]
 */
public record HeteroAtoms(double[] positions, int[] elements) {
    public static final HeteroAtoms NONE = new HeteroAtoms(new double[0], new int[0]);

    public HeteroAtoms {
        if (positions.length != 3 * elements.length) {
            throw new IllegalArgumentException(positions.length + " coordinates for " + elements.length + " atoms");
        }
        for (int element : elements) {
            if (element < 0 || element >= ElementClass.values().length) {
                throw new IllegalArgumentException("there is no class of elements " + element);
            }
        }
    }

    /** All atoms of a ligand, in its order. */
    public static HeteroAtoms of(Ligand ligand) {
        return new HeteroAtoms(ligand.positions(), ligand.atoms().stream().mapToInt(atom -> ElementClass.of(atom.element()).ordinal()).toArray());
    }

    static HeteroAtoms of(List<StructureAtom> atoms) {
        double[] positions = new double[3 * atoms.size()];
        for (int i = 0; i < atoms.size(); i++) {
            atoms.get(i).position().store(positions, i);
        }
        return new HeteroAtoms(positions, atoms.stream().mapToInt(atom -> ElementClass.of(atom.element()).ordinal()).toArray());
    }

    /** M. */
    public int size() {
        return elements.length;
    }
}
