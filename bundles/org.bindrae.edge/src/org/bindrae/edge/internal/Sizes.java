package org.bindrae.edge.internal;

import org.bindrae.edge.EdgeConfig;

/** What modes need of a configuration. */
final class Sizes {
    private Sizes() {
    }

    static void requirePairFeatures(String mode, EdgeConfig config) {
        if (config.cZ() == 0) {
            throw new IllegalArgumentException("edge mode " + mode + " needs a cZ of at least 1; use flash_no_bias for a network without pair features");
        }
    }

    static void requireFactors(String mode, EdgeConfig config) {
        requirePairFeatures(mode, config);
        if (config.rank() == 0) {
            throw new IllegalArgumentException("edge mode " + mode + " needs a rank of at least 1; use flash_no_bias or orig_2d_bias for rank 0");
        }
    }
}
