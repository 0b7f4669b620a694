package org.bindrae.attention;

import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tensor;

/**
 * What lies between the linear layers of {@link IpaLayer}: all tensors have one element type. H heads, C channels, P query/key points, V value points, T
 * residues.
 *
 * @param q queries [T, H·C], head-major
 * @param kv keys and values [T, H·2C]: per head C key channels, then C value channels
 * @param qPoints query points in the residue's frame, nm [T, 3·H·P]: all x, all y, all z, each head-major
 * @param kvPoints key and value points in the residue's frame, nm [T, 3·H·(P+V)]: all x, all y, all z, each per head P key points, then V value points
 * @param rot rotations of the residue frames [T, 9], row-major, global = R·local + t
 * @param trans origins of the residue frames [T, 3] in nm, centred per sequence
 * @param headWeights [H], before the softplus
 */
public record AttentionInputs(IpaConfig config, Packing packing, Tensor q, Tensor kv, Tensor qPoints, Tensor kvPoints, Tensor rot, Tensor trans,
        Tensor headWeights, PairTerm pair) {
    public AttentionInputs {
        int rows = packing.total();
        int heads = config.heads();
        check("q", q, rows, heads * config.cHidden());
        check("kv", kv, rows, 2 * heads * config.cHidden());
        check("qPoints", qPoints, rows, 3 * heads * config.qkPoints());
        check("kvPoints", kvPoints, rows, 3 * heads * (config.qkPoints() + config.vPoints()));
        check("rot", rot, rows, 9);
        check("trans", trans, rows, 3);
        check("headWeights", headWeights, 1, heads);
        if (pair.getClass() != config.pairForm()) {
            throw new IllegalArgumentException("a layer with cZ " + config.cZ() + " and rank " + config.rank() + " takes " + config.pairForm().getSimpleName()
                    + " pair features, not " + pair.getClass().getSimpleName());
        }
        switch (pair) {
            case PairTerm.None _ -> {
            }
            case PairTerm.Factors(Tensor b1, Tensor b2, Tensor d1, Tensor d2) -> {
                check("b1", b1, rows, config.rank() * heads);
                check("b2", b2, rows, config.rank() * heads);
                check("d1", d1, rows, config.rank() * config.cDown());
                check("d2", d2, rows, config.rank() * config.cDown());
            }
            case PairTerm.Full(Tensor bias, Tensor down) -> {
                check("bias", bias, packing.pairs(), heads);
                check("down", down, packing.pairs(), config.cDown());
            }
        }
    }

    private static void check(String name, Tensor tensor, long rows, int columns) {
        if (tensor.columns() != columns || tensor.size() != rows * columns) {
            throw new IllegalArgumentException(name + " must have " + rows + " rows of " + columns + " values, but is " + tensor);
        }
    }

    /** Every tensor, to ask a tape whether it differentiates with respect to any. */
    public Tensor[] tensors() {
        return switch (pair) {
            case PairTerm.None _ -> new Tensor[] {q, kv, qPoints, kvPoints, rot, trans, headWeights};
            case PairTerm.Factors(Tensor b1, Tensor b2, Tensor d1, Tensor d2) ->
                new Tensor[] {q, kv, qPoints, kvPoints, rot, trans, headWeights, b1, b2, d1, d2};
            case PairTerm.Full(Tensor bias, Tensor down) -> new Tensor[] {q, kv, qPoints, kvPoints, rot, trans, headWeights, bias, down};
        };
    }
}
