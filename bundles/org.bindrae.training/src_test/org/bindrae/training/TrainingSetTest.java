package org.bindrae.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.ProgressListener;
import org.bindrae.data.Sample;
import org.bindrae.data.SampleCache;
import org.bindrae.data.SamplePack;
import org.bindrae.data.SampleSource;
import org.bindrae.esm.EmbeddingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingSetTest {
    @TempDir
    private Path folder;

    @Test
    void cachedSamplesEqualThoseInMemory() throws IOException {
        List<Sample> samples = TinyRun.samples("c", 4);
        SampleCache cache = new SampleCache(folder);
        for (Sample sample : samples) {
            cache.write(sample);
        }
        TrainingSet memory = TinyRun.set(samples);
        TrainingSet cached = TrainingSet.of(cache, samples.stream().map(Sample::id).toList(), TinyRun.embedder(), EmbeddingConfig.defaults());
        assertEquals(memory.size(), cached.size());
        for (int i = 0; i < memory.size(); i++) {
            assertEquals(memory.id(i), cached.id(i));
            assertEquals(memory.residues(i), cached.residues(i));
            assertEquals(memory.hash(i), cached.hash(i));
            assertArrayEquals(memory.example(i).embeddings(), cached.example(i).embeddings());
            assertArrayEquals(memory.example(i).sample().residues().atom14(), cached.example(i).sample().residues().atom14());
        }
        assertEquals(Provenance.hash(memory), Provenance.hash(cached));
        assertNotEquals(Provenance.hash(memory), Provenance.hash(TinyRun.set(samples.reversed())));
        IOException missing = assertThrows(IOException.class, () -> TrainingSet.of(cache, List.of("nowhere"), TinyRun.embedder(), EmbeddingConfig.defaults()));
        assertTrue(missing.getMessage().contains("nowhere.safetensors"), missing.getMessage());
    }

    @Test
    void packedSamplesAreThoseOfTheFolderButForTheirRounding() throws IOException {
        List<Sample> samples = TinyRun.samples("c", 4);
        SampleCache cache = new SampleCache(folder.resolve("samples"));
        for (Sample sample : samples) {
            cache.write(sample);
        }
        List<String> ids = samples.stream().map(Sample::id).toList();
        Path file = folder.resolve("samples.pack");
        SamplePack.write(file, cache, ids, ProgressListener.NONE);
        TrainingSet unpacked = TrainingSet.of(cache, ids, TinyRun.embedder(), EmbeddingConfig.defaults());
        TrainingSet packed = TrainingSet.of(SampleSource.open(file), ids, TinyRun.embedder(), EmbeddingConfig.defaults());
        assertEquals(unpacked.size(), packed.size());
        for (int i = 0; i < unpacked.size(); i++) {
            assertEquals(unpacked.id(i), packed.id(i));
            assertEquals(unpacked.residues(i), packed.residues(i));
            assertArrayEquals(unpacked.example(i).embeddings(), packed.example(i).embeddings());
            assertArrayEquals(unpacked.example(i).sample().residues().atom14(), packed.example(i).sample().residues().atom14(), 0.00501);
            assertEquals(packed.hash(i), packed.example(i).sample().hash());
        }
        assertNotEquals(Provenance.hash(unpacked), Provenance.hash(packed));
        assertEquals(Provenance.hash(packed), Provenance.hash(TrainingSet.of(SampleSource.open(file), ids, TinyRun.embedder(), EmbeddingConfig.defaults())));
    }
}
