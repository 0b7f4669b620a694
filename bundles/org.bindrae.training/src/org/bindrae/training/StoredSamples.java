package org.bindrae.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.data.SampleSource;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;

/** See {@link TrainingSet#of(SampleSource, List, ResidueEmbedder, EmbeddingConfig)}. */
record StoredSamples(SampleSource source, List<SampleSource.Entry> entries, ResidueEmbedder embedder, EmbeddingConfig embedding) implements TrainingSet {

    static StoredSamples open(SampleSource source, List<String> ids, ResidueEmbedder embedder, EmbeddingConfig embedding) throws IOException {
        List<SampleSource.Entry> entries = new ArrayList<>();
        for (String id : ids) {
            entries.add(source.entry(id));
        }
        return new StoredSamples(source, List.copyOf(entries), embedder, embedding);
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
        Sample sample = source.read(entries.get(index).id());
        return new Example(sample, embedder.embed(sample, embedding));
    }
}
