package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SuperpositionTest {

    @RepeatedTest(10)
    void recoversARigidMotion(RepetitionInfo info) {
        RandomGeometry random = RandomGeometry.seeded(info.getCurrentRepetition());
        double[] points = random.points(3 + info.getCurrentRepetition(), 30);
        RigidFrame motion = random.motion(1000);
        double[] moved = RandomGeometry.move(motion, points);
        Superposition found = Superposition.of(points, moved, null);
        assertEquals(0, found.rmsd(), 1e-10);
        assertArrayEquals(moved, RandomGeometry.move(found.motion(), points), 1e-9);
        assertTrue(Superposition.rmsd(points, moved, null) > 1);
    }

    @Test
    void noSmallTurnImprovesTheOptimum() {
        RandomGeometry random = RandomGeometry.seeded(5);
        double[] a = random.points(20, 10);
        double[] b = random.points(20, 10);
        Superposition best = Superposition.of(a, b, null);
        for (int trial = 0; trial < 50; trial++) {
            RigidFrame turn = RigidFrame.ofAxisAngle(random.point(0.05), random.point(0.1));
            double[] other = RandomGeometry.move(best.motion().compose(turn), a);
            assertTrue(Superposition.rmsd(other, b, null) >= best.rmsd());
        }
        Vec3 volume = best.motion().ex().cross(best.motion().ey());
        assertEquals(1, volume.dot(best.motion().ez()), 1e-12, "a rotation, not a reflection");
    }

    @Test
    void unusedPointsDoNotMatter() {
        RandomGeometry random = RandomGeometry.seeded(6);
        double[] a = random.points(6, 10);
        double[] b = RandomGeometry.move(random.motion(10), a);
        b[3] += 50;
        boolean[] used = {true, false, true, true, true, true};
        assertEquals(0, Superposition.of(a, b, used).rmsd(), 1e-12);
        assertEquals(0, Superposition.of(a, b, new boolean[6]).rmsd());
    }
}
