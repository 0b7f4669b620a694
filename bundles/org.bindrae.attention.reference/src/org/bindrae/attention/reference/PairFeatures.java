package org.bindrae.attention.reference;

import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.PairTerm;

/** The pair term as a function of the pair: residues i and j of one sequence, counted over all sequences. */
interface PairFeatures {
    /** Bias of head h, unscaled. */
    double bias(int i, int j, int h);

    /** Feature c that the attention collects. */
    double down(int i, int j, int c);

    void addBiasGradient(int i, int j, int h, double gradient);

    void addDownGradient(int i, int j, int c, double gradient);

    /** The accumulated gradients of the pair term's tensors, in their order. */
    double[][] gradients();

    static PairFeatures of(AttentionInputs inputs) {
        int heads = inputs.config().heads();
        int down = inputs.config().cDown();
        return switch (inputs.pair()) {
            case PairTerm.None _ -> new NoPairs();
            case PairTerm.Factors f -> new FactorPairs(new Factored(f.b1().toDoubles(), f.b2().toDoubles(), inputs.config().rank(), heads),
                    new Factored(f.d1().toDoubles(), f.d2().toDoubles(), inputs.config().rank(), down));
            case PairTerm.Full f -> new FullPairs(inputs.packing(), f.bias().toDoubles(), f.down().toDoubles(), heads, down);
        };
    }
}
