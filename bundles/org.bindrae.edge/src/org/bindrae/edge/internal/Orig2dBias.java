package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeMode;
import org.bindrae.tensor.nn.Parameters;
import org.osgi.service.component.annotations.Component;

/** Full pair features, O(N²) memory. */
@Component
public final class Orig2dBias implements EdgeMode {
    public static final String NAME = "orig_2d_bias";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Class<? extends EdgeFeatures> produces(EdgeConfig config) {
        return EdgeFeatures.Full.class;
    }

    @Override
    public EdgeEmbedder create(Parameters parameters, EdgeConfig config) {
        Sizes.requirePairFeatures(NAME, config);
        return new PairEmbedder(parameters, config);
    }
}
