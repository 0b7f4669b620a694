package org.bindrae.training;

import java.io.IOException;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;

/** See {@link TrainingSet#of(List, ResidueEmbedder, EmbeddingConfig)}. */
record SamplesInMemory(List<Sample> samples, ResidueEmbedder embedder, EmbeddingConfig embedding) implements TrainingSet {
    SamplesInMemory {
        samples = List.copyOf(samples);
    }

    @Override
    public int size() {
        return samples.size();
    }

    @Override
    public String id(int index) {
        return samples.get(index).id();
    }

    @Override
    public int residues(int index) {
        return samples.get(index).residues().size();
    }

    @Override
    public String hash(int index) {
        return samples.get(index).hash();
    }

    @Override
    public String embeddings() throws IOException {
        return embedder.origin(embedding);
    }

    @Override
    public Example example(int index) throws IOException {
        return new Example(samples.get(index), embedder.embed(samples.get(index), embedding));
    }
}
