package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RigidFrameTest {
    private final RandomGeometry random = RandomGeometry.seeded(7);

    private static void assertNear(Vec3 expected, Vec3 actual, double tolerance) {
        assertEquals(0, expected.distance(actual), tolerance, expected + " " + actual);
    }

    @ParameterizedTest
    @MethodSource("org.bindrae.geometry.GoldenVectors#all")
    void backboneFramesAgreeWithPublishedOnes(GoldenVectors golden) {
        BackboneFrames frames = BackboneFrames.of(golden.doubles("out.atom14_gt_positions"), golden.mask("out.atom14_gt_exists"));
        assertArrayEquals(golden.mask("out.backbone_mask"), frames.mask());
        assertArrayEquals(golden.doubles("out.backbone_rot"), frames.rotations(), 1e-7);
        assertArrayEquals(golden.doubles("out.backbone_trans"), frames.translations(), 1e-7);
    }

    @Test
    void inverseUndoesAndComposeAppliesTheInnerMotionFirst() {
        for (int trial = 0; trial < 20; trial++) {
            RigidFrame a = random.motion(1000);
            RigidFrame b = random.motion(1000);
            Vec3 x = random.point(100);
            assertNear(a.apply(b.apply(x)), a.compose(b).apply(x), 1e-10);
            assertNear(x, a.inverse().apply(a.apply(x)), 1e-10);
            assertNear(x, a.toLocal(a.apply(x)), 1e-10);
        }
    }

    @Test
    void storedFramesComeBack() {
        RigidFrame frame = random.motion(10);
        double[] rotation = new double[18];
        double[] translation = new double[6];
        frame.store(rotation, translation, 1);
        assertEquals(frame, RigidFrame.at(rotation, translation, 1));
        Vec3 x = random.point(1);
        double first = rotation[9] * x.x() + rotation[10] * x.y() + rotation[11] * x.z() + translation[3];
        assertEquals(frame.apply(x).x(), first, 1e-12);
    }

    @Test
    void quarterTurnAboutZTakesXToY() {
        RigidFrame turn = RigidFrame.ofAxisAngle(new Vec3(0, 0, Math.PI / 2), new Vec3(1, 2, 3));
        assertNear(new Vec3(1, 3, 3), turn.apply(new Vec3(1, 0, 0)), 1e-15);
    }

    @Test
    void atomsOnALineHaveNoFrame() {
        Vec3 x = new Vec3(1, 0, 0);
        assertTrue(RigidFrame.ofBackbone(x.times(-1), Vec3.ZERO, x).isEmpty());
        assertTrue(RigidFrame.ofBackbone(Vec3.ZERO, Vec3.ZERO, x).isEmpty());
        assertTrue(RigidFrame.ofBackbone(new Vec3(Double.NaN, 1, 0), Vec3.ZERO, x).isEmpty());
    }

    @Test
    void residueWithoutFrameBorrowsItsNeighboursAndMovesWithTheMolecule() {
        GoldenVectors golden = GoldenVectors.of("1vsn");
        double[] atoms = golden.doubles("out.atom14_gt_positions");
        boolean[] present = golden.mask("out.atom14_gt_exists");
        present[10 * ResidueConstants.SLOTS + ResidueConstants.N] = false;
        present[11 * ResidueConstants.SLOTS + ResidueConstants.CA] = false;
        BackboneFrames frames = BackboneFrames.of(atoms, present);
        assertFalse(frames.mask()[10]);
        assertFalse(frames.mask()[11]);
        Vec3 ca = Vec3.at(atoms, 10 * ResidueConstants.SLOTS + ResidueConstants.CA);
        assertEquals(frames.frame(9).withOrigin(ca), frames.frame(10));
        assertEquals(frames.frame(12), frames.frame(11));
        RigidFrame motion = random.motion(1000);
        BackboneFrames moved = BackboneFrames.of(RandomGeometry.move(motion, atoms), present);
        for (int i = 0; i < frames.mask().length; i++) {
            assertNear(motion.apply(frames.frame(i).apply(new Vec3(1, 2, 3))), moved.frame(i).apply(new Vec3(1, 2, 3)), 1e-9);
        }
    }
}
