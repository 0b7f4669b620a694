package org.bindrae.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import org.bindrae.esm.ResidueEmbedder;

/** What checkpoints remember of the embeddings that their network was trained with: see {@link ResidueEmbedder#origin}. */
public final class EmbeddingOrigin {
    /** Metadata key. */
    public static final String KEY = "embeddings";

    private EmbeddingOrigin() {
    }

    /**
     * Refuses embeddings that are known to be others than those that a network was trained with.
     *
     * @param file with the network, for the message
     * @param metadata of it
     * @param origin of the embeddings, empty if unknown
     * @throws IOException naming the file and both origins
     */
    public static void check(Path file, Map<String, String> metadata, String origin) throws IOException {
        String trained = metadata.getOrDefault(KEY, "");
        if (!trained.isEmpty() && !origin.isEmpty() && !trained.equals(origin)) {
            throw new IOException(file + ": the network was trained with residue embeddings by " + trained + ", which " + origin
                    + " does not replace; set embedding.source and embedding.model as they were");
        }
    }
}
