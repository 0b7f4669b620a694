package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TorsionsTest {
    private static void assertNearWhereKnown(double[] expected, double[] actual, boolean[] mask) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            if (mask[i / 2]) {
                assertEquals(expected[i], actual[i], 1e-7, "value " + i);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void torsionsMasksAndAlternativesAgreeWithPublishedOnes(GoldenVectors golden) {
        int[] types = golden.types();
        double[] atom14 = AtomLayout.toAtom14(types, golden.doubles("in.atom37_positions"), 3);
        boolean[] present = AtomLayout.toAtom14(types, golden.mask("in.atom37_mask"));
        assertArrayEquals(golden.mask("out.atom14_gt_exists"), present);
        double[] published = golden.doubles("out.atom14_gt_positions");
        for (int i = 0; i < atom14.length; i++) {
            if (present[i / 3]) {
                assertEquals(published[i], atom14[i]);
            }
        }
        Torsions torsions = Torsions.of(types, atom14, present, new boolean[types.length]);
        assertArrayEquals(golden.mask("out.torsion_angles_mask"), torsions.mask());
        assertNearWhereKnown(golden.doubles("out.torsion_angles_sin_cos"), torsions.sinCos(), torsions.mask());
        assertNearWhereKnown(golden.doubles("out.alt_torsion_angles_sin_cos"), torsions.alternative(), torsions.mask());
        assertArrayEquals(golden.doubles("in.fk_torsions"), torsions.sinCos(), 1e-7);

        Atom14Alternatives alternatives = Atom14Alternatives.of(types, atom14, present);
        assertArrayEquals(golden.doubles("out.atom14_alt_gt_positions"), alternatives.positions(), 0);
    }

    @Test
    void atomLayoutsConvertBothWays() {
        GoldenVectors golden = GoldenVectors.of("6z4n");
        int[] types = golden.types();
        double[] atom14 = golden.doubles("out.atom14_gt_positions");
        assertArrayEquals(atom14, AtomLayout.toAtom14(types, AtomLayout.toAtom37(types, atom14, 3), 3), 0.0);
    }

    @Test
    void chainBreakMasksTheTorsionsAcrossItAndNoOthers() {
        GoldenVectors golden = GoldenVectors.of("1vsn");
        int[] types = golden.types();
        double[] atom14 = golden.doubles("out.atom14_gt_positions");
        boolean[] present = golden.mask("out.atom14_gt_exists");
        boolean[] breaks = new boolean[types.length];
        Torsions whole = Torsions.of(types, atom14, present, breaks);
        double[] wholeAngles = Torsions.iupac(types, atom14, present, breaks);
        breaks[50] = true;
        Torsions broken = Torsions.of(types, atom14, present, breaks);
        double[] brokenAngles = Torsions.iupac(types, atom14, present, breaks);
        for (int i = 0; i < whole.mask().length; i++) {
            boolean across = i == 50 * ResidueConstants.TORSIONS || i == 50 * ResidueConstants.TORSIONS + 1;
            assertEquals(whole.mask()[i] && !across, broken.mask()[i], "torsion " + i);
            boolean acrossIupac = across || i == 49 * ResidueConstants.TORSIONS + 2;
            assertEquals(acrossIupac || Double.isNaN(wholeAngles[i]), Double.isNaN(brokenAngles[i]), "angle " + i);
        }
        assertEquals(1, broken.sinCos()[2 * 50 * ResidueConstants.TORSIONS + 1]);
    }

    @Test
    void iupacAnglesOfARealProteinAreWhatOneExpects() {
        GoldenVectors golden = GoldenVectors.of("6z4n");
        int[] types = golden.types();
        double[] atom14 = golden.doubles("out.atom14_gt_positions");
        boolean[] present = golden.mask("out.atom14_gt_exists");
        double[] angles = Torsions.iupac(types, atom14, present, new boolean[types.length]);
        Torsions torsions = Torsions.of(types, atom14, present, new boolean[types.length]);
        for (int residue = 1; residue < types.length - 1; residue++) {
            int i = residue * ResidueConstants.TORSIONS;
            assertTrue(Math.cos(angles[i]) < -0.9, "ω is trans");
            assertTrue(Math.sin(angles[i + 1]) < 0 || types[residue] == ResidueConstants.typeOfCode("GLY")
                    || types[residue] == ResidueConstants.typeOfCode("ASN") || angles[i + 1] < 1.3, "φ is negative but for few");
            // the carbonyl oxygen lies opposite to the next nitrogen
            double psi = Math.atan2(torsions.sinCos()[2 * i + 4], torsions.sinCos()[2 * i + 5]);
            assertTrue(Math.cos(psi - angles[i + 2]) > 0.97, "ψ by O and by N at " + residue);
        }
    }

    @Test
    void signFollowsIupac() {
        Vec3 b = Vec3.ZERO;
        Vec3 c = new Vec3(0, 0, 1);
        // looking from b to c (along +z) the front bond points along x; turning it clockwise leads towards y
        Dihedral angle = Dihedral.of(new Vec3(1, 0, 0), b, c, new Vec3(0, 1, 1));
        assertEquals(Math.PI / 2, angle.radians(), 1e-15);
        assertEquals(0, Dihedral.of(new Vec3(1, 0, 0), b, c, new Vec3(1, 0, 1)).radians(), 1e-15);
        assertEquals(-Math.PI / 2, angle.opposite().radians(), 1e-15);
    }

    @Test
    void threeAtomsOnALineHaveNoTorsion() {
        int type = ResidueConstants.typeOfCode("ALA");
        double[] atom14 = new double[3 * ResidueConstants.SLOTS];
        boolean[] present = new boolean[ResidueConstants.SLOTS];
        for (int slot = 0; slot < 4; slot++) {
            atom14[3 * slot] = slot;
            present[slot] = true;
        }
        assertFalse(Torsions.of(new int[] {type}, atom14, present, new boolean[1]).mask()[2]);
    }

    @Test
    void nearerNamesAreFoundAtAnyRigidMotion() {
        GoldenVectors golden = GoldenVectors.of("1vsn");
        int[] types = golden.types();
        double[] atoms = golden.doubles("out.atom14_gt_positions");
        boolean[] present = golden.mask("out.atom14_gt_exists");
        BackboneFrames frames = BackboneFrames.of(atoms, present);
        RandomGeometry random = RandomGeometry.seeded(3);
        RigidFrame motion = random.motion(1000);
        double[] exchanged = RandomGeometry.move(motion, Atom14Alternatives.of(types, atoms, present).positions());
        BackboneFrames moved = BackboneFrames.of(exchanged, present);
        boolean[] nearer = Atom14Alternatives.nearer(types, frames, atoms, present, moved, exchanged);
        boolean[] same = Atom14Alternatives.nearer(types, frames, atoms, present, moved, RandomGeometry.move(motion, atoms));
        int found = 0;
        for (int residue = 0; residue < types.length; residue++) {
            boolean ambiguous = ResidueConstants.chiCount(types[residue]) > 0
                    && ResidueConstants.isPiPeriodic(types[residue], ResidueConstants.chiCount(types[residue]) - 1);
            assertEquals(ambiguous, nearer[residue], "residue " + residue);
            assertFalse(same[residue]);
            found += ambiguous ? 1 : 0;
        }
        assertTrue(found > 10);
        double[] renamed = Atom14Alternatives.of(types, exchanged, present, nearer).positions();
        double[] back = RandomGeometry.move(motion.inverse(), renamed);
        for (int i = 0; i < back.length; i++) {
            assertEquals(atoms[i], present[i / 3] ? back[i] : 0, 1e-9);
        }
    }
}
