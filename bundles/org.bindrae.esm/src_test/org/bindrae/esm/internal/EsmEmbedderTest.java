package org.bindrae.esm.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.data.ProgressListener;
import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingCache;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.EsmEmbeddings;
import org.bindrae.esm.Fasta;
import org.bindrae.esm.encoder.EsmSnapshot;
import org.bindrae.esm.encoder.TinyModel;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.io.ElementType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EsmEmbedderTest {
    @TempDir
    Path folder;

    private final Sample sample = Samples.of("1abc", "ARNDX", "MKT", "ARNDX");

    private EmbeddingConfig config(String source, String model) {
        return new EmbeddingConfig(source, "", 0, model, folder.resolve("cache").toString());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
        }
    }

    private EmbeddingCache cache() throws IOException {
        return EmbeddingCache.open(folder.resolve("cache"), "");
    }

    @Test
    void chainsAreEmbeddedOnceAndReadFromTheCacheThen() throws IOException {
        EmbeddingConfig config = config("esm2", TinyModel.FOLDER.toString());
        try (CpuDevice device = new CpuDevice(1, true)) {
            EsmEmbedder embedder = new EsmEmbedder(device);
            assertEquals(40, embedder.width(config));
            float[] first = embedder.embed(sample, config);
            assertEquals(13 * 40, first.length);
            assertEquals(2, files().size());
            assertArrayEquals(Arrays.copyOf(first, 200), Arrays.copyOfRange(first, 320, 520));
            embedder.close();
            CachedEmbedder cached = new CachedEmbedder();
            for (String model : List.of("", TinyModel.FOLDER.toString(), cache().model().id())) {
                assertArrayEquals(first, cached.embed(sample, config("cached", model)));
                assertEquals(embedder.origin(config), cached.origin(config("cached", model)));
                assertEquals(40, cached.width(config("cached", model)));
            }
            embedder.close();
        }
    }

    @Test
    void workThatWasInterruptedGoesOn() throws IOException {
        List<String> sequences = List.of("MKTAYIAK", "ARND", "W".repeat(100), "MKTAYIAK");
        try (CpuDevice device = new CpuDevice(2, true);
                EsmEmbeddings embeddings = new EsmEmbeddings(EsmSnapshot.open(TinyModel.FOLDER), folder, device, ElementType.BF16)) {
            assertEquals(List.of("ARND", "MKTAYIAK", "W".repeat(100)), embeddings.missing(sequences));
            embeddings.embed(List.of("ARND"), ProgressListener.NONE);
            float[] alone = embeddings.cache().read("ARND");
            assertEquals(List.of("MKTAYIAK", "W".repeat(100)), embeddings.missing(sequences));
            embeddings.embed(sequences, ProgressListener.NONE);
            assertArrayEquals(alone, embeddings.cache().read("ARND"));
            assertEquals(3, embeddings.cache().content().sequences());
            Files.delete(embeddings.cache().file("ARND"));
            embeddings.embed(sequences, ProgressListener.NONE);
            assertArrayEquals(alone, embeddings.cache().read("ARND"));
        }
    }

    @Test
    void whatIsNotInTheCacheIsAnErrorThatNamesTheSample() {
        IOException e = assertThrows(IOException.class, () -> new CachedEmbedder().embed(sample, config("cached", "")));
        assertTrue(e.getMessage().startsWith("sample 1abc: ") && e.getMessage().contains("make them with the command embed"), e.getMessage());
    }

    @Test
    void embeddingsOfAnotherModelOrSequenceAreRefused() throws IOException {
        try (CpuDevice device = new CpuDevice(1, true);
                EsmEmbeddings embeddings = new EsmEmbeddings(EsmSnapshot.open(TinyModel.FOLDER), folder.resolve("cache"), device, ElementType.F32)) {
            embeddings.embed(List.of("ARND", "MKT"), ProgressListener.NONE);
            Files.copy(embeddings.cache().file("ARND"), embeddings.cache().file("WWWW"));
            assertTrue(assertThrows(IOException.class, () -> embeddings.cache().read("WWWW")).getMessage().contains("by another model or of another sequence"));
            assertTrue(assertThrows(IOException.class, () -> EmbeddingCache.open(folder.resolve("cache"), "esm2_t6_8M-0123456789ab")).getMessage()
                    .contains("there are no embeddings by esm2_t6_8M-0123456789ab, but by esm2_t3_40-"));
        }
    }

    @Test
    void nothingHalfWrittenStaysWhereTheDiskIsFull() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file where the folder should be");
        try (CpuDevice device = new CpuDevice(1, true);
                EsmEmbeddings embeddings = new EsmEmbeddings(EsmSnapshot.open(TinyModel.FOLDER), folder.resolve("cache"), device, ElementType.F32)) {
            assertThrows(IOException.class, () -> embeddings.embed(List.of("ARND"), ProgressListener.NONE));
        }
        assertEquals(List.of(), files());
    }

    @Test
    void aModelMustBeNamed() {
        try (CpuDevice device = new CpuDevice(1, true)) {
            EsmEmbedder embedder = new EsmEmbedder(device);
            assertEquals("no language model is configured; name the folder of an ESM-2 model as embedding.model",
                    assertThrows(IOException.class, () -> embedder.width(config("esm2", ""))).getMessage());
        }
    }

    @Test
    void autoTakesTheBestThatIsConfigured() {
        assertEquals("sequence", EmbeddingConfig.defaults().resolvedSource());
        assertEquals("precomputed", new EmbeddingConfig("auto", "x", 0).resolvedSource());
        assertEquals("cached", new EmbeddingConfig("auto", "x", 0, "", "c").resolvedSource());
        assertEquals("esm2", new EmbeddingConfig("auto", "x", 0, "m", "c").resolvedSource());
        assertEquals("sequence", new EmbeddingConfig("sequence", "x", 0, "m", "c").resolvedSource());
    }

    @Test
    void fastaFilesAreReadAndTheirFaultsNamed() throws IOException {
        Path file = folder.resolve("x.fasta");
        Files.writeString(file, ">a first\nMKT\nAY\n>b\nW\n");
        assertEquals("{a=MKTAY, b=W}", Fasta.read(file).toString());
        for (String[] bad : new String[][] {{">a\n>b\nM\n", "the sequence a has no residues"}, {"MKT\n", "line 1: a FASTA file begins"},
                {">a\nM\n>a\nM\n", "line 3: a second sequence a"}}) {
            Files.writeString(file, bad[0]);
            assertTrue(assertThrows(IOException.class, () -> Fasta.read(file)).getMessage().contains(bad[1]));
        }
    }
}
