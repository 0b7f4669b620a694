package org.bindrae.edge;

import org.bindrae.tensor.Tape;
import org.osgi.annotation.versioning.ConsumerType;

/** Embeds the pairs of residues within each sequence. */
@FunctionalInterface
@ConsumerType
public interface EdgeEmbedder {
    EdgeFeatures forward(Tape tape, EdgeInputs inputs);
}
