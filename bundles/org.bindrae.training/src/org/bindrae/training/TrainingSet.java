package org.bindrae.training;

import java.io.IOException;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.data.SampleSource;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.osgi.annotation.versioning.ConsumerType;

/** Samples to train with or to validate, by number. Used by one thread at a time. */
@ConsumerType
public interface TrainingSet {
    int size();

    String id(int index);

    /** Number of residues, known without reading the sample. */
    int residues(int index);

    /** Changes whenever a sample does. */
    String hash(int index);

    /**
     * What makes the embeddings, empty if unknown.
     *
     * @throws IOException naming the file that has to be read for that and cannot be
     */
    default String embeddings() throws IOException {
        return "";
    }

    /**
     * Reads a sample.
     *
     * @throws IOException naming the file that cannot be used
     */
    Example example(int index) throws IOException;

    /**
     * A sample with its residue embeddings.
     *
     * @param embeddings [T, width]
     */
    record Example(Sample sample, float[] embeddings) {
    }

    /** Samples in memory. */
    static TrainingSet of(List<Sample> samples, ResidueEmbedder embedder, EmbeddingConfig embedding) {
        return new SamplesInMemory(samples, embedder, embedding);
    }

    /**
     * Samples of a folder or a packed file, read when they are needed.
     *
     * @throws IOException naming the first file that is missing or cannot be used
     */
    static TrainingSet of(SampleSource source, List<String> ids, ResidueEmbedder embedder, EmbeddingConfig embedding) throws IOException {
        return StoredSamples.open(source, ids, embedder, embedding);
    }
}
