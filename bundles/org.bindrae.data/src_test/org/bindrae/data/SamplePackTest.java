package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplePackTest {
    /** Half a step, and the rounding of the numbers themselves. */
    private static final double HALF_STEP = 0.005 + 1e-9;

    @TempDir
    Path folder;
    private SampleCache cache;
    private Path file;

    @BeforeEach
    void open() throws IOException {
        cache = new SampleCache(folder.resolve("samples"));
        file = folder.resolve("all.pack");
    }

    @Test
    void samplesOfAnyKindComeBackWithRoundedPositions() throws IOException {
        var random = new Random(1);
        for (int i = 0; i < 40; i++) {
            cache.write(sample("s" + i, random));
        }
        SampleSource pack = packed();
        assertEquals(cache.ids(), pack.ids());
        for (String id : cache.ids()) {
            assertSimilar(cache.read(id), pack.read(id));
        }
    }

    @Test
    void theIndexSaysWhatTheSamplesAre() throws IOException {
        var random = new Random(2);
        for (String id : List.of("b", "a")) {
            cache.write(sample(id, random));
        }
        SampleSource pack = packed();
        for (String id : List.of("a", "b")) {
            assertEquals(new SampleSource.Entry(id, cache.read(id).residues().size(), pack.read(id).hash()), pack.entry(id));
            assertEquals(cache.entry(id).residues(), pack.entry(id).residues());
            assertTrue(pack.has(id));
        }
        assertFalse(pack.has("c"));
        assertTrue(assertThrows(IOException.class, () -> pack.read("c")).getMessage().contains("all.pack: no sample c"));
        assertTrue(assertThrows(IOException.class, () -> pack.entry("c")).getMessage().contains("all.pack: no sample c"));
    }

    /** A run that was begun with a folder would not go on with the same bits. */
    @Test
    void aPackedSampleHasAHashOfItsOwnThatChangesWithTheSample() throws IOException {
        Sample sample = sample("a", new Random(3));
        cache.write(sample);
        String hash = packed().entry("a").hash();
        assertNotEquals(sample.hash(), hash);
        assertEquals(hash, packed().entry("a").hash());
        cache.write(new Sample("a", sample.residues(), sample.ligand(), sample.tokens(), sample.ligandDistance(), sample.pocketWeight(), List.of(), "other"));
        assertNotEquals(hash, packed().entry("a").hash());
    }

    @Test
    void packingAgainChangesNothingAnyMore() throws IOException {
        var random = new Random(4);
        for (int i = 0; i < 20; i++) {
            byte[] once = PackedSample.pack(sample("s", random));
            assertArrayEquals(once, PackedSample.pack(PackedSample.unpack("s", "", once)));
        }
    }

    @Test
    void theSameSamplesGiveTheSameBytes() throws IOException {
        cache.write(sample("a", new Random(5)));
        packed();
        byte[] first = Files.readAllBytes(file);
        packed();
        assertArrayEquals(first, Files.readAllBytes(file));
    }

    @Test
    void noSamplesAreAPackToo() throws IOException {
        assertEquals(List.of(), packed().ids());
    }

    @Test
    void anyChangedByteIsNoticed() throws IOException {
        var random = new Random(6);
        List<String> ids = List.of("first", "second", "third");
        for (String id : ids) {
            cache.write(sample(id, random));
        }
        packed();
        byte[] good = Files.readAllBytes(file);
        for (int round = 0; round < 400; round++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            String message = assertThrows(IOException.class, () -> readAll(ids)).getMessage();
            assertTrue(message.startsWith(file.toString()), message);
            assertEquals(1, message.lines().count());
        }
    }

    @Test
    void damageOfOneSampleIsItsOwnOnly() throws IOException {
        var random = new Random(7);
        cache.write(sample("first", random));
        cache.write(sample("second", random));
        packed();
        byte[] bytes = Files.readAllBytes(file);
        bytes[20] ^= 1;
        Files.write(file, bytes);
        SampleSource pack = SampleSource.open(file);
        String message = assertThrows(IOException.class, () -> pack.read("first")).getMessage();
        assertTrue(message.contains("all.pack: the sample first is damaged, its checksum differs"), message);
        assertSimilar(cache.read("second"), pack.read("second"));
    }

    @Test
    void aFileOfAnyOtherLengthIsNoticed() throws IOException {
        cache.write(sample("a", new Random(8)));
        packed();
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length < good.length; length += 31) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThrows(IOException.class, () -> SampleSource.open(file));
        }
        Files.write(file, Arrays.copyOf(good, good.length + 1));
        assertThrows(IOException.class, () -> SampleSource.open(file));
    }

    @Test
    void aFileThatWasReplacedIsNoticed() throws IOException {
        cache.write(sample("a", new Random(9)));
        SampleSource pack = packed();
        cache.write(sample("a", new Random(10)));
        packed();
        assertThrows(IOException.class, () -> pack.read("a"));
    }

    @Test
    void aNewerFormatIsRefused() throws IOException {
        packed();
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).putInt(8, 2);
        Files.write(file, bytes);
        String message = assertThrows(IOException.class, () -> SampleSource.open(file)).getMessage();
        assertTrue(message.contains("all.pack: written by a newer workbench (format 2, this one reads up to 1)"), message);
    }

    @Test
    void whatIsNoPackIsRefused() throws IOException {
        Files.writeString(file, "id\tfamily\n");
        String message = assertThrows(IOException.class, () -> SampleSource.open(file)).getMessage();
        assertTrue(message.contains("all.pack: not a folder or packed file of prepared samples"), message);
        assertFalse(SamplePack.isPack(file));
        assertTrue(assertThrows(IOException.class, () -> SampleSource.open(folder.resolve("absent"))).getMessage().contains("absent: no such folder or file"));
        packed();
        assertTrue(SamplePack.isPack(file));
    }

    @Test
    void aSampleThatCannotBePackedIsNamedAndLeavesTheOldPack() throws IOException {
        cache.write(sample("a", new Random(11)));
        packed();
        byte[] before = Files.readAllBytes(file);
        for (double coordinate : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -2e7}) {
            Sample wrong = sample("wrong", new Random(12));
            cache.write(new Sample("wrong", wrong.residues(), wrong.ligand(), wrong.tokens(), new HeteroAtoms(new double[] {0, coordinate, 0}, new int[1]),
                    wrong.ligandDistance(), wrong.pocketWeight(), List.of(), ""));
            String message = assertThrows(IOException.class, this::packed).getMessage();
            assertTrue(message.contains("all.pack cannot be written: sample wrong: the coordinate " + coordinate), message);
        }
        assertArrayEquals(before, Files.readAllBytes(file));
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void packingStopsWhenItsThreadIsInterrupted() throws IOException {
        cache.write(sample("a", new Random(13)));
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, this::packed);
        assertTrue(Thread.interrupted());
        assertFalse(Files.exists(file));
    }

    @Test
    void manyThreadsReadAtOnce() throws Exception {
        var random = new Random(14);
        List<String> ids = List.of("a", "b", "c", "d", "e");
        for (String id : ids) {
            cache.write(sample(id, random));
        }
        SampleSource pack = packed();
        try (var pool = Executors.newFixedThreadPool(4)) {
            List<Future<Sample>> read = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String id = ids.get(i % ids.size());
                read.add(pool.submit(() -> pack.read(id)));
            }
            for (int i = 0; i < read.size(); i++) {
                assertSimilar(cache.read(ids.get(i % ids.size())), read.get(i).get());
            }
        }
    }

    private SampleSource packed() throws IOException {
        SamplePack.write(file, cache, cache.ids(), ProgressListener.NONE);
        return SampleSource.open(file);
    }

    private void readAll(List<String> ids) throws IOException {
        SampleSource pack = SampleSource.open(file);
        for (String id : ids) {
            pack.read(id);
        }
    }

    /** Any chains, any missing atoms, ligand or none, far from the origin or near. */
    private static Sample sample(String id, Random random) {
        int size = random.nextInt(60);
        List<ResidueId> ids = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int[] types = new int[size];
        boolean[] breakBefore = new boolean[size];
        boolean[] present = new boolean[size * ResidueConstants.SLOTS];
        double[] atom14 = new double[3 * present.length];
        double scale = Math.pow(10, random.nextInt(5));
        for (int i = 0; i < size; i++) {
            ids.add(new ResidueId("ABé".substring(random.nextInt(3)).substring(0, 1), i - 30 + 1000 * random.nextInt(2), random.nextInt(9) == 0 ? "A" : ""));
            types[i] = random.nextInt(21);
            names.add(random.nextInt(9) == 0 ? "MSE" : ResidueConstants.code(types[i]));
            breakBefore[i] = random.nextBoolean();
            for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
                int atom = i * ResidueConstants.SLOTS + slot;
                present[atom] = random.nextInt(3) > 0;
                if (present[atom]) {
                    place(random, scale).store(atom14, atom);
                }
            }
        }
        Ligand ligand = Ligand.NONE;
        if (random.nextBoolean()) {
            ligand = new Ligand("LIG α", List.of(new LigandAtom("C1'", "C", place(random, scale), -1, true, 5, 7, 2, true, false, true),
                    new LigandAtom("é\"\\", "Cl", place(random, scale), 1, false, 0, 0, 1, false, true, false)), List.of(new Ligand.Bond(0, 1, 2)));
        }
        int[] elements = random.ints(random.nextInt(20), 0, ElementClass.values().length).toArray();
        double[] positions = new double[3 * elements.length];
        Arrays.setAll(positions, i -> scale * random.nextGaussian());
        double[] distances = new double[size];
        Arrays.setAll(distances, i -> random.nextInt(4) == 0 ? Double.POSITIVE_INFINITY : random.nextDouble());
        double[] weights = new double[size];
        Arrays.setAll(weights, i -> random.nextBoolean() ? 0 : random.nextDouble());
        return new Sample(id, new ResidueTable(ids, names, types, atom14, present, breakBefore), ligand, LigandTokens.of(ligand),
                new HeteroAtoms(positions, elements), distances, weights, random.nextBoolean() ? List.of() : List.of("a note; with \t odd\nthings", ""), "ab");
    }

    private static Vec3 place(Random random, double scale) {
        return new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian()).times(scale);
    }

    private static void assertSimilar(Sample sample, Sample packed) {
        ResidueTable table = sample.residues();
        assertArrayEquals(table.atom14(), packed.residues().atom14(), HALF_STEP);
        assertArrayEquals(sample.surroundings().positions(), packed.surroundings().positions(), HALF_STEP);
        ResidueTable exact = new ResidueTable(packed.residues().ids(), packed.residues().names(), packed.residues().types(), table.atom14(),
                packed.residues().present(), packed.residues().breakBefore());
        HeteroAtoms surroundings = new HeteroAtoms(sample.surroundings().positions(), packed.surroundings().elements());
        SampleCacheTest.assertEqual(sample, new Sample(packed.id(), exact, packed.ligand(), packed.tokens(), surroundings, packed.ligandDistance(),
                packed.pocketWeight(), packed.notes(), sample.hash()));
    }
}
