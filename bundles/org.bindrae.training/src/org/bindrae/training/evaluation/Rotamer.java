package org.bindrae.training.evaluation;

import java.util.List;

/**
 * A side-chain conformation of a group of residues.
 *
 * @param chi mean of each χ over the residues with this conformation, degrees, from −180 to 180, to a tenth
 * @param count residues with this conformation
 * @param sameWell residues of the group with this conformation's well of χ1
 * @param total residues of the group
 */
record Rotamer(List<Double> chi, int count, int sameWell, int total) {
    Rotamer {
        chi = List.copyOf(chi);
    }
}
