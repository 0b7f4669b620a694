package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.bindrae.geometry.Vec3;
import org.junit.jupiter.api.Test;

class ProbeDirectionsTest {
    private static final Vec3 ATOM = new Vec3(3, -2, 5);
    private static final Vec3 X = new Vec3(1, 0, 0);
    private static final Vec3 Y = new Vec3(0, 1, 0);
    private static final Vec3 Z = new Vec3(0, 0, 1);

    @Test
    void oneNeighbourIsPointedAwayFrom() {
        assertDirections(List.of(X.times(-1)), X.times(1.4));
    }

    @Test
    void twoNeighboursArePointedAwayFromInTheMiddleWhateverTheirDistance() {
        assertDirections(List.of(X.plus(Y).unit().times(-1)), X.times(1.2), Y.times(1.9));
    }

    @Test
    void threeNeighboursGiveBothNormalsOfTheFirstTwo() {
        assertDirections(List.of(Z, Z.times(-1)), X.times(1.4), Y.times(1.5), X.plus(Y).times(-1));
    }

    @Test
    void withoutNeighboursThereIsNoDirection() {
        assertDirections(List.of());
    }

    @Test
    void neighboursOnOneLineGiveNoDirectionOrTheNextPairThatSpansAPlane() {
        assertDirections(List.of(), X.times(1.2), X.times(-1.3));
        assertDirections(List.of(), X.times(1.2), X.times(-1.3), X.times(1.5));
        assertDirections(List.of(Z, Z.times(-1)), X.times(1.2), X.times(-1.3), Y);
    }

    @Test
    void aNeighbourAtTheSamePointIsIgnored() {
        assertDirections(List.of(), Vec3.ZERO);
        assertDirections(List.of(X.times(-1)), Vec3.ZERO, X);
    }

    @Test
    void directionsAreUnitVectorsTwoAtMostForAnyNeighbours() {
        var random = new Random(3);
        for (int round = 0; round < 1000; round++) {
            List<Vec3> neighbours = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                neighbours.add(ATOM.plus(new Vec3(random.nextInt(3) - 1, random.nextInt(3) - 1, random.nextInt(3) - 1)));
            }
            List<Vec3> directions = ProbeDirections.of(ATOM, neighbours);
            assertTrue(directions.size() <= 2);
            directions.forEach(direction -> assertEquals(1, direction.norm(), 1e-12));
        }
    }

    private static void assertDirections(List<Vec3> expected, Vec3... offsets) {
        List<Vec3> directions = ProbeDirections.of(ATOM, List.of(offsets).stream().map(ATOM::plus).toList());
        assertEquals(expected.size(), directions.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(0, expected.get(i).distance(directions.get(i)), 1e-12);
        }
    }
}
