package org.bindrae.edge;

import org.bindrae.tensor.Tape;

/** Embeds the pairs of residues within each sequence. */
@FunctionalInterface
public interface EdgeEmbedder {
    EdgeFeatures forward(Tape tape, EdgeInputs inputs);
}
