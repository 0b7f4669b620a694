package org.bindrae.esm.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.data.Sample;
import org.bindrae.esm.Chain;
import org.bindrae.esm.EmbeddingCache;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.EsmEmbeddings;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.esm.encoder.EsmSnapshot;
import org.osgi.service.component.annotations.Component;

/** Embeddings by ESM-2 that the command {@code embed} made, wherever the model is now. */
@Component
public final class CachedEmbedder implements ResidueEmbedder {
    @Override
    public String name() {
        return EmbeddingConfig.CACHED;
    }

    @Override
    public int width(EmbeddingConfig config) throws IOException {
        return open(config).model().width();
    }

    @Override
    public String origin(EmbeddingConfig config) throws IOException {
        return open(config).model().id();
    }

    @Override
    public float[] embed(Sample sample, EmbeddingConfig config) throws IOException {
        try {
            return EsmEmbeddings.read(open(config), Chain.of(sample.residues()));
        } catch (IOException e) {
            throw new IOException("sample " + sample.id() + ": " + e.getMessage(), e);
        }
    }

    private static EmbeddingCache open(EmbeddingConfig config) throws IOException {
        String model = config.model();
        if (!model.isEmpty() && Files.isDirectory(Path.of(model))) {
            return EmbeddingCache.of(config.cacheFolder(), EsmEmbeddings.model(EsmSnapshot.open(Path.of(model))));
        }
        return EmbeddingCache.open(config.cacheFolder(), model);
    }
}
