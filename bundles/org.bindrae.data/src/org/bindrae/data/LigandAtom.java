package org.bindrae.data;

import org.bindrae.geometry.Vec3;

/**
 * A heavy atom of a ligand with what its chemistry says.
 *
 * @param name as the file calls it, or element and number
 * @param element symbol, such as Cl
 * @param position Å
 * @param charge formal charge
 * @param smallestRing size of the smallest ring it is part of, 0 when in none
 * @param largestRing size of the largest ring of the smallest set of smallest rings it is part of, 0 when in none
 * @param heavyDegree number of bonded heavy atoms
 * @param heteroNeighbour whether one of these is neither carbon nor hydrogen
 */
public record LigandAtom(String name, String element, Vec3 position, int charge, boolean aromatic, int smallestRing, int largestRing, int heavyDegree,
        boolean heteroNeighbour,
        boolean donor, boolean acceptor) {
}
