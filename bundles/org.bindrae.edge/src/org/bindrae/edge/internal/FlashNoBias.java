package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeEmbedder;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeMode;
import org.bindrae.tensor.nn.Parameters;
import org.osgi.service.component.annotations.Component;

/** No pair features, for the factorised attention. */
@Component
public final class FlashNoBias implements EdgeMode {
    public static final String NAME = "flash_no_bias";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Class<? extends EdgeFeatures> produces(EdgeConfig config) {
        return EdgeFeatures.None.class;
    }

    @Override
    public EdgeEmbedder create(Parameters parameters, EdgeConfig config) {
        return (tape, inputs) -> new EdgeFeatures.None();
    }
}
