package org.bindrae.data.structure.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.bindrae.data.Mutation;
import org.bindrae.data.StructureException;
import org.bindrae.data.StructureReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happened to a file, reading it gives a structure or a one-line reason, in silence. */
@Timeout(60)
class StructureMutationTest {
    private static final int ROUNDS = 250;
    private static final List<String> PIECES = List.of("loop_", "_atom_site.", "\ndata_", "save_x", "'", "'''", "\n;", "?", ".", "\nTER", "\nENDMDL",
            "\nMODEL", "#");
    @TempDir
    Path folder;

    private static PdbText pdb() {
        PdbText text = new PdbText().line("SEQRES   1 A    4  ALA SER GLY MSE").line("MODRES 1ABC MSE A    4  MET  SELENOMETHIONINE");
        text.residue("ALA", "A", 1, 0).residue("SER", "A", 2, 1).residue("GLY", "A", 3, 2).residue("HETATM", "MSE", "A", 4, 3).line("TER");
        text.atom("HETATM", "C1", "A", "LIG", "A", 10, 20, 0, 0, 0.5).atom("HETATM", "C1", "B", "LIG", "A", 10, 21, 0, 0, 0.5)
                .hetero("O1", "O", "LIG", "A", 10, 22, 0, 0);
        return text.hetero("O", "O", "HOH", "A", 20, 22, 0, 0).line("CONECT   20   22   22").line("END");
    }

    private static CifText cif() {
        return CifText.tripeptide().table("loop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer").residue("HETATM", "MSE", 3)
                .table("loop_\n_chem_comp_bond.comp_id\n_chem_comp_bond.atom_id_1\n_chem_comp_bond.atom_id_2\n_chem_comp_bond.value_order\nLIG C1 O1 DOUB")
                .atom("HETATM", "C", "C1", "A", "LIG", "B 2 .", 30, 0, 0, 0.4, 201).atom("HETATM", "O", "O1", ".", "LIG", "B 2 .", 32, 0, 0, 1, 201);
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        byte[] changed = bytes.clone();
        for (int i = 1 + random.nextInt(6); i > 0 && changed.length > 0; i--) {
            int at = random.nextInt(changed.length);
            switch (random.nextInt(5)) {
                case 0 -> changed[at] = (byte) random.nextInt(256);
                case 1 -> changed[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> changed = random.nextInt(4) == 0 ? Arrays.copyOf(changed, at) : changed;
                case 3 -> System.arraycopy(changed, 0, changed, at, Math.min(random.nextInt(300), changed.length - at));
                default -> Arrays.fill(changed, at, Math.min(changed.length, at + 1 + random.nextInt(5)), (byte) new int[] {0, 0x7f, 0xff, 0xc6, 0xdd,
                        0xdf}[random.nextInt(6)]);
            }
        }
        return changed;
    }

    private void assertReadOrRefused(byte[] bytes, String name, long seed) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        try {
            StructureReader.read(file);
        } catch (StructureException e) {
            assertTrue(e.getMessage().startsWith(file + ": ") && e.getMessage().lines().count() == 1, "seed " + seed + ": " + e.getMessage());
        } catch (RuntimeException | Error e) {
            throw new AssertionError("seed " + seed + " of " + name, e);
        }
    }

    @Test
    void damagedTextFiles() throws IOException {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            for (String name : List.of("a.pdb", "a.cif")) {
                StringBuilder text = new StringBuilder(new Mutation(seed).of((name.equals("a.pdb") ? pdb() : cif()).toString()));
                if (random.nextBoolean()) {
                    text.insert(random.nextInt(text.length() + 1), PIECES.get(random.nextInt(PIECES.size())));
                }
                assertReadOrRefused(text.toString().getBytes(StandardCharsets.ISO_8859_1), name, seed);
            }
        }
    }

    @Test
    void damagedBinaryFiles() throws IOException {
        byte[] whole = Files.readAllBytes(cif().writeBinary(folder.resolve("whole.bcif")));
        for (long seed = 0; seed < 2 * ROUNDS; seed++) {
            assertReadOrRefused(mutate(whole, new Random(seed)), "a.bcif", seed);
        }
    }

    @Test
    void nothingIsPrinted() throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        try (PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            System.setOut(stream);
            System.setErr(stream);
            pdb().read(folder);
            cif().read(folder);
            StructureReader.read(cif().writeBinary(folder.resolve("a.bcif")));
            for (long seed = 0; seed < 20; seed++) {
                assertReadOrRefused(new Mutation(seed).of(cif().toString()).getBytes(StandardCharsets.ISO_8859_1), "a.cif", seed);
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        // the test's own logging back end may warn once that it is there
        assertEquals("", printed.toString(StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("SLF4J")).reduce("", String::concat));
    }
}
