package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.LayerNorm;
import org.bindrae.tensor.nn.Linear;
import org.bindrae.tensor.nn.Parameters;

/**
 * Full pair features to factors (the linear factorizer of flash_ipa): the features of the pairs (i, j) are summed over i with learned weights per place in the
 * sequence, one set per rank, normalised over the ranks, mapped, normalised over the channels and divided by sqrt(rank). This is the first factor of residue j;
 * the second factor of residue i sums over j.
 */
final class Factorizer {
    private final int rank;
    private final int maxLength;
    private final Tensor lengthWeight;
    private final LayerNorm lengthNorm;
    private final Linear inner;
    private final LayerNorm innerNorm;

    Factorizer(Parameters parameters, EdgeConfig config) {
        this.rank = config.rank();
        this.maxLength = config.maxLength();
        this.lengthWeight = new Linear(parameters.scope("length_compressor"), maxLength, rank, Initializer.truncatedNormal(1, maxLength), false).weight();
        this.lengthNorm = new LayerNorm(parameters.scope("length_norm"), rank);
        this.inner = new Linear(parameters.scope("inner_compressor"), config.cZ(), config.cZ(), Initializer.truncatedNormal(1, config.cZ()), false);
        this.innerNorm = new LayerNorm(parameters.scope("inner_norm"), config.cZ());
    }

    EdgeFeatures.Factors forward(Tape tape, Tensor z, Packing packing) {
        if (packing.longest() > maxLength) {
            throw new IllegalArgumentException("a sequence of " + packing.longest() + " residues is longer than the " + maxLength
                    + " that this edge embedder was made for; use the mode flash_1d_bias or a larger maxLength");
        }
        Tensor order = tape.indices(ranksFirst(packing.total(), z.columns()));
        return new EdgeFeatures.Factors(factor(tape, z, packing, false, order), factor(tape, z, packing, true, order));
    }

    private Tensor factor(Tape tape, Tensor z, Packing packing, boolean overSecond, Tensor order) {
        int channels = z.columns();
        Tensor compressed = lengthNorm.forward(tape, LengthCompression.of(tape, z, lengthWeight, packing, overSecond));
        Tensor ranksFirst = Ops.gatherRows(tape, compressed.reshape(Math.toIntExact(compressed.size()), 1), order).reshape(packing.total(), rank, channels);
        return Ops.scale(tape, innerNorm.forward(tape, inner.forward(tape, ranksFirst)), 1 / Math.sqrt(rank));
    }

    /** Where the elements of [T, rank, cZ] lie in [T, cZ, rank]. */
    private int[] ranksFirst(int residues, int channels) {
        int[] order = new int[Math.toIntExact(Shape.of(residues, rank, channels).size())];
        for (int at = 0; at < order.length; at++) {
            int residue = at / (rank * channels);
            int factor = at / channels % rank;
            order[at] = (residue * channels + at % channels) * rank + factor;
        }
        return order;
    }
}
