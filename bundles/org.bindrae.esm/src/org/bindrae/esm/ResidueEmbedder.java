package org.bindrae.esm;

import java.io.IOException;

import org.bindrae.data.Sample;
import org.osgi.annotation.versioning.ConsumerType;

/** A source of residue embeddings, registered as a service. */
@ConsumerType
public interface ResidueEmbedder {
    /** Short name users type. */
    String name();

    /**
     * Numbers per residue.
     *
     * @throws IOException if they have to be read from a file and cannot be; the message names it
     */
    int width(EmbeddingConfig config) throws IOException;

    /**
     * What made the embeddings: a network that was trained with some is used with no others. Empty where that is not known.
     *
     * @throws IOException if it has to be read from a file and cannot be; the message names it
     */
    default String origin(EmbeddingConfig config) throws IOException {
        return name();
    }

    /**
     * The embeddings of all residues of a sample, in the order of its residue table.
     *
     * @return [T, width]
     * @throws IOException if there are none for this sample; the message names the file and what is wrong with it
     */
    float[] embed(Sample sample, EmbeddingConfig config) throws IOException;
}
