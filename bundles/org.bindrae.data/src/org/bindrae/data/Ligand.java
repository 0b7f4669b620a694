package org.bindrae.data;

import java.util.List;

/**
 * A ligand in its pose.
 *
 * @param name component code or title, for people
 * @param atoms heavy atoms
 * @param bonds between heavy atoms, by their places in {@code atoms}
 */
public record Ligand(String name, List<LigandAtom> atoms, List<Bond> bonds) {
    /** No ligand: a structure predicted without one. */
    public static final Ligand NONE = new Ligand("none", List.of(), List.of());

    /**
     * A bond.
     *
     * @param order 1, 2, 3; aromatic bonds as localised by CDK
     */
    public record Bond(int a, int b, int order) {
    }

    public Ligand {
        atoms = List.copyOf(atoms);
        bonds = List.copyOf(bonds);
    }

    /** Positions [M, 3], Å. */
    public double[] positions() {
        double[] positions = new double[3 * atoms.size()];
        for (int i = 0; i < atoms.size(); i++) {
            atoms.get(i).position().store(positions, i);
        }
        return positions;
    }
}
