package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCacheTest {
    @TempDir
    Path folder;
    private SampleCache cache;

    @BeforeEach
    void open() throws IOException {
        cache = new SampleCache(folder.resolve("cache"));
    }

    @Test
    void aSampleComesBackFieldByField() throws IOException {
        Sample sample = sample("7abc_X", 17);
        cache.write(sample);
        assertEqual(sample, cache.read("7abc_X"));
        assertEquals(List.of("7abc_X"), cache.ids());
    }

    @Test
    void aSampleWithoutLigandOrResiduesComesBackToo() throws IOException {
        ResidueTable table = DrawnProtein.table("AC");
        double[] infinite = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        Sample apo = new Sample("apo", table, Ligand.NONE, LigandTokens.NONE, infinite, new double[2], List.of(), "00");
        cache.write(apo);
        assertEqual(apo, cache.read("apo"));
        Sample empty = new Sample("empty", DrawnProtein.table(""), Ligand.NONE, LigandTokens.NONE, new double[0], new double[0], List.of(), "");
        cache.write(empty);
        assertEqual(empty, cache.read("empty"));
    }

    @Test
    void theSameSampleGivesTheSameBytes() throws IOException {
        cache.write(sample("a", 3));
        byte[] first = Files.readAllBytes(cache.file("a"));
        cache.write(sample("a", 3));
        assertArrayEquals(first, Files.readAllBytes(cache.file("a")));
    }

    @Test
    void anyChangedByteIsNoticed() throws IOException {
        cache.write(sample("a", 3));
        byte[] good = Files.readAllBytes(cache.file("a"));
        var random = new Random(2);
        for (int round = 0; round < 300; round++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(cache.file("a"), bad);
            IOException fault = assertThrows(IOException.class, () -> cache.read("a"));
            assertTrue(fault.getMessage().contains("a.safetensors"), fault.getMessage());
            assertFalse(cache.holds("a", "ab"));
        }
    }

    @Test
    void aCutFileIsNoticed() throws IOException {
        cache.write(sample("a", 3));
        byte[] good = Files.readAllBytes(cache.file("a"));
        for (int length = 0; length < good.length; length += 97) {
            Files.write(cache.file("a"), Arrays.copyOf(good, length));
            assertThrows(IOException.class, () -> cache.read("a"));
        }
    }

    @Test
    void aFileUnderAnotherNameIsNotThatSample() throws IOException {
        cache.write(sample("a", 3));
        Files.copy(cache.file("a"), cache.file("b"));
        assertTrue(assertThrows(IOException.class, () -> cache.read("b")).getMessage().contains("holds the sample a"));
        assertThrows(IOException.class, () -> cache.read("absent"));
    }

    @Test
    void aSampleOfANewerVersionIsRefused() throws IOException {
        new SafetensorsWriter().metadata("format", "bindrae-sample").metadata("version", "3").write(cache.file("a"));
        String message = assertThrows(IOException.class, () -> cache.read("a")).getMessage();
        assertTrue(message.contains("a.safetensors: written by a newer workbench (format 3, this one reads up to 2): update the workbench"), message);
    }

    @Test
    void aSampleOfAnOlderVersionIsToBeMadeAgain() throws IOException {
        new SafetensorsWriter().metadata("format", "bindrae-sample").metadata("version", "1").write(cache.file("a"));
        String message = assertThrows(IOException.class, () -> cache.read("a")).getMessage();
        assertTrue(message.contains("a.safetensors: not a prepared sample of format version 2; prepare it again"), message);
        assertFalse(cache.holds("a", ""));
    }

    @Test
    void aSampleIsHeldForItsInputsOnly() throws IOException {
        cache.write(sample("a", 3));
        assertTrue(cache.holds("a", "ab"));
        assertFalse(cache.holds("a", "cd"));
        assertFalse(cache.holds("b", "ab"));
    }

    static Sample sample(String id, long seed) {
        var random = new Random(seed);
        ResidueTable table = DrawnProtein.table(List.of("ACDEFGHIKLMNPQRSTVWY", "MMX"));
        for (int i = 0; i < table.atom14().length; i++) {
            table.atom14()[i] += random.nextGaussian() * 1e-3;
        }
        List<LigandAtom> atoms = List.of(new LigandAtom("C1'", "C", new Vec3(1.0 / 3, -7e-17, 2e300), -1, true, 5, 7, 2, true, false, true),
                new LigandAtom("\u00e9\"\\", "Cl", new Vec3(random.nextDouble(), 0, -0.0), 1, false, 0, 0, 1, false, true, false));
        Ligand ligand = new Ligand("LIG \u03b1", atoms, List.of(new Ligand.Bond(0, 1, 2)));
        double[] distances = random.doubles(table.size()).toArray();
        distances[3] = Double.POSITIVE_INFINITY;
        HeteroAtoms surroundings = new HeteroAtoms(random.doubles(9).toArray(), new int[] {9, 10, 0});
        return new Sample(id, table, ligand, LigandTokens.of(ligand), surroundings, distances, random.doubles(table.size()).toArray(),
                List.of("a note; with \t odd\nthings", ""), "ab");
    }

    static void assertEqual(Sample a, Sample b) {
        assertEquals(a.id(), b.id());
        assertEquals(a.residues().ids(), b.residues().ids());
        assertEquals(a.residues().names(), b.residues().names());
        assertArrayEquals(a.residues().types(), b.residues().types());
        assertArrayEquals(a.residues().atom14(), b.residues().atom14());
        assertArrayEquals(a.residues().present(), b.residues().present());
        assertArrayEquals(a.residues().breakBefore(), b.residues().breakBefore());
        assertEquals(a.ligand(), b.ligand());
        assertArrayEquals(a.tokens().positions(), b.tokens().positions());
        assertArrayEquals(a.tokens().features(), b.tokens().features());
        assertArrayEquals(a.surroundings().positions(), b.surroundings().positions());
        assertArrayEquals(a.surroundings().elements(), b.surroundings().elements());
        assertArrayEquals(a.ligandDistance(), b.ligandDistance());
        assertArrayEquals(a.pocketWeight(), b.pocketWeight());
        assertEquals(a.notes(), b.notes());
        assertEquals(a.hash(), b.hash());
    }
}
