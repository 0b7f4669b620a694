package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.tensor.Packing;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** {@link CellGrid} and {@link KNearest} against looking at every pair. */
class NeighboursTest {

    private static double squaredDistance(double[] points, int i, int j) {
        double dx = points[3 * j] - points[3 * i];
        double dy = points[3 * j + 1] - points[3 * i + 1];
        double dz = points[3 * j + 2] - points[3 * i + 2];
        return dx * dx + dy * dy + dz * dz;
    }

    private static int[] nearestByBruteForce(double[] points, Packing packing, boolean[] present, int k, boolean withItself) {
        List<Integer> result = new ArrayList<>();
        for (int s = 0; s < packing.count(); s++) {
            for (int i = packing.start(s); i < packing.end(s); i++) {
                int centre = i;
                List<Integer> order = IntStream.range(packing.start(s), packing.end(s))
                        .filter(j -> (withItself || j != centre) && present[j] && present[centre]).boxed()
                        .sorted(Comparator.comparingDouble((Integer j) -> squaredDistance(points, centre, j)).thenComparing(j -> j))
                        .toList();
                for (int n = 0; n < k; n++) {
                    result.add(n < order.size() ? order.get(n) : -1);
                }
            }
        }
        return result.stream().mapToInt(Integer::intValue).toArray();
    }

    @RepeatedTest(10)
    void nearestNeighboursEqualBruteForceWithTiesToTheSmallerIndex(RepetitionInfo info) {
        RandomGeometry random = RandomGeometry.seeded(info.getCurrentRepetition());
        Packing packing = Packing.ofLengths(40, 0, 1, 3, 200);
        double[] points = random.points(packing.total(), 20);
        boolean[] present = new boolean[packing.total()];
        for (int i = 0; i < present.length; i++) {
            present[i] = random.random().nextDouble() < 0.9;
            // on a lattice there are many ties
            if (info.getCurrentRepetition() % 2 == 0) {
                for (int axis = 0; axis < 3; axis++) {
                    points[3 * i + axis] = Math.rint(points[3 * i + axis] / 10);
                }
            }
        }
        for (int k : new int[] {1, 10, 30}) {
            for (boolean withItself : new boolean[] {true, false}) {
                KNearest nearest = KNearest.of(points, packing, present, k, withItself);
                int[] expected = nearestByBruteForce(points, packing, present, k, withItself);
                assertArrayEquals(expected, nearest.indices());
                for (int i = 0; i < expected.length; i++) {
                    double distance = expected[i] < 0 ? Double.POSITIVE_INFINITY : Math.sqrt(squaredDistance(points, i / k, expected[i]));
                    assertEquals(distance, nearest.distances()[i]);
                }
            }
        }
    }

    @Test
    void coincidentAndFarPointsAreNoSpecialCase() {
        double[] points = new double[3 * 30];
        points[0] = 1e7;
        points[4] = -1e5;
        Packing packing = Packing.ofLengths(30);
        boolean[] all = new boolean[30];
        Arrays.fill(all, true);
        assertArrayEquals(nearestByBruteForce(points, packing, all, 10, false), KNearest.of(points, packing, null, 10, false).indices());
    }

    @Test
    void pointsThatAreNotFiniteHaveNoNeighbours() {
        double[] points = {0, 0, 0, Double.NaN, 0, 0, 1, 0, 0, Double.POSITIVE_INFINITY, 0, 0};
        assertArrayEquals(new int[] {2, -1, -1, -1, 0, -1, -1, -1}, KNearest.of(points, Packing.ofLengths(4), null, 2, false).indices());
    }

    @RepeatedTest(5)
    void gridFindsExactlyThePointsWithinARadius(RepetitionInfo info) {
        RandomGeometry random = RandomGeometry.seeded(100 + info.getCurrentRepetition());
        double[] points = random.points(300, 15);
        CellGrid grid = new CellGrid(points, 50, 300, info.getCurrentRepetition());
        assertEquals(250, grid.size());
        for (int query = 0; query < 50; query++) {
            Vec3 place = random.point(25);
            double radius = random.random().nextDouble(0, 12);
            List<Integer> found = new ArrayList<>();
            grid.forEachWithin(place.x(), place.y(), place.z(), radius, (index, squared) -> found.add(index));
            List<Integer> expected = IntStream.range(50, 300).filter(i -> Vec3.at(points, i).distance(place) <= radius).boxed().toList();
            assertEquals(expected, found.stream().sorted().toList());
        }
    }
}
