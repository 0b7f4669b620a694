package org.bindrae.esm;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.ResidueTable;

/**
 * Consecutive residues of a protein that are one chain, which language models take by itself.
 *
 * @param from first residue
 * @param sequence one letter per residue, X for unknown ones
 */
public record Chain(String name, int from, String sequence) {
    /** The chains of a protein in its order. */
    public static List<Chain> of(ResidueTable residues) {
        String letters = residues.sequence();
        List<Chain> chains = new ArrayList<>();
        for (int from = 0, to; from < residues.size(); from = to) {
            String name = residues.ids().get(from).chain();
            for (to = from + 1; to < residues.size() && residues.ids().get(to).chain().equals(name); to++) {
                // on to the end of the chain
            }
            chains.add(new Chain(name, from, letters.substring(from, to)));
        }
        return chains;
    }
}
