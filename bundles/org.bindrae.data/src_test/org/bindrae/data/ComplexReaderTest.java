package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.ligand.internal.DrawnMolecule;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComplexReaderTest {
    private static final String SEQUENCE = "ACDEFGHIKLMNPQRSTVWY";

    @TempDir
    Path folder;
    private final ComplexReader reader = new ComplexReader(PreparationSettings.defaults());

    @Test
    void structureAndLigandFileBecomeASample() throws IOException {
        Sample sample = reader.read(new ComplexSource("x", protein(), ligandFile("l.sdf", ring(10, -3).v2000())));
        assertEquals("x", sample.id());
        assertEquals(SEQUENCE, sample.residues().sequence());
        assertEquals(7, sample.ligand().atoms().size());
        assertEquals(LigandTokens.of(sample.ligand()).size(), sample.tokens().size());
        Pocket pocket = Pocket.of(sample.residues(), sample.ligand(), PreparationSettings.defaults());
        for (int i = 0; i < SEQUENCE.length(); i++) {
            assertEquals(pocket.weights()[i], sample.pocketWeight()[i]);
            assertEquals(pocket.distances()[i], sample.ligandDistance()[i]);
        }
        assertEquals(64, sample.hash().length());
        assertEquals(sample.hash(), reader.hash(new ComplexSource("x", folder.resolve("p.pdb"), folder.resolve("l.sdf").toString())));
    }

    @Test
    void theLargestGroupThatIsNeitherIonNorSolventIsTheAutomaticChoice() throws IOException {
        Path file = protein(group("GOL", "A", 101, 6, 0), group("LIG", "A", 102, 4, 20), group("XXX", "B", 103, 5, 30), group("XXX", "B", 104, 5, 40),
                group("ZN", "A", 105, 1, 50));
        Sample sample = reader.read(new ComplexSource("x", file, LigandReader.AUTO));
        assertEquals("XXX", sample.ligand().name());
        assertEquals(30, sample.ligand().atoms().getFirst().position().x(), 1e-9);
        assertTrue(sample.notes().contains("The ligand B:XXX:103 was chosen as the largest of 3 groups, the first of 2 of this size"), sample.notes()
                .toString());
    }

    @Test
    void aSelectorChoosesAGroup() throws IOException {
        Path file = protein(group("GOL", "A", 101, 6, 0), group("LIG", "A", 102, 4, 20), group("XXX", "B", 103, 5, 30), group("XXX", "B", 104, 5, 40),
                group("XXX", "C", 105, 5, 50));
        assertEquals("LIG", ligand(file, "LIG").name());
        assertEquals(20, x(ligand(file, "A:LIG")));
        assertEquals(40, x(ligand(file, "B:XXX:104")));
        assertEquals(50, x(ligand(file, "C:XXX")));
        assertEquals("GOL", ligand(file, "A:GOL:101").name());
        assertFault("'XXX' may be any of B:XXX:103 B:XXX:104 C:XXX:105", file, "XXX");
        assertFault("'B:XXX' may be any of B:XXX:103 B:XXX:104", file, "B:XXX");
        assertFault("no ligand 'B:LIG'; it has A:LIG:102 B:XXX:103 B:XXX:104 C:XXX:105 A:GOL:101", file, "B:LIG");
        assertFault("no ligand 'nonsense'", file, "nonsense");
        assertFault("no ligand 'ATP'; it has no hetero groups", protein(), "ATP");
    }

    @Test
    void aStructureWithoutLigandIsASampleUnlessOneIsRequired() throws IOException {
        Path file = protein(group("GOL", "A", 101, 6, 0));
        for (String selector : new String[] {null, LigandReader.AUTO}) {
            Sample sample = reader.read(new ComplexSource("x", file, selector));
            assertSame(Ligand.NONE, sample.ligand());
            assertEquals(0, sample.tokens().size());
            assertTrue(sample.notes().getLast().endsWith("goes on without one"));
            var strict = new ComplexReader(new PreparationSettings(5, 1, 2, true));
            assertTrue(assertThrows(LigandException.class, () -> strict.read(new ComplexSource("x", file, selector))).getMessage()
                    .contains("p.pdb: no ligand"));
        }
    }

    @Test
    void aLigandFarAwayIsRefusedWithItsDistance() throws IOException {
        assertFault("the ligand ring does not touch the protein: the closest residue is 11.5 Å away", protein(), ligandFile("l.sdf", ring(10, -11.4).v2000()));
        assertFault("does not touch the protein", protein(group("LIG", "A", 102, 4, 300)), LigandReader.AUTO);
    }

    @Test
    void anSdfThatCannotBeReadIsReplacedByTheMol2OfItsName() throws IOException {
        String sdf = ligandFile("1aaa_ligand.sdf", "nonsense");
        Path file = protein();
        assertFault("1aaa_ligand.sdf: ends before the counts line", file, sdf);
        String before = reader.hash(new ComplexSource("x", file, sdf));
        ligandFile("1aaa_ligand.mol2", ring(10, -3).mol2());
        Sample sample = reader.read(new ComplexSource("x", file, sdf));
        assertEquals(7, sample.ligand().atoms().size());
        assertTrue(sample.notes().getLast().startsWith("1aaa_ligand.sdf was replaced by 1aaa_ligand.mol2: ends before"), sample.notes().toString());
        assertNotEquals(before, sample.hash());
    }

    @Test
    void faultsNameTheFile() throws IOException {
        assertFault("absent.pdb: no such structure file", folder.resolve("absent.pdb"), null);
        assertFault("absent.sdf: no such ligand file", protein(), folder.resolve("absent.sdf").toString());
        Path wrong = Files.writeString(folder.resolve("wrong.pdb"), "this is no structure\n");
        assertFault("wrong.pdb", wrong, null);
    }

    @Test
    void aLargeLigandKeepsItsTokensWithinTheLimit() throws IOException {
        var chain = new DrawnMolecule("chain");
        for (int i = 0; i < 150; i++) {
            chain.atom(i % 2 == 0 ? "C" : "N", 0.4 * i, -4 - (i % 2), 0);
            if (i > 0) {
                chain.bond(i - 1, i, 1);
            }
        }
        Sample sample = reader.read(new ComplexSource("x", protein(), ligandFile("l.sdf", chain.v2000())));
        assertEquals(LigandTokens.LIMIT, sample.tokens().size());
        assertTrue(sample.notes().getLast().contains("more than 128 tokens"), sample.notes().toString());
    }

    @Test
    void theHashDependsOnEveryInput() throws IOException {
        Path file = protein();
        String sdf = ligandFile("l.sdf", ring(10, -3).v2000());
        List<String> hashes = new ArrayList<>();
        hashes.add(reader.hash(new ComplexSource("x", file, sdf)));
        hashes.add(reader.hash(new ComplexSource("y", file, sdf)));
        hashes.add(reader.hash(new ComplexSource("x", file, "auto")));
        hashes.add(reader.hash(new ComplexSource("x", file, "A:LIG")));
        hashes.add(reader.hash(new ComplexSource("x", file, null)));
        hashes.add(new ComplexReader(new PreparationSettings(5, 2, 2, false)).hash(new ComplexSource("x", file, sdf)));
        Files.writeString(Path.of(sdf), ring(10, -3.001).v2000());
        hashes.add(reader.hash(new ComplexSource("x", file, sdf)));
        Files.writeString(file, Files.readString(file) + " ");
        hashes.add(reader.hash(new ComplexSource("x", file, sdf)));
        assertEquals(hashes.size(), hashes.stream().distinct().count());
        Path moved = Files.createDirectory(folder.resolve("moved"));
        Files.copy(file, moved.resolve("p.pdb"));
        Files.copy(Path.of(sdf), moved.resolve("l.sdf"));
        assertEquals(hashes.getLast(), reader.hash(new ComplexSource("x", moved.resolve("p.pdb"), moved.resolve("l.sdf").toString())));
    }

    private Ligand ligand(Path file, String selector) throws IOException {
        return LigandReader.read(StructureReader.read(file), selector).ligand();
    }

    private static double x(Ligand ligand) {
        return ligand.atoms().getFirst().position().x();
    }

    private void assertFault(String expected, Path structure, String ligand) {
        IOException fault = assertThrows(IOException.class, () -> reader.read(new ComplexSource("x", structure, ligand)));
        assertTrue(fault.getMessage().contains(expected), fault.getMessage());
        assertEquals(1, fault.getMessage().lines().count());
    }

    /** Residue i at x = 3.8 i. */
    private Path protein(String... groups) throws IOException {
        return Files.writeString(folder.resolve("p.pdb"), DrawnProtein.pdb(SEQUENCE, groups));
    }

    /** A chain of carbons beside the protein, beginning at x. */
    private static String group(String component, String chain, int number, int size, double x) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String element = component.equals("ZN") ? "ZN" : "C";
            lines.add(DrawnProtein.heteroAtom(900 + number * 10 + i, element + (size == 1 ? "" : i + 1), component, chain, number,
                    new Vec3(x + 1.25 * i, -4 - 0.8 * (i % 2), 0), element));
        }
        return String.join("\n", lines);
    }

    private String ligandFile(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    /** A chlorobenzene whose closest atom to the line y = 0 is at (x, y). */
    private static DrawnMolecule ring(double x, double y) {
        DrawnMolecule drawn = DrawnMolecule.benzene(false, "Cl");
        var moved = new DrawnMolecule("ring");
        for (int i = 0; i < drawn.size(); i++) {
            moved.atom(i == 6 ? "Cl" : "C", drawn.position(i).x() - 10 + x, drawn.position(i).y() - 20 + y - 1.3, drawn.position(i).z() - 30);
        }
        for (int i = 0; i < 6; i++) {
            moved.bond(i, (i + 1) % 6, 1 + i % 2);
        }
        return moved.bond(0, 6, 1);
    }
}
