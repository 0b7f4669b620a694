package org.bindrae.esm.internal;

import java.io.IOException;
import java.nio.file.Path;

import org.bindrae.data.Sample;
import org.bindrae.esm.Chain;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.EsmEmbeddings;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.esm.encoder.EsmConfig;
import org.bindrae.esm.encoder.EsmSnapshot;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.io.ElementType;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Embeddings by ESM-2: those in the cache, and others computed for it. On the processor, because whoever asks may be about to submit work to a graphics card
 * from another thread; the command {@code embed} computes on any device.
 */
@Component
public final class EsmEmbedder implements ResidueEmbedder {
    private final HostDevice host;
    private EmbeddingConfig opened;
    private EsmEmbeddings embeddings;

    @Activate
    public EsmEmbedder(@Reference HostDevice host) {
        this.host = host;
    }

    @Override
    public String name() {
        return EmbeddingConfig.ESM2;
    }

    @Override
    public int width(EmbeddingConfig config) throws IOException {
        return EsmConfig.read(folder(config).resolve("config.json")).width();
    }

    @Override
    public synchronized String origin(EmbeddingConfig config) throws IOException {
        return open(config).cache().model().id();
    }

    @Override
    public synchronized float[] embed(Sample sample, EmbeddingConfig config) throws IOException {
        try {
            return open(config).of(Chain.of(sample.residues()));
        } catch (IOException e) {
            throw new IOException("sample " + sample.id() + ": " + e.getMessage(), e);
        }
    }

    private EsmEmbeddings open(EmbeddingConfig config) throws IOException {
        if (!config.equals(opened)) {
            EsmEmbeddings next = new EsmEmbeddings(EsmSnapshot.open(folder(config)), config.cacheFolder(), host, ElementType.F32);
            close();
            embeddings = next;
            opened = config;
        }
        return embeddings;
    }

    private static Path folder(EmbeddingConfig config) throws IOException {
        if (config.model().isEmpty()) {
            throw new IOException("no language model is configured; name the folder of an ESM-2 model as embedding.model");
        }
        return Path.of(config.model());
    }

    /** Gives the weights back. */
    @Deactivate
    public synchronized void close() {
        if (embeddings != null) {
            embeddings.close();
            embeddings = null;
            opened = null;
        }
    }
}
