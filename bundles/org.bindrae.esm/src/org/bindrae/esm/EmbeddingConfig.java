package org.bindrae.esm;

import java.nio.file.Path;

/**
 * Where residue embeddings come from.
 *
 * @param source name of a {@link ResidueEmbedder}, or {@link #AUTO}
 * @param folder of the files of embeddings, for the source {@code precomputed}; empty otherwise
 * @param width numbers per residue that the files must have; 0 for whatever the first of them has
 * @param model folder of an ESM-2 model; for the source {@code cached} also the id of one in the cache; empty for none
 * @param cache folder of embeddings by ESM-2, empty for {@link EmbeddingCache#usual()}
 */
public record EmbeddingConfig(String source, String folder, int width, String model, String cache) {
    /** The best source that is configured. */
    public static final String AUTO = "auto";
    /** Features of the sequence. */
    public static final String SEQUENCE = "sequence";
    /** Files that another program made. */
    public static final String PRECOMPUTED = "precomputed";
    /** The cache, and what the model computes for it. */
    public static final String ESM2 = "esm2";
    /** The cache alone. */
    public static final String CACHED = "cached";

    /** Without a language model. */
    public EmbeddingConfig(String source, String folder, int width) {
        this(source, folder, width, "", "");
    }

    /** The best source of those that are configured, which is the sequence as long as nothing is. */
    public static EmbeddingConfig defaults() {
        return new EmbeddingConfig(AUTO, "", 0);
    }

    /**
     * The source that is meant: for {@link #AUTO} embeddings by ESM-2 where a cache or a model is named, computed where only a model can give them; then files
     * of another program; then features of the sequence.
     */
    public String resolvedSource() {
        if (!source.equals(AUTO)) {
            return source;
        }
        if (!model.isEmpty()) {
            return ESM2;
        }
        return !cache.isEmpty() ? CACHED : !folder.isEmpty() ? PRECOMPUTED : SEQUENCE;
    }

    /** The same with its source resolved. */
    public EmbeddingConfig resolved() {
        return new EmbeddingConfig(resolvedSource(), folder, width, model, cache);
    }

    /** The folder of the cache. */
    public Path cacheFolder() {
        return cache.isEmpty() ? EmbeddingCache.usual() : Path.of(cache);
    }
}
