package org.bindrae.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.data.SampleCache;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.tensor.io.SafetensorsFile;

/** See {@link TrainingSet#of(SampleCache, List, ResidueEmbedder, EmbeddingConfig)}. */
record SamplesInCache(SampleCache cache, List<Entry> entries, ResidueEmbedder embedder, EmbeddingConfig embedding) implements TrainingSet {
    /** What is known of a sample without reading it. */
    record Entry(String id, int residues, String hash) {
    }

    static SamplesInCache open(SampleCache cache, List<String> ids, ResidueEmbedder embedder, EmbeddingConfig embedding) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String id : ids) {
            SafetensorsFile file = SafetensorsFile.read(cache.file(id));
            entries.add(new Entry(id, Math.toIntExact(file.shape("types").size()), file.metadata().getOrDefault("hash", "")));
        }
        return new SamplesInCache(cache, List.copyOf(entries), embedder, embedding);
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public String id(int index) {
        return entries.get(index).id();
    }

    @Override
    public int residues(int index) {
        return entries.get(index).residues();
    }

    @Override
    public String hash(int index) {
        return entries.get(index).hash();
    }

    @Override
    public String embeddings() throws IOException {
        return embedder.origin(embedding);
    }

    @Override
    public Example example(int index) throws IOException {
        Sample sample = cache.read(entries.get(index).id());
        return new Example(sample, embedder.embed(sample, embedding));
    }
}
