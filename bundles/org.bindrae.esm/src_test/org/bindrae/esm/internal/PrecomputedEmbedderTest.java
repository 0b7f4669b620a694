package org.bindrae.esm.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.ElementType;
import org.bindrae.tensor.io.NpyFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.io.StoredArray;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrecomputedEmbedderTest {
    private static final double[] VALUES = {1, 2, 3, -4, 0.5, 8};

    @TempDir
    Path folder;

    private final PrecomputedEmbedder embedder = new PrecomputedEmbedder();
    private final Sample sample = Samples.of("1abc", "AR", "N");
    private EmbeddingConfig config;

    @BeforeEach
    void configure() {
        config = new EmbeddingConfig("precomputed", folder.toString(), 2);
    }

    private float[] embed() throws IOException {
        return embedder.embed(sample, config);
    }

    private void writeNpy(StoredArray array) throws IOException {
        NpyFile.write(folder.resolve("1abc.npy"), array);
    }

    private void expectError(String message) {
        IOException e = assertThrows(IOException.class, this::embed);
        assertEquals(message.replace("FOLDER", folder.toString()), e.getMessage());
    }

    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = {"F16", "F32", "F64"})
    void readsNpyOfEveryFloatingType(ElementType type) throws IOException {
        writeNpy(StoredArray.of(type, Shape.of(3, 2), VALUES));
        assertArrayEquals(new float[] {1, 2, 3, -4, 0.5f, 8}, embed());
    }

    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = {"F16", "BF16", "F32", "F64"})
    void readsOneArrayForTheWholeProtein(ElementType type) throws IOException {
        new SafetensorsWriter().add("embedding", StoredArray.of(type, Shape.of(3, 2), VALUES)).write(folder.resolve("1abc.safetensors"));
        assertArrayEquals(new float[] {1, 2, 3, -4, 0.5f, 8}, embed());
    }

    @Test
    void joinsTheChainsInTheOrderOfTheResidues() throws IOException {
        new SafetensorsWriter().add("B", StoredArray.of(Shape.of(1, 2), 5f, 6f))
                .add("A", StoredArray.of(Shape.of(2, 2), 1f, 2f, 3f, 4f)).write(folder.resolve("1abc.safetensors"));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, embed());
    }

    @Test
    void widthComesFromTheFirstFileWhereItIsNotSet() throws IOException {
        writeNpy(StoredArray.of(ElementType.F32, Shape.of(3, 2), VALUES));
        config = new EmbeddingConfig("precomputed", folder.toString(), 0);
        assertEquals(2, embedder.width(config));
        assertEquals(6, embed().length);
    }

    @Test
    void aMissingFileIsNamed() {
        expectError("FOLDER/1abc.npy: there is no such file, nor 1abc.safetensors or 1abc.npz; compute the embeddings of sample 1abc first");
    }

    @Test
    void readsNpz() throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("1abc.npz")))) {
            for (String chain : new String[] {"B", "A"}) {
                Path npy = folder.resolve("chain.npy");
                NpyFile.write(npy, chain.equals("A") ? StoredArray.of(Shape.of(2, 2), 1f, 2f, 3f, 4f) : StoredArray.of(Shape.of(1, 2), 5f, 6f));
                zip.putNextEntry(new ZipEntry(chain + ".npy"));
                zip.write(Files.readAllBytes(npy));
                Files.delete(npy);
            }
        }
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, embed());
        Files.writeString(folder.resolve("1abc.npz"), "no archive");
        assertTrue(assertThrows(IOException.class, this::embed).getMessage().contains("1abc.npz: is no NPZ file"));
    }

    @Test
    void picklesAreRefusedWithTheWayToConvertThem() throws IOException {
        Files.writeString(folder.resolve("1abc.pt"), "pickle");
        assertTrue(assertThrows(IOException.class, this::embed).getMessage().contains("x = torch.load('1abc.pt'); numpy.save('1abc.npy'"));
    }

    @Test
    void aMissingFolderIsNamed() throws IOException {
        Files.delete(folder);
        expectError("FOLDER: there is no such folder of precomputed embeddings");
        Files.createDirectory(folder);
    }

    @Test
    void anUnsetFolderIsSaidSo() {
        config = new EmbeddingConfig("precomputed", "", 2);
        expectError("no folder of precomputed embeddings is set; name it in the configuration of the embedding");
    }

    @Test
    void aWrongLengthIsNamed() throws IOException {
        writeNpy(StoredArray.of(Shape.of(2, 2), 1f, 2f, 3f, 4f));
        expectError("FOLDER/1abc.npy: the array is [2×2], where [3×2] is expected; "
                + "the embeddings must be of exactly the residues of the sample, including those without coordinates");
    }

    @Test
    void startAndEndTokensAreRecognised() throws IOException {
        writeNpy(StoredArray.of(Shape.of(5, 2), new float[10]));
        expectError("FOLDER/1abc.npy: the array is [5×2], where [3×2] is expected; "
                + "the two rows too many may be the model's start and end tokens, which must be cut off");
    }

    @Test
    void aWrongWidthIsNamed() throws IOException {
        writeNpy(StoredArray.of(Shape.of(3, 4), new float[12]));
        expectError("FOLDER/1abc.npy: the array is [3×4], where [3×2] is expected");
    }

    @Test
    void anotherRankOrTypeIsNamed() throws IOException {
        writeNpy(StoredArray.of(Shape.of(6), new float[6]));
        expectError("FOLDER/1abc.npy: the array is [6] of F32, where a matrix [residues, width] of a floating type is expected");
        writeNpy(StoredArray.of(Shape.of(3, 2), new int[6]));
        expectError("FOLDER/1abc.npy: the array is [3×2] of I32, where a matrix [residues, width] of a floating type is expected");
    }

    @Test
    void aMissingChainIsNamed() throws IOException {
        new SafetensorsWriter().add("A", StoredArray.of(Shape.of(2, 2), 1f, 2f, 3f, 4f)).write(folder.resolve("1abc.safetensors"));
        expectError("FOLDER/1abc.safetensors: there is neither an array 'embedding' nor one for chain 'B', but only [A]");
    }

    @Test
    void valuesThatAreNoNumbersAreNamed() throws IOException {
        writeNpy(StoredArray.of(Shape.of(3, 2), 1f, 2f, 3f, Float.NaN, 5f, 6f));
        expectError("FOLDER/1abc.npy: row 1, column 1 of the array is NaN; compute these embeddings again");
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Files.writeString(folder.resolve("1abc.npy"), "no array");
        assertEquals(0, assertThrows(IOException.class, this::embed).getMessage().indexOf(folder.resolve("1abc.npy").toString()));
    }

    @Test
    void readsTheEmbeddingsThatALanguageModelWrote() throws IOException {
        Path data = Path.of("../../../shared/data");
        Assumptions.assumeTrue(Files.exists(data.resolve("esm_sample_7w19A.npy")));
        Sample real = Samples.of("esm_sample_7w19A", "A".repeat(293));
        EmbeddingConfig real2560 = new EmbeddingConfig("precomputed", data.toString(), 2560);
        assertEquals(293 * 2560, embedder.embed(real, real2560).length);
    }
}
