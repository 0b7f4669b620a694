package org.bindrae.edge;

import java.util.HashMap;
import java.util.Map;

import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tensor;

/**
 * What an edge embedder knows about T packed residues. Only {@code s} has a gradient.
 *
 * @param s residue representation [T, cS]
 * @param positions CA positions [T, 3], Å
 * @param sideChainCentres [T, 3], Å
 * @param present which residues have positions [T]; the others are nobody's neighbours and have none
 * @param residueNumbers number of each residue [T]: its place in the sequence, or the number that the structure gives it
 * @param chains chain of each residue [T], any numbers
 */
public record EdgeInputs(Tensor s, double[] positions, double[] sideChainCentres, boolean[] present, int[] residueNumbers, int[] chains, Packing packing) {
    public EdgeInputs {
        int residues = packing.total();
        require("s", s.rows(), residues);
        require("positions", positions.length, 3 * residues);
        require("sideChainCentres", sideChainCentres.length, 3 * residues);
        require("present", present.length, residues);
        require("residueNumbers", residueNumbers.length, residues);
        require("chains", chains.length, residues);
    }

    private static void require(String name, int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException(name + " must have a length of " + expected + ", not " + length);
        }
    }

    /** T. */
    public int residues() {
        return packing.total();
    }

    /** The residue numbers, or, where chains count on their own, those numbers less the first of the residue's chain in its sequence [T]. */
    public int[] indices(boolean chainIndex) {
        int[] indices = residueNumbers.clone();
        for (int sequence = 0; chainIndex && sequence < packing.count(); sequence++) {
            Map<Integer, Integer> firstOfChain = new HashMap<>();
            for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                firstOfChain.putIfAbsent(chains[i], residueNumbers[i]);
                indices[i] -= firstOfChain.get(chains[i]);
            }
        }
        return indices;
    }
}
