package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

import org.bindrae.data.ligand.internal.DrawnMolecule;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurroundingsTest {
    private static final String SEQUENCE = "ACDEFGHIKLMNPQRSTVWY";

    @TempDir
    Path folder;

    @Test
    void everythingButProteinLigandWaterCapsAndMarksIsAroundTheProtein() throws IOException {
        Sample sample = sample("A:LIG:301", atom("C1", "LIG", 301, 0, -4, "C"), atom("ZN", "ZN", 302, 10, -4, "ZN"), atom("CL", "CL", 303, 12, -4, "CL"),
                atom("O1", "GOL", 304, 20, -4, "O"), atom("O", "HOH", 305, 24, -4, "O"), atom("C", "ACE", 306, 28, -4, "C"),
                atom("N", "DUM", 307, 30, -4, "N"), atom("P", "DA", 308, 32, -4, "P"), atom("SE", "XXX", 309, 36, -4, "SE"));
        assertEquals(List.of("METAL", "CL", "O", "P", "OTHER"), classes(sample.surroundings()));
        assertArrayEquals(new double[] {10, -4, 0}, Arrays.copyOf(sample.surroundings().positions(), 3));
        assertEquals(List.of("C"), classes(HeteroAtoms.of(sample.ligand())));
    }

    @Test
    void withoutLigandTheGroupThatCouldHaveBeenOneIsAroundToo() throws IOException {
        assertEquals(List.of("C"), classes(sample(null, atom("C1", "LIG", 301, 0, -4, "C")).surroundings()));
    }

    @Test
    void atomsFarFromEveryAlphaCarbonAreLeftOut() throws IOException {
        Sample sample = sample(null, atom("C1", "LIG", 301, 0, -Surroundings.REACH, "C"), atom("N2", "LIG", 301, 0, -Surroundings.REACH - 0.01, "N"));
        assertEquals(List.of("C"), classes(sample.surroundings()));
    }

    /** The structure of a PoseBusters entry has the ligand of its file as a group. */
    @Test
    void aGroupInThePlaceOfTheLigandIsTheLigand() throws IOException {
        var drawn = new DrawnMolecule("l");
        drawn.atom("C", 0, -4, 0);
        drawn.atom("O", 1.4, -4, 0);
        Path ligand = Files.writeString(folder.resolve("l.sdf"), drawn.bond(0, 1, 1).v2000());
        Sample sample = sample(ligand.toString(), atom("C1", "LIG", 301, 0.7, -4.3, "C"), atom("N2", "LIG", 301, 0.7, -6, "N"),
                atom("S", "XXX", 302, 1.4, -5.01, "S"));
        assertEquals(List.of("S"), classes(sample.surroundings()));
    }

    @Test
    void sideChainsDecideNothing() throws IOException {
        String[] groups = {atom("C1", "LIG", 301, 0, -4, "C"), atom("ZN", "ZN", 302, 50, -13.9, "ZN"), atom("O1", "GOL", 303, 20, -4, "O")};
        Path file = Files.writeString(folder.resolve("p.pdb"), DrawnProtein.pdb(SEQUENCE, groups));
        HeteroAtoms expected = Surroundings.of(StructureReader.read(file), Ligand.NONE);
        assertEquals(3, expected.size());
        var random = new Random(5);
        for (int round = 0; round < 20; round++) {
            List<String> lines = new ArrayList<>(List.of(groups));
            for (int i = 1; i <= SEQUENCE.length(); i++) {
                Vec3 anywhere = new Vec3(4 * i + random.nextGaussian(), -4, 0);
                lines.add(DrawnProtein.heteroAtom(700 + i, "CB", "ALA", "A", i, anywhere, "C").replace("HETATM", "ATOM  "));
            }
            Files.writeString(file, DrawnProtein.pdb("A".repeat(SEQUENCE.length()), lines.toArray(String[]::new)));
            HeteroAtoms scrambled = Surroundings.of(StructureReader.read(file), Ligand.NONE);
            assertArrayEquals(expected.positions(), scrambled.positions());
            assertArrayEquals(expected.elements(), scrambled.elements());
        }
    }

    @Test
    void aBatchHasLigandsAndSurroundingsCentredSampleBySample() throws IOException {
        Sample first = sample("A:LIG:301", atom("C1", "LIG", 301, 0, -4, "C"), atom("ZN", "ZN", 302, 10, -4, "ZN"));
        Sample second = sample(null, atom("O1", "GOL", 303, 20, -4, "O"));
        Batch.Hetero hetero = Batch.of(List.of(first, sample(null), second)).hetero();
        assertArrayEquals(new int[] {0, 2, 2, 3}, hetero.packing().offsets());
        assertArrayEquals(new boolean[] {true, false, false}, hetero.ofLigand());
        assertArrayEquals(new int[] {ElementClass.C.ordinal(), ElementClass.METAL.ordinal(), ElementClass.O.ordinal()}, hetero.elements());
        double origin = 3.8 * (SEQUENCE.length() - 1) / 2;
        assertArrayEquals(new double[] {-origin, -4, 0, 10 - origin, -4, 0, 20 - origin, -4, 0}, hetero.positions(), 1e-9);
    }

    @Test
    void elementsHaveTheirClasses() {
        for (String symbol : List.of("C", "N", "O", "S", "P", "F", "Cl", "Br", "I")) {
            assertEquals(symbol.toUpperCase(Locale.ROOT), ElementClass.of(symbol).name());
        }
        for (String symbol : List.of("Zn", "Mg", "Na", "K", "Ca", "Fe", "Mn", "Cu", "Hg", "U", "Al")) {
            assertEquals(ElementClass.METAL, ElementClass.of(symbol));
        }
        for (String symbol : List.of("X", "Se", "B", "Si", "As", "Xe", "")) {
            assertEquals(ElementClass.OTHER, ElementClass.of(symbol), symbol);
        }
    }

    private Sample sample(String ligand, String... groups) throws IOException {
        Path file = Files.writeString(folder.resolve("p.pdb"), DrawnProtein.pdb(SEQUENCE, groups));
        return new ComplexReader(PreparationSettings.defaults()).read(new ComplexSource("x", file, ligand));
    }

    private static String atom(String name, String component, int number, double x, double y, String element) {
        return DrawnProtein.heteroAtom(600 + number, name, component, "A", number, new Vec3(x, y, 0), element);
    }

    private static List<String> classes(HeteroAtoms atoms) {
        return Arrays.stream(atoms.elements()).mapToObj(element -> ElementClass.values()[element].name()).toList();
    }
}
