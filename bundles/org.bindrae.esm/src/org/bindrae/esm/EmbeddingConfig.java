package org.bindrae.esm;

/**
 * Where residue embeddings come from.
 *
 * @param source name of a {@link ResidueEmbedder}
 * @param folder of the files of embeddings, for the source {@code precomputed}; empty otherwise
 * @param width numbers per residue that the files must have; 0 for whatever the first of them has
 */
public record EmbeddingConfig(String source, String folder, int width) {
    /** Features of the sequence, which need no files. */
    public static EmbeddingConfig defaults() {
        return new EmbeddingConfig("sequence", "", 0);
    }
}
