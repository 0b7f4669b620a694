package org.bindrae.data.ligand.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.LigandException;
import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;
import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class GroupLigandTest {
    /** Bases in the standard reference frame (Olson and others, J. Mol. Biol. 313 (2001) 229). */
    private static final String ADENINE = "N9 -1.291 4.498, C8 0.024 4.897, N7 0.877 3.902, C5 0.071 2.771, C6 0.369 1.398,"
            + " N6 1.611 0.909, N1 -0.668 0.532, C2 -1.912 1.023, N3 -2.320 2.290, C4 -1.267 3.124";
    private static final String GUANINE = "N9 -1.289 4.551, C8 0.023 4.962, N7 0.870 3.969, C5 0.071 2.833, C6 0.424 1.460,"
            + " O6 1.554 0.955, N1 -0.700 0.641, C2 -1.999 1.087, N2 -2.949 0.139, N3 -2.342 2.364, C4 -1.265 3.177";
    private static final String CYTOSINE = "N1 -1.285 4.542, C2 -1.472 3.158, O2 -2.628 2.709, N3 -0.391 2.344,"
            + " C4 0.837 2.868, N4 1.875 2.027, C5 1.056 4.275, C6 -0.023 5.068";
    private static final String THYMINE = "N1 -1.284 4.500, C2 -1.462 3.135, O2 -2.562 2.608, N3 -0.298 2.407,"
            + " C4 0.994 2.897, O4 1.944 2.119, C5 1.106 4.338, C7 2.466 4.961, C6 -0.024 5.057";

    @Test
    void basesGetTheirHydrogenBondsFromShapeAlone() throws LigandException {
        // the glycosidic nitrogens carry a hydrogen in place of the sugar
        assertPolar(ADENINE, "N6 N9", "N1 N3 N7");
        assertPolar(GUANINE, "N1 N2 N9", "N3 N7 O6");
        assertPolar(CYTOSINE, "N1 N4", "N3 O2");
        assertPolar(THYMINE, "N1 N3", "O2 O4");
        assertEquals(9, aromatic(read(GUANINE)));
        assertEquals(9, aromatic(read(ADENINE)));
    }

    @Test
    void aSugarInPlaceOfAHydrogenTakesTheDonorAway() throws LigandException {
        Ligand ligand = read(ADENINE + ", C1' -2.479 5.346");
        assertFalse(atom(ligand, "N9").donor() || atom(ligand, "N9").acceptor());
        assertTrue(atom(ligand, "N9").aromatic());
        assertEquals(0, ligand.atoms().stream().mapToInt(LigandAtom::charge).sum());
    }

    @Test
    void theNoiseOfCrystalStructuresChangesNothing() throws LigandException {
        var random = new Random(8);
        for (int round = 0; round < 100; round++) {
            List<StructureAtom> atoms = new ArrayList<>();
            for (StructureAtom atom : atoms(ADENINE + ", C1' -2.479 5.346")) {
                Vec3 shift = new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian()).times(0.02);
                atoms.add(new StructureAtom(atom.name(), atom.element(), atom.position().plus(shift), 0, 1, 0));
            }
            Ligand ligand = GroupLigand.read(group(atoms, List.of()), List.of(), "x");
            assertEquals(9, aromatic(ligand));
            assertEquals(0, ligand.atoms().stream().filter(atom -> atom.charge() != 0).count());
            assertTrue(atom(ligand, "N6").donor() && !atom(ligand, "N6").acceptor(), "an amine, not an imine");
        }
    }

    @Test
    void aNitrogenBetweenThreeNeighboursIsPositiveWhereARingNeedsIt() throws LigandException {
        // 1-methylpyridinium
        StringBuilder ring = new StringBuilder("C7 2.86 0");
        for (int i = 0; i < 6; i++) {
            ring.append(String.format(Locale.ROOT, ", %s%d %.3f %.3f", i == 0 ? "N" : "C", i + 1, 1.39 * Math.cos(Math.PI / 3 * i),
                    1.39 * Math.sin(Math.PI / 3 * i)));
        }
        Ligand ligand = read(ring.toString());
        assertEquals(6, aromatic(ligand));
        assertEquals(1, atom(ligand, "N1").charge());
        assertFalse(atom(ligand, "N1").acceptor());
    }

    @Test
    void tripleBondsNitroGroupsAndAcidsAreRecognised() throws LigandException {
        Ligand nitrile = read("C1 0 0, C2 1.46 0, N3 2.60 0");
        assertTrue(nitrile.bonds().contains(new Ligand.Bond(1, 2, 3)));
        assertTrue(atom(nitrile, "N3").acceptor() && !atom(nitrile, "N3").donor());
        Ligand nitro = read("C1 -1.49 0, N2 0 0, O3 0.61 1.06, O4 0.61 -1.06");
        assertEquals(1, atom(nitro, "N2").charge());
        assertEquals(0, nitro.atoms().stream().mapToInt(LigandAtom::charge).sum());
        Ligand acid = read("C1 -1.50 0, C2 0 0, O3 0.62 1.04, O4 0.68 -1.13");
        assertTrue(acid.bonds().contains(new Ligand.Bond(1, 2, 2)));
        assertTrue(atom(acid, "O4").donor() && !atom(acid, "O3").donor());
    }

    @Test
    void phosphateAndSulfoneHaveTheirDoubleBonds() throws LigandException {
        Ligand phosphate = read("P1 0 0 0, O2 0.87 0.87 0.87, O3 -0.89 -0.89 0.89, O4 -0.89 0.89 -0.89, O5 0.89 -0.89 -0.89");
        assertEquals(1, phosphate.bonds().stream().filter(bond -> bond.order() == 2).count());
        assertTrue(phosphate.bonds().contains(new Ligand.Bond(0, 1, 2)), "the shortest");
        Ligand sulfone = read("S1 0 0 0, O2 0.83 0.83 0.83, O3 -0.83 -0.83 0.83, C4 -1.02 1.02 -1.02, C5 1.02 -1.02 -1.02");
        assertEquals(2, sulfone.bonds().stream().filter(bond -> bond.order() == 2).count());
        assertEquals(0, sulfone.atoms().stream().mapToInt(LigandAtom::charge).sum());
    }

    @Test
    void fourBondsMakeNitrogenPositive() throws LigandException {
        Ligand ligand = read("N1 0 0 0, C2 0.86 0.86 0.86, C3 -0.86 -0.86 0.86, C4 -0.86 0.86 -0.86, C5 0.86 -0.86 -0.86");
        assertEquals(1, atom(ligand, "N1").charge());
        assertFalse(atom(ligand, "N1").donor() || atom(ligand, "N1").acceptor());
    }

    @Test
    void bondOrdersOfTheFileComeFirst() throws LigandException {
        List<StructureAtom> atoms = atoms("C1 0 0, C2 1.54 0, O3 2.2 1.1");
        Ligand ligand = GroupLigand.read(group(atoms, List.of(new HeteroGroup.Bond(0, 1, 2), new HeteroGroup.Bond(1, 2, 1))), List.of(), "x");
        assertEquals(List.of(new Ligand.Bond(0, 1, 2), new Ligand.Bond(1, 2, 1)), ligand.bonds());
    }

    @Test
    void bondsWithoutOrderKeepTheirAtomsAndTheRestIsPerceived() throws LigandException {
        List<StructureAtom> atoms = atoms(THYMINE);
        List<HeteroGroup.Bond> some = List.of(new HeteroGroup.Bond(0, 1, 0), new HeteroGroup.Bond(1, 2, 0));
        assertEquals(read(THYMINE).atoms(), GroupLigand.read(group(atoms, some), List.of(), "x").atoms());
    }

    @Test
    void aLinkTakesTheHydrogensPlace() throws LigandException {
        List<StructureAtom> atoms = atoms("C1 0 0, O2 1.43 0");
        assertTrue(GroupLigand.read(group(atoms, List.of()), List.of(), "x").atoms().get(1).donor());
        assertFalse(GroupLigand.read(group(atoms, List.of()), List.of(1), "x").atoms().get(1).donor());
    }

    @Test
    void metalsStayUnbonded() throws LigandException {
        List<StructureAtom> atoms = new ArrayList<>(atoms("N1 2.0 0"));
        atoms.add(new StructureAtom("FE", "Fe", Vec3.ZERO, 0, 1, 0));
        assertEquals(List.of(), GroupLigand.read(group(atoms, List.of(new HeteroGroup.Bond(0, 1, 0))), List.of(), "x").bonds());
    }

    @Test
    void crowdedAtomsKeepTheirShortestBonds() throws LigandException {
        // alternate locations on top of each other
        Ligand ligand = read("C1 0 0 0, C2 1.5 0 0, C3 0 1.5 0, C4 0 0 1.5, C5 -1.5 0 0, C6 0 -1.6 0, F7 0.9 0.9 0.9");
        assertTrue(ligand.atoms().stream().allMatch(atom -> atom.heavyDegree() <= 4));
        assertEquals(1, ligand.atoms().get(6).heavyDegree());
    }

    @Test
    void anyCloudOfAtomsIsALigand() throws LigandException {
        var random = new Random(4);
        String[] elements = {"C", "C", "C", "N", "O", "S", "P", "Cl", "Fe", "B", "X", "Se"};
        for (int round = 0; round < 200; round++) {
            List<StructureAtom> atoms = new ArrayList<>();
            for (int i = 2 + random.nextInt(40); i > 0; i--) {
                atoms.add(new StructureAtom("A" + i, elements[random.nextInt(elements.length)],
                        new Vec3(random.nextDouble(), random.nextDouble(), random.nextDouble()).times(6), 0, 1, 0));
            }
            assertEquals(atoms.size(), GroupLigand.read(group(atoms, List.of()), List.of(), "x").atoms().size());
        }
    }

    @Test
    void positionsThatAreNoneAreRefused() {
        var nowhere = new StructureAtom("C1", "C", new Vec3(Double.NaN, 0, 0), 0, 1, 0);
        LigandException fault = assertThrows(LigandException.class, () -> GroupLigand.read(group(List.of(nowhere), List.of()), List.of(), "1abc.pdb: A:LIG:1"));
        assertTrue(fault.getMessage().startsWith("1abc.pdb: A:LIG:1: atom 1"), fault.getMessage());
    }

    private static void assertPolar(String atoms, String donors, String acceptors) throws LigandException {
        Ligand ligand = read(atoms);
        assertEquals(donors, String.join(" ", new TreeSet<>(ligand.atoms().stream().filter(LigandAtom::donor).map(LigandAtom::name).toList())), "donors of "
                + atoms);
        assertEquals(acceptors, String.join(" ", new TreeSet<>(ligand.atoms().stream().filter(LigandAtom::acceptor).map(LigandAtom::name).toList())),
                "acceptors of " + atoms);
    }

    private static long aromatic(Ligand ligand) {
        return ligand.atoms().stream().filter(LigandAtom::aromatic).count();
    }

    private static LigandAtom atom(Ligand ligand, String name) {
        return ligand.atoms().stream().filter(atom -> atom.name().equals(name)).findFirst().orElseThrow();
    }

    private static Ligand read(String atoms) throws LigandException {
        return GroupLigand.read(group(atoms(atoms), List.of()), List.of(), "test");
    }

    private static HeteroGroup group(List<StructureAtom> atoms, List<HeteroGroup.Bond> bonds) {
        return new HeteroGroup(new ResidueId("A", 1, ""), "LIG", HeteroGroup.Kind.LIGAND, atoms, bonds);
    }

    /** {@code NAME X Y [Z]}, separated by commas. */
    private static List<StructureAtom> atoms(String text) {
        return Arrays.stream(text.split(",")).map(String::strip).map(atom -> atom.split(" "))
                .map(words -> new StructureAtom(words[0], words[0].substring(0, 1),
                        new Vec3(Double.parseDouble(words[1]), Double.parseDouble(words[2]), words.length > 3 ? Double.parseDouble(words[3]) : 0), 0, 1, 0))
                .toList();
    }
}
