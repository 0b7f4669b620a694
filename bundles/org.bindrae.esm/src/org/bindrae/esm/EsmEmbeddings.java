package org.bindrae.esm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

import org.bindrae.data.ProgressListener;
import org.bindrae.esm.encoder.EsmEncoder;
import org.bindrae.esm.encoder.EsmSnapshot;
import org.bindrae.esm.encoder.SequenceEncoder;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.io.ElementType;

/** Embeddings by ESM-2: what the cache has, and what the model computes for it. Used by one thread at a time. */
public final class EsmEmbeddings implements AutoCloseable {
    private final EsmSnapshot snapshot;
    private final EmbeddingCache cache;
    private final Device device;
    private final ElementType type;
    /** Loaded when the first sequence is not in the cache. */
    private EsmEncoder encoder;

    /**
     * @param cache root of the caches of all models
     * @param type in which embeddings are kept, F32 or BF16
     */
    public EsmEmbeddings(EsmSnapshot snapshot, Path cache, Device device, ElementType type) throws IOException {
        this.snapshot = snapshot;
        this.cache = EmbeddingCache.of(cache, model(snapshot));
        this.device = device;
        this.type = type;
    }

    /** What tells a model from others. */
    public static LanguageModel model(EsmSnapshot snapshot) throws IOException {
        return new LanguageModel(snapshot.config().name(), snapshot.hash(), snapshot.config().width());
    }

    public EmbeddingCache cache() {
        return cache;
    }

    /** The distinct sequences that the cache lacks, short ones first. */
    public List<String> missing(Collection<String> sequences) {
        return new LinkedHashSet<>(sequences).stream().filter(sequence -> !cache.contains(sequence)).sorted(Comparator.comparingInt(String::length)).toList();
    }

    /**
     * Embeds what the cache lacks, in batches of similar lengths. What is done stays done when this is interrupted.
     *
     * @throws IllegalArgumentException naming a letter that is none
     * @throws IOException naming the file that cannot be read or written
     */
    public void embed(Collection<String> sequences, ProgressListener listener) throws IOException {
        List<String> missing = missing(sequences);
        long total = missing.stream().mapToLong(String::length).sum();
        long done = 0;
        listener.progress(0, total, "residues", "");
        for (int from = 0, to; from < missing.size(); from = to) {
            int tokens = missing.get(from).length();
            for (to = from + 1; to < missing.size() && tokens + missing.get(to).length() <= SequenceEncoder.BATCH_TOKENS; to++) {
                tokens += missing.get(to).length();
            }
            List<String> batch = missing.subList(from, to);
            List<float[]> rows = encoder().encode(batch);
            for (int i = 0; i < batch.size(); i++) {
                cache.write(batch.get(i), rows.get(i), type);
                done += batch.get(i).length();
            }
            listener.progress(done, total, "residues", "");
        }
    }

    private SequenceEncoder encoder() throws IOException {
        if (encoder == null) {
            encoder = EsmEncoder.load(snapshot, device, DType.F32);
        }
        return new SequenceEncoder(encoder);
    }

    /** The embeddings of all chains of a protein, one after the other: [residues, width]. */
    public float[] of(List<Chain> chains) throws IOException {
        embed(chains.stream().map(Chain::sequence).toList(), ProgressListener.NONE);
        return read(cache, chains);
    }

    /** The embeddings of all chains of a protein, which must be in a cache: [residues, width]. */
    public static float[] read(EmbeddingCache cache, List<Chain> chains) throws IOException {
        int residues = chains.stream().mapToInt(chain -> chain.sequence().length()).sum();
        float[] all = new float[Math.multiplyExact(residues, cache.model().width())];
        for (Chain chain : chains) {
            float[] rows = cache.read(chain.sequence());
            System.arraycopy(rows, 0, all, chain.from() * cache.model().width(), rows.length);
        }
        return all;
    }

    @Override
    public void close() {
        if (encoder != null) {
            encoder.close();
        }
    }
}
