package org.bindrae.esm.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.osgi.service.component.annotations.Component;

/** Embeddings that another program computed: a folder with one file per sample, named by the sample's id. */
@Component
public final class PrecomputedEmbedder implements ResidueEmbedder {
    @Override
    public String name() {
        return EmbeddingConfig.PRECOMPUTED;
    }

    @Override
    public int width(EmbeddingConfig config) throws IOException {
        return config.width() > 0 ? config.width() : EmbeddingFile.first(folder(config)).width();
    }

    /** Files do not say. */
    @Override
    public String origin(EmbeddingConfig config) {
        return "";
    }

    @Override
    public float[] embed(Sample sample, EmbeddingConfig config) throws IOException {
        Path folder = folder(config);
        return EmbeddingFile.of(folder, sample.id()).read(sample.residues().ids(), width(config));
    }

    private static Path folder(EmbeddingConfig config) throws IOException {
        if (config.folder() == null || config.folder().isEmpty()) {
            throw new IOException("no folder of precomputed embeddings is set; name it in the configuration of the embedding");
        }
        Path folder;
        try {
            folder = Path.of(config.folder());
        } catch (InvalidPathException e) {
            throw new IOException(config.folder() + ": not a path: " + e.getReason(), e);
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": there is no such folder of precomputed embeddings");
        }
        return folder;
    }
}
