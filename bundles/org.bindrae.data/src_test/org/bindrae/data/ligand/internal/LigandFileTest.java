package org.bindrae.data.ligand.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.LigandException;
import org.bindrae.data.LigandPose;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LigandFileTest {
    @TempDir
    Path folder;

    @Test
    void bothSdfVersionsAndMol2GiveTheSameLigand() throws IOException {
        DrawnMolecule phenol = DrawnMolecule.benzene(false, "O", "H", "Cl", "H", "H", "H");
        phenol.bond(0, phenol.atom("H", 12.9, 20.3, 30), 1);
        int hydroxyl = 6;
        var withHydrogen = DrawnMolecule.benzene(false, "O", "H", "Cl", "H", "H", "H");
        withHydrogen.bond(hydroxyl, withHydrogen.atom("H", 13.2, 20.8, 30), 1);
        Ligand v2000 = read("a.sdf", withHydrogen.v2000()).ligand();
        Ligand v3000 = read("b.sdf", withHydrogen.v3000()).ligand();
        assertEquals(v2000.atoms().stream().map(LigandFileTest::chemistry).toList(), v3000.atoms().stream().map(LigandFileTest::chemistry).toList());
        assertEquals(v2000.bonds(), v3000.bonds());
        Ligand mol2 = read("c.mol2", withHydrogen.mol2()).ligand();
        assertEquals(v2000.atoms().stream().map(LigandFileTest::chemistry).toList(), mol2.atoms().stream().map(LigandFileTest::chemistry).toList());
        assertEquals(8, v2000.atoms().size());
        assertTrue(v2000.atoms().get(6).donor() && v2000.atoms().get(6).acceptor());
    }

    @Test
    void hydrogensThatAFileLeavesOutAreAdded() throws IOException {
        Ligand ligand = read("aniline.sdf", DrawnMolecule.benzene(false, "N").v2000()).ligand();
        assertTrue(ligand.atoms().get(6).donor());
        assertFalse(ligand.atoms().get(6).acceptor(), "its lone pair belongs to the ring");
        Ligand mol2 = read("aniline.mol2", DrawnMolecule.benzene(true, "N").mol2()).ligand();
        assertTrue(mol2.atoms().get(6).donor());
    }

    @Test
    void aromaticBondsOfMol2AndSdfAreLocalised() throws IOException {
        for (String name : List.of("a.mol2", "a.sdf", "b.sdf")) {
            var benzene = DrawnMolecule.benzene(true, "H", "H", "H", "H", "H", "H");
            Ligand ligand = read(name, name.equals("a.mol2") ? benzene.mol2() : name.equals("a.sdf") ? benzene.v2000() : benzene.v3000()).ligand();
            assertEquals(6, ligand.atoms().stream().filter(LigandAtom::aromatic).count(), name);
            assertEquals(3, ligand.bonds().stream().filter(bond -> bond.order() == 2).count(), name);
            assertTrue(ligand.atoms().stream().allMatch(atom -> atom.smallestRing() == 6 && atom.largestRing() == 6 && atom.heavyDegree() == 2), name);
        }
    }

    @Test
    void aCarboxylateOfMol2GetsOneDoubleBondAndItsCharge() throws IOException {
        var acetate = new DrawnMolecule("acetate");
        acetate.atom("C", 0, 0, 0);
        acetate.atom("C", "C.2", new Vec3(1.52, 0, 0));
        acetate.atom("O", "O.co2", new Vec3(2.15, 1.09, 0));
        acetate.atom("O", "O.co2", new Vec3(2.14, -1.07, 0));
        for (double[] h : new double[][] {{-0.4, 1, 0}, {-0.4, -0.5, 0.9}, {-0.4, -0.5, -0.9}}) {
            acetate.bond(0, acetate.atom("H", h[0], h[1], h[2]), 1);
        }
        acetate.bond(0, 1, 1).bond(1, 2, 4).bond(1, 3, 4);
        Ligand ligand = read("acetate.mol2", acetate.mol2()).ligand();
        assertEquals(List.of(0, 0, -1, 0), ligand.atoms().stream().map(LigandAtom::charge).toList());
        assertTrue(ligand.bonds().contains(new Ligand.Bond(1, 3, 2)));
        assertTrue(ligand.atoms().get(2).acceptor() && ligand.atoms().get(3).acceptor());
        assertFalse(ligand.atoms().stream().anyMatch(LigandAtom::donor));
    }

    @Test
    void anAmideBondOfMol2IsASingleBond() throws IOException {
        var sulfonamide = new DrawnMolecule("sulfonamide");
        sulfonamide.atom("S", "S.o2", Vec3.ZERO);
        sulfonamide.atom("O", "O.2", new Vec3(0.83, 0.83, 0.83));
        sulfonamide.atom("O", "O.2", new Vec3(-0.83, -0.83, 0.83));
        sulfonamide.atom("N", "N.am", new Vec3(-0.9, 0.9, -0.9));
        sulfonamide.atom("C", "C.3", new Vec3(1.02, -1.02, -1.02));
        sulfonamide.bond(0, 1, 2).bond(0, 2, 2).bond(0, 3, 1).bond(0, 4, 1);
        String text = sulfonamide.mol2();
        Ligand ligand = read("s.mol2", text).ligand();
        Ligand amide = read("s.mol2", text.replace("3 1 4 1", "3 1 4 am")).ligand();
        assertFalse(text.equals(text.replace("3 1 4 1", "3 1 4 am")));
        // some programs write more of them
        assertEquals(ligand, read("s.mol2", text.replace("3 1 4 1", "3 1 4 ar")).ligand());
        assertEquals(ligand, amide);
        assertEquals(2, amide.bonds().stream().filter(bond -> bond.order() == 2).count());
        assertTrue(amide.atoms().get(3).donor());
        assertEquals(0, amide.atoms().stream().mapToInt(LigandAtom::charge).sum());
    }

    @Test
    void guanidiniumOfMol2IsCharged() throws IOException {
        var guanidinium = new DrawnMolecule("guanidinium");
        guanidinium.atom("C", "C.cat", Vec3.ZERO);
        for (int i = 0; i < 3; i++) {
            double angle = 2 * Math.PI / 3 * i;
            int n = guanidinium.atom("N", "N.pl3", new Vec3(1.33 * Math.cos(angle), 1.33 * Math.sin(angle), 0));
            guanidinium.bond(0, n, 4);
            for (double turn : new double[] {0.5, -0.5}) {
                guanidinium.bond(n, guanidinium.atom("H", 2.1 * Math.cos(angle + turn), 2.1 * Math.sin(angle + turn), 0), 1);
            }
        }
        Ligand ligand = read("g.mol2", guanidinium.mol2()).ligand();
        assertEquals(1, ligand.atoms().stream().mapToInt(LigandAtom::charge).sum());
        assertEquals(3, ligand.atoms().stream().filter(LigandAtom::donor).count());
        assertEquals(0, ligand.atoms().stream().filter(LigandAtom::acceptor).count());
    }

    @Test
    void chargesOfAnSdfFileCount() throws IOException {
        var zwitterion = new DrawnMolecule("glycine");
        zwitterion.atom("N", 0, 0, 0);
        zwitterion.atom("C", 1.47, 0, 0);
        zwitterion.atom("C", 2, 1.4, 0);
        zwitterion.atom("O", 3.2, 1.5, 0.1);
        zwitterion.atom("O", 1.1, 2.3, 0);
        zwitterion.bond(0, 1, 1).bond(1, 2, 1).bond(2, 3, 2).bond(2, 4, 1);
        Ligand ligand = read("g.sdf", zwitterion.v2000("M  CHG  2   1   1   5  -1")).ligand();
        assertEquals(List.of(1, 0, 0, 0, -1), ligand.atoms().stream().map(LigandAtom::charge).toList());
        assertTrue(ligand.atoms().getFirst().donor());
        assertFalse(ligand.atoms().getFirst().acceptor());
        assertFalse(ligand.atoms().getLast().donor());
        assertTrue(ligand.atoms().get(1).heteroNeighbour());
    }

    @Test
    void donorsAndAcceptorsOfHeterocyclesAreToldApart() throws IOException {
        // imidazole: N–H donates, the other nitrogen accepts
        var imidazole = new DrawnMolecule("imidazole");
        String[] elements = {"N", "C", "N", "C", "C"};
        for (int i = 0; i < 5; i++) {
            imidazole.atom(elements[i], 1.15 * Math.cos(2 * Math.PI / 5 * i), 1.15 * Math.sin(2 * Math.PI / 5 * i), 4);
        }
        imidazole.bond(0, 1, 1).bond(1, 2, 2).bond(2, 3, 1).bond(3, 4, 2).bond(4, 0, 1);
        List<LigandAtom> atoms = read("i.sdf", imidazole.v2000()).ligand().atoms();
        assertTrue(atoms.get(0).donor() && !atoms.get(0).acceptor());
        assertTrue(atoms.get(2).acceptor() && !atoms.get(2).donor());
        assertTrue(atoms.stream().allMatch(LigandAtom::aromatic));
    }

    @Test
    void anAmideNitrogenAcceptsNothing() throws IOException {
        var amide = DrawnMolecule.benzene(false);
        int carbon = amide.atom("C", 13, 20, 30);
        int oxygen = amide.atom("O", 13.6, 21, 30);
        int nitrogen = amide.atom("N", 13.6, 19, 30);
        amide.bond(0, carbon, 1).bond(carbon, oxygen, 2).bond(carbon, nitrogen, 1);
        List<LigandAtom> atoms = read("a.sdf", amide.v2000()).ligand().atoms();
        assertTrue(atoms.get(nitrogen).donor() && !atoms.get(nitrogen).acceptor());
        assertTrue(atoms.get(oxygen).acceptor() && !atoms.get(oxygen).donor());
    }

    @Test
    void aliasLinesNameAtomsInsteadOfReplacingThem() throws IOException {
        Ligand ligand = read("a.sdf", DrawnMolecule.benzene(false, "O").v2000("A    1", "C1A", "A    7", "O5", "M  CHG  0")).ligand();
        assertEquals("C1A", ligand.atoms().get(0).name());
        assertEquals("O5", ligand.atoms().get(6).name());
        assertEquals("O", ligand.atoms().get(6).element());
        assertTrue(ligand.atoms().get(0).aromatic());
        assertEquals("C2", ligand.atoms().get(1).name());
    }

    @Test
    void valencesThatForbidHydrogensAreIgnoredWhereCarbonsWouldBeRadicals() throws IOException {
        String text = DrawnMolecule.benzene(false, "Cl").v2000().replaceAll("C   0  0  0  0  0  0", "C   0  0  0  0  0  3");
        LigandPose pose = read("a.sdf", text);
        assertEquals(6, pose.ligand().atoms().stream().filter(LigandAtom::aromatic).count());
        assertTrue(pose.notes().getFirst().contains("valences"), pose.notes().toString());
    }

    @Test
    void theFirstOfSeveralMoleculesIsReadAndNoted() throws IOException {
        LigandPose sdf = read("a.sdf", DrawnMolecule.benzene(false, "Br").v2000() + DrawnMolecule.benzene(false).v2000());
        assertEquals(7, sdf.ligand().atoms().size());
        assertEquals(List.of("The ligand file holds 2 molecules; the first was used"), sdf.notes());
        LigandPose mol2 = read("a.mol2", DrawnMolecule.benzene(true).mol2() + DrawnMolecule.benzene(true, "I").mol2());
        assertEquals(6, mol2.ligand().atoms().size());
        assertEquals(1, mol2.notes().size());
    }

    @Test
    void aGzippedFileIsRead() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(DrawnMolecule.benzene(false).v2000().getBytes(StandardCharsets.US_ASCII));
        }
        Path file = Files.write(folder.resolve("a.sdf.gz"), bytes.toByteArray());
        assertEquals(6, LigandFile.read(file).ligand().atoms().size());
    }

    @Test
    void metalsAndUnknownElementsAreKept() throws IOException {
        var complex = new DrawnMolecule("complex");
        complex.atom("Fe", 0, 0, 0);
        complex.atom("N", 2, 0, 0);
        complex.atom("R#", 0, 3, 0);
        complex.bond(0, 1, 1);
        List<LigandAtom> atoms = read("c.sdf", complex.v2000()).ligand().atoms();
        assertEquals(List.of("Fe", "N", "*"), atoms.stream().map(LigandAtom::element).toList());
    }

    @Test
    void faultsNameFileAndLine() {
        String good = DrawnMolecule.benzene(false, "O").v2000();
        assertFault("line 5: 'nonsense' is not a coordinate", "a.sdf", good.replaceFirst("   11.3900", "  nonsense"));
        assertFault("line 5: 'NaN' is not a coordinate", "a.sdf", good.replaceFirst("   11.3900", "       NaN"));
        assertFault("line 4: a molecule without atoms", "a.sdf", "x\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n");
        assertFault("line 12: a bond with atom 9 of 7", "a.sdf", good.replaceFirst("  1  2  1  0", "  1  9  1  0"));
        assertFault("ends at line 10", "a.sdf", String.join("\n", good.lines().limit(10).toList()));
        assertFault("line 4: 'ATO' is not the number of atoms", "a.sdf", "HEADER\nCOMPND\nREMARK\nATOM      1  N   ALA A   1      11.104   6.134  -6.504\n");
        assertFault("ends before the counts line", "a.sdf", "");
        assertFault("no line @<TRIPOS>MOLECULE", "a.mol2", good);
        assertFault("line 9: 'x' is not a coordinate", "a.mol2", DrawnMolecule.benzene(true).mol2().replaceFirst("11.3900", "x"));
        assertFault("a molecule without atoms", "a.mol2", "@<TRIPOS>MOLECULE\nx\n");
        assertFault("all 2 atoms are at one point", "a.sdf", "x\n\n\n  2  0  0  0  0  0  0  0  0  0999 V2000\n"
                + "    0.0000    0.0000    0.0000 C   0  0\n".repeat(2) + "M  END\n");
        assertFault("a molecule without heavy atoms", "a.sdf", "x\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n"
                + "    0.0000    0.0000    0.0000 H   0  0\nM  END\n");
        assertFault("bond 2 connects atoms 2 and 1 a second time", "a.sdf", good.replaceFirst("  2  3  2  0", "  2  1  2  0"));
        assertFault("bond 1 is not between two atoms", "a.sdf", good.replaceFirst("  1  2  1  0", "  1  1  1  0"));
        assertFault("a flat drawing (2D)", "a.sdf", good.replaceFirst("  test", "  test    01010000002D"));
        assertFault("not a ligand file", "a.xyz", good);
        assertThrows(LigandException.class, () -> LigandFile.read(folder.resolve("absent.sdf")));
        assertThrows(LigandException.class, () -> LigandFile.read(Files.createDirectory(folder.resolve("folder.sdf"))));
    }

    @Test
    void cdkPrintsNothing() throws IOException {
        PrintStream standard = System.err;
        var captured = new ByteArrayOutputStream();
        try (var stream = new PrintStream(captured)) {
            System.setErr(stream);
            read("a.mol2", DrawnMolecule.benzene(true).mol2());
        } finally {
            System.setErr(standard);
        }
        assertEquals("", captured.toString());
    }

    private void assertFault(String expected, String name, String text) {
        LigandException fault = assertThrows(LigandException.class, () -> read(name, text));
        assertTrue(fault.getMessage().contains(name) && fault.getMessage().contains(expected), fault.getMessage());
        assertEquals(1, fault.getMessage().lines().count());
    }

    private LigandPose read(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);
        return LigandFile.read(file);
    }

    private static List<Object> chemistry(LigandAtom atom) {
        return List.of(atom.element(), atom.charge(), atom.aromatic(), atom.smallestRing(), atom.heavyDegree(), atom.heteroNeighbour(), atom.donor(),
                atom.acceptor());
    }
}
