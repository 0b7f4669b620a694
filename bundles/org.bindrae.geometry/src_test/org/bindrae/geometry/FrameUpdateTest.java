package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameUpdateTest {
    private static final FrameUpdate UNLIMITED = new FrameUpdate(100, 100);
    private final RandomGeometry random = RandomGeometry.seeded(17);

    private static Differentiation.Operation update(FrameUpdate update) {
        return (tape, x) -> {
            Frames frames = update.apply(tape, new Frames(x.get(0), x.get(1)), x.get(2));
            return List.of(frames.rotations(), frames.translations());
        };
    }

    private List<double[]> inputs(int residues, double size) {
        RandomProtein protein = RandomProtein.of(random, 10, residues);
        return List.of(protein.frames().rotations(), protein.frames().translations(), random.points(2 * residues, size));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-9, 1e-4, 0.1, 0.3, 0.5, 1.5})
    void gradientsAgreeWithFiniteDifferencesAtAndAroundZero(double size) {
        List<double[]> inputs = size == 0 ? List.of(inputs(6, 1).get(0), inputs(6, 1).get(1), new double[36]) : inputs(6, size);
        Differentiation.F64.check(update(UNLIMITED), inputs, random);
    }

    @Test
    void gradientsOfLimitedUpdatesAgreeWithFiniteDifferences() {
        Differentiation.F64.check(update(FrameUpdate.DEFAULT), inputs(8, 4), random);
    }

    @Test
    void smallUpdatesTurnAndShiftInTheFramesOwnAxes() {
        List<double[]> inputs = inputs(5, 0.1);
        List<double[]> results = Differentiation.F64.results(update(FrameUpdate.DEFAULT), inputs);
        for (int i = 0; i < 5; i++) {
            RigidFrame step = RigidFrame.ofAxisAngle(Vec3.at(inputs.get(2), 2 * i), Vec3.at(inputs.get(2), 2 * i + 1));
            Vec3 expected = RigidFrame.at(inputs.get(0), inputs.get(1), i).compose(step).apply(new Vec3(1, 2, 3));
            assertEquals(0, expected.distance(RigidFrame.at(results.get(0), results.get(1), i).apply(new Vec3(1, 2, 3))), 1e-13);
        }
    }

    @Test
    void largeUpdatesAreCutToTheLimitsAndKeepTheirDirection() {
        double[] raw = {0, 0, 3, 30, 0, 40};
        List<double[]> identity = List.of(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, new double[3], raw);
        List<double[]> results = Differentiation.F64.results(update(FrameUpdate.DEFAULT), identity);
        assertEquals(Math.PI / 12, Math.atan2(results.get(0)[3], results.get(0)[0]), 1e-15);
        assertArrayEquals(new double[] {0.9, 0, 1.2}, results.get(1), 1e-15);
    }

    @Test
    void updatedFramesMoveWithTheMolecule() {
        List<double[]> inputs = inputs(10, 2);
        RigidFrame motion = random.motion(1000);
        BackboneFrames moved = RandomProtein.move(motion, new BackboneFrames(inputs.get(0), inputs.get(1), new boolean[10]));
        List<double[]> plain = Differentiation.F64.results(update(FrameUpdate.DEFAULT), inputs);
        List<double[]> results = Differentiation.F64.results(update(FrameUpdate.DEFAULT),
                List.of(moved.rotations(), moved.translations(), inputs.get(2)));
        BackboneFrames expected = RandomProtein.move(motion, new BackboneFrames(plain.get(0), plain.get(1), new boolean[10]));
        assertArrayEquals(expected.rotations(), results.get(0), 1e-14);
        assertArrayEquals(expected.translations(), results.get(1), 1e-10);
    }

    @Test
    void unitTorsionsHaveLengthOneAndRightGradients() {
        double[] pairs = random.random().doubles(28, -2, 2).toArray();
        Differentiation.Operation unit = (tape, x) -> List.of(UnitTorsions.of(tape, x.getFirst()));
        Differentiation.F64.check(unit, List.of(pairs), random);
        double[] result = Differentiation.F64.results(unit, List.of(pairs)).getFirst();
        for (int i = 0; i < 14; i++) {
            assertEquals(1, Math.hypot(result[2 * i], result[2 * i + 1]), 1e-15);
            assertEquals(Math.atan2(pairs[2 * i], pairs[2 * i + 1]), Math.atan2(result[2 * i], result[2 * i + 1]), 1e-15);
        }
        assertArrayEquals(new double[2], Differentiation.F64.results(unit, List.of(new double[2])).getFirst());
    }
}
