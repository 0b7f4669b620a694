package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** {@link LocalPoints} and {@link DistanceLoss}. */
class PointOperationsTest {
    private final RandomGeometry random = RandomGeometry.seeded(19);

    private static Differentiation.Operation localPoints(Packing residues, double[] points, Packing tokens) {
        return (tape, x) -> {
            Tensor places = tape.arena().allocate(DType.F64, Shape.of(tokens.total(), 3)).set(points);
            return List.of(LocalPoints.of(tape, new Frames(x.get(0), x.get(1)), residues, places, tokens));
        };
    }

    @Test
    void localPointsPairResiduesWithThePointsOfTheirSequence() {
        Packing tokens = Packing.ofLengths(2, 3, 0);
        RandomProtein protein = RandomProtein.of(random, 10, 3, 1, 2);
        double[] points = random.points(5, 10);
        double[] local = Differentiation.F64.results(localPoints(protein.packing(), points, tokens),
                List.of(protein.frames().rotations(), protein.frames().translations())).getFirst();
        assertEquals(3 * (3 * 2 + 1 * 3), local.length);
        int[][] pairs = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}, {3, 2}, {3, 3}, {3, 4}};
        for (int p = 0; p < pairs.length; p++) {
            Vec3 back = protein.frames().frame(pairs[p][0]).apply(Vec3.at(local, p));
            assertEquals(0, back.distance(Vec3.at(points, pairs[p][1])), 1e-13);
        }
        assertArrayEquals(new int[] {0, 2, 4, 6, 9, 9, 9}, LocalPoints.rows(protein.packing(), tokens));
    }

    @Test
    void localPointsHaveRightGradientsAndIgnoreRigidMotions() {
        Packing tokens = Packing.ofLengths(4, 1);
        RandomProtein protein = RandomProtein.of(random, 10, 3, 2);
        double[] points = random.points(5, 10);
        List<double[]> inputs = List.of(protein.frames().rotations(), protein.frames().translations());
        Differentiation.F64.check(localPoints(protein.packing(), points, tokens), inputs, random);
        RigidFrame motion = random.motion(1000);
        BackboneFrames moved = RandomProtein.move(motion, protein.frames());
        assertArrayEquals(Differentiation.F64.results(localPoints(protein.packing(), points, tokens), inputs).getFirst(),
                Differentiation.F64.results(localPoints(protein.packing(), RandomGeometry.move(motion, points), tokens),
                        List.of(moved.rotations(), moved.translations())).getFirst(),
                1e-9);
    }

    @Test
    void pointsThatWantAGradientAreRefused() {
        Tape tape = Tape.recording(Differentiation.F64.device().arena());
        Tensor points = tape.variable(tape.arena().zeros(DType.F64, Shape.of(1, 3)));
        Frames frames = new Frames(tape.arena().zeros(DType.F64, Shape.of(1, 9)), tape.arena().zeros(DType.F64, Shape.of(1, 3)));
        Packing one = Packing.ofLengths(1);
        assertThrows(IllegalArgumentException.class, () -> LocalPoints.of(tape, frames, one, points, one));
    }

    private static Differentiation.Operation distance(double[] truth, boolean[] present, Packing packing) {
        return (tape, x) -> List.of(DistanceLoss.of(tape, x.getFirst(), truth, present, packing));
    }

    @Test
    void distanceLossIsTheMeanOverPairs() {
        double[] truth = {0, 0, 0, 3, 0, 0, 0, 4, 0, 9, 9, 9};
        double[] predicted = {0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0};
        double loss = Differentiation.F64.results(distance(truth, new boolean[] {true, true, true, false}, Packing.ofLengths(4)),
                List.of(predicted)).getFirst()[0];
        assertEquals((1 + Math.pow(Math.sqrt(32) - 5, 2)) / 3, loss, 1e-15);
    }

    @Test
    void distanceLossHasRightGradientsAndIgnoresRigidMotions() {
        Packing packing = Packing.ofLengths(6, 1, 0, 20);
        double[] truth = random.points(27, 10);
        double[] points = random.points(27, 10);
        boolean[] present = new boolean[27];
        for (int i = 0; i < 27; i++) {
            present[i] = i % 5 != 2;
        }
        Differentiation.Operation loss = distance(truth, present, packing);
        Differentiation.F64.check(loss, List.of(points), random);
        assertArrayEquals(Differentiation.F64.results(loss, List.of(points)).getFirst(),
                Differentiation.F64.results(loss, List.of(RandomGeometry.move(random.motion(1000), points))).getFirst(), 1e-9);
    }
}
