package org.bindrae.stage1.internal;

import org.bindrae.geometry.LocalPoints;
import org.bindrae.tensor.Packing;

/**
 * All (residue, ligand token) pairs of the same sample: those of one residue together, residues in order. P pairs.
 *
 * @param rows first pair of each residue, and P [T + 1]
 * @param tokenOf token of each pair [P]
 */
record TokenPairs(int[] rows, int[] tokenOf) {
    static TokenPairs of(Packing residues, Packing tokens) {
        int[] rows = LocalPoints.rows(residues, tokens);
        int[] tokenOf = new int[rows[residues.total()]];
        for (int s = 0; s < residues.count(); s++) {
            for (int i = residues.start(s); i < residues.end(s); i++) {
                for (int k = 0; k < tokens.length(s); k++) {
                    tokenOf[rows[i] + k] = tokens.start(s) + k;
                }
            }
        }
        return new TokenPairs(rows, tokenOf);
    }

    /** T. */
    int residues() {
        return rows.length - 1;
    }

    /** P. */
    int count() {
        return tokenOf.length;
    }

    /** Tokens that a residue sees. */
    int tokens(int residue) {
        return rows[residue + 1] - rows[residue];
    }
}
