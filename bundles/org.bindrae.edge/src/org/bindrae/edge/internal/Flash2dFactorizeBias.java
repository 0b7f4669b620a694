package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeMode;
import org.bindrae.tensor.nn.Parameters;
import org.osgi.service.component.annotations.Component;

/** Full pair features, then factors of them. Uses O(N²) memory on the way. */
@Component
public final class Flash2dFactorizeBias implements EdgeMode {
    public static final String NAME = "flash_2d_factorize_bias";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Class<? extends EdgeFeatures> produces(EdgeConfig config) {
        return EdgeFeatures.Factors.class;
    }

    @Override
    public EdgeEmbedder create(Parameters parameters, EdgeConfig config) {
        Sizes.requireFactors(NAME, config);
        PairEmbedder pairs = new PairEmbedder(parameters, config);
        Factorizer factorizer = new Factorizer(parameters.scope("factorizer"), config);
        return (tape, inputs) -> factorizer.forward(tape, pairs.forward(tape, inputs).z(), inputs.packing());
    }
}
