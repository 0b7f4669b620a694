package org.bindrae.edge;

import org.bindrae.tensor.nn.Parameters;
import org.osgi.annotation.versioning.ConsumerType;

/** A way to embed pairs of residues. Registered as a service; the modes are named as in flash_ipa. */
@ConsumerType
public interface EdgeMode {
    /** {@code flash_1d_bias}, {@code flash_2d_factorize_bias}, {@code flash_no_bias}, {@code orig_2d_bias} or {@code orig_no_bias}. */
    String name();

    /** The kind of features that embedders of this mode make. */
    Class<? extends EdgeFeatures> produces(EdgeConfig config);

    /**
     * Creates the parameters of an embedder, named as in flash_ipa.
     *
     * @throws IllegalArgumentException if the mode cannot work with such sizes
     */
    EdgeEmbedder create(Parameters parameters, EdgeConfig config);
}
