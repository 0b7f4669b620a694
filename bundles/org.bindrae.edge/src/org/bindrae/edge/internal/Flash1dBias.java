package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeMode;
import org.bindrae.tensor.nn.Parameters;
import org.osgi.service.component.annotations.Component;

/** Factors of the pair features straight from residues and their neighbours. */
@Component
public final class Flash1dBias implements EdgeMode {
    public static final String NAME = "flash_1d_bias";

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
        return new NeighbourEmbedder(parameters, config);
    }
}
