package org.bindrae.stage1.internal;

import org.bindrae.geometry.GeometryKernels;
import org.bindrae.geometry.LocalPoints;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** All (residue, ligand token) pairs of the same sample: those of one residue together, residues in order. P pairs. Used by one thread at a time. */
final class TokenPairs {
    private final Packing residues;
    private final Packing tokens;
    private final int count;
    private Tape tapeOfOffsets;
    private Tensor offsets;

    private TokenPairs(Packing residues, Packing tokens) {
        this.residues = residues;
        this.tokens = tokens;
        this.count = LocalPoints.pairs(residues, tokens);
    }

    static TokenPairs of(Packing residues, Packing tokens) {
        return new TokenPairs(residues, tokens);
    }

    /** P. */
    int count() {
        return count;
    }

    /** {@link LocalPoints#offsets} where the network runs [3, B + 1], uploaded once per tape. */
    Tensor offsets(Tape tape) {
        if (tapeOfOffsets != tape) {
            tapeOfOffsets = tape;
            offsets = tape.indices(LocalPoints.offsets(residues, tokens)).reshape(GeometryKernels.OFFSET_ROWS, residues.count() + 1);
        }
        return offsets;
    }

    /** First pair of each residue, and P [T + 1]. */
    int[] rows() {
        return LocalPoints.rows(residues, tokens);
    }

    /** Token of each pair [P]. */
    int[] tokenOf() {
        int[] rows = rows();
        int[] tokenOf = new int[count];
        for (int s = 0; s < residues.count(); s++) {
            for (int i = residues.start(s); i < residues.end(s); i++) {
                for (int k = 0; k < tokens.length(s); k++) {
                    tokenOf[rows[i] + k] = tokens.start(s) + k;
                }
            }
        }
        return tokenOf;
    }
}
