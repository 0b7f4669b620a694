package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResidueConstantsTest {

    static IntStream types() {
        return IntStream.range(0, ResidueConstants.TYPES);
    }

    /** Half a turn about x. */
    private static final RigidFrame TRANS = RigidFrame.ofAxisAngle(new Vec3(Math.PI, 0, 0), Vec3.ZERO);

    /** Atoms of the isolated, stretched residue in its backbone frame: ψ and every χ are π. */
    private static List<Vec3> idealAtoms(int type) {
        List<Vec3> atoms = new ArrayList<>();
        for (int slot = 0; slot < ResidueConstants.atoms(type).size(); slot++) {
            int group = ResidueConstants.group(type, slot);
            RigidFrame frame = RigidFrame.IDENTITY;
            for (int chi = Math.min(group, 4); chi <= group && group > 0; chi++) {
                frame = frame.compose(ResidueConstants.defaultFrame(type, chi)).compose(TRANS);
            }
            atoms.add(frame.apply(ResidueConstants.idealPosition(type, slot)));
        }
        return atoms;
    }

    @Test
    void codesAndLettersNameTheSameTypes() {
        assertEquals("ARNDCQEGHILKMFPSTWYV", ResidueConstants.LETTERS);
        types().forEach(type -> {
            assertEquals(type, ResidueConstants.typeOfCode(ResidueConstants.code(type)));
            assertEquals(type, ResidueConstants.typeOfLetter(ResidueConstants.letter(type)));
            assertEquals(ResidueConstants.LETTERS.charAt(type), ResidueConstants.letter(type));
        });
        assertEquals(ResidueConstants.UNKNOWN, ResidueConstants.typeOfCode("MSE"));
        assertEquals(ResidueConstants.UNKNOWN, ResidueConstants.typeOfLetter('B'));
        assertThrows(IllegalArgumentException.class, () -> ResidueConstants.code(21));
    }

    @Test
    void unknownTypeKeepsABackboneWithoutIdealGeometry() {
        assertEquals(List.of("N", "CA", "C", "O"), ResidueConstants.atoms(ResidueConstants.UNKNOWN));
        assertFalse(ResidueConstants.exists(ResidueConstants.UNKNOWN, ResidueConstants.CA));
        assertEquals("C", ResidueConstants.element(ResidueConstants.UNKNOWN, ResidueConstants.CA));
        assertEquals(0, ResidueConstants.chiCount(ResidueConstants.UNKNOWN));
    }

    @ParameterizedTest
    @MethodSource("types")
    void bondedIdealAtomsAreABondLengthApartAndOthersAreNot(int type) {
        List<Vec3> atoms = idealAtoms(type);
        for (int a = 0; a < atoms.size(); a++) {
            for (int b = 0; b < a; b++) {
                double distance = atoms.get(a).distance(atoms.get(b));
                List<String> names = ResidueConstants.atoms(type);
                String pair = ResidueConstants.code(type) + " " + names.get(a) + " " + names.get(b);
                // stretched, the ring of proline is open
                boolean ringClosure = pair.equals("PRO CD N");
                boolean bonded = ResidueConstants.bondDistance(type, a, b) == 1 && !ringClosure;
                assertEquals(bonded, distance > 1.15 && distance < 1.9, pair + " " + distance);
                assertTrue(distance > 1.15, pair);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void chiAtomsAreAChainOfBondsAndTurnOnlyLaterGroups(int type) {
        for (int chi = 0; chi < ResidueConstants.chiCount(type); chi++) {
            for (int atom = 0; atom < 3; atom++) {
                assertEquals(1, ResidueConstants.bondDistance(type, ResidueConstants.chiSlot(type, chi, atom),
                        ResidueConstants.chiSlot(type, chi, atom + 1)));
            }
            assertEquals(4 + chi, ResidueConstants.group(type, ResidueConstants.chiSlot(type, chi, 3)));
        }
    }

    @Test
    void periodicAnglesAndSwapsBelongTogether() {
        List<String> periodic = new ArrayList<>();
        List<String> swapped = new ArrayList<>();
        types().forEach(type -> {
            for (int chi = 0; chi < ResidueConstants.CHIS; chi++) {
                if (ResidueConstants.isPiPeriodic(type, chi)) {
                    periodic.add(ResidueConstants.code(type) + (chi + 1));
                }
            }
            for (int slot = 0; slot < ResidueConstants.atoms(type).size(); slot++) {
                int other = ResidueConstants.symmetricSlot(type, slot);
                assertEquals(slot, ResidueConstants.symmetricSlot(type, other));
                if (other > slot) {
                    swapped.add(ResidueConstants.code(type) + " " + ResidueConstants.atoms(type).get(slot) + " "
                            + ResidueConstants.atoms(type).get(other));
                }
            }
        });
        assertEquals(List.of("ASP2", "GLU3", "PHE2", "TYR2"), periodic);
        assertEquals(List.of("ASP OD1 OD2", "GLU OE1 OE2", "PHE CD1 CD2", "PHE CE1 CE2", "TYR CD1 CD2", "TYR CE1 CE2"), swapped);
    }

    @Test
    void bondsAreCountedAlongTheShortestPath() {
        int trp = ResidueConstants.typeOfCode("TRP");
        assertEquals(3, ResidueConstants.bondDistance(trp, ResidueConstants.slot(trp, "NE1"), ResidueConstants.slot(trp, "CE3")));
        int pro = ResidueConstants.typeOfCode("PRO");
        assertEquals(2, ResidueConstants.bondDistance(pro, ResidueConstants.slot(pro, "CD"), ResidueConstants.CA));
    }

    @Test
    void radiiAreKnownForOrganicElementsInAnyCase() {
        assertEquals(1.75, ResidueConstants.vanDerWaalsRadius("CL"));
        assertEquals(1.75, ResidueConstants.vanDerWaalsRadius("Cl"));
        assertEquals(1.7, ResidueConstants.vanDerWaalsRadius("c"));
        assertEquals(2.0, ResidueConstants.vanDerWaalsRadius("Zn"));
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void slotsExistAndAreAmbiguousAsPublished(GoldenVectors golden) {
        int[] types = golden.types();
        boolean[] exists = new boolean[types.length * ResidueConstants.SLOTS];
        boolean[] ambiguous = new boolean[exists.length];
        for (int i = 0; i < exists.length; i++) {
            int type = types[i / ResidueConstants.SLOTS];
            int slot = i % ResidueConstants.SLOTS;
            exists[i] = ResidueConstants.exists(type, slot);
            ambiguous[i] = ResidueConstants.symmetricSlot(type, slot) != slot;
        }
        assertArrayEquals(golden.mask("out.atom14_atom_exists"), exists);
        assertArrayEquals(golden.mask("out.atom14_atom_is_ambiguous"), ambiguous);
    }
}
