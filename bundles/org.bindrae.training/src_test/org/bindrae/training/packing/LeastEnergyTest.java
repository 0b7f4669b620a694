package org.bindrae.training.packing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

import org.bindrae.training.packing.EnergyGraph.Edge;
import org.junit.jupiter.api.Test;

class LeastEnergyTest {
    private static final LeastEnergy.Limits AMPLE = new LeastEnergy.Limits(1_000_000, 1, 0);

    /** Random energies, some of them none, on random edges. */
    private static EnergyGraph random(SplittableRandom random, int nodes, int candidates, double density) {
        double[][] self = new double[nodes][];
        Arrays.setAll(self, node -> random.doubles(random.nextInt(1, candidates + 1), 0, 4).toArray());
        List<Edge> edges = new ArrayList<>();
        for (int a = 0; a < nodes; a++) {
            for (int b = 0; b < a; b++) {
                if (random.nextDouble() < density) {
                    int first = random.nextBoolean() ? a : b;
                    int second = first == a ? b : a;
                    double[][] energies = new double[self[first].length][];
                    Arrays.setAll(energies, r -> random.doubles(self[second].length, -3, 5).map(energy -> Math.max(0, energy)).toArray());
                    edges.add(new Edge(first, second, energies));
                }
            }
        }
        return new EnergyGraph(self, edges);
    }

    /** All choices tried. */
    private static double least(EnergyGraph graph) {
        int[] choice = new int[graph.size()];
        double least = Double.POSITIVE_INFINITY;
        for (int node = 0; node < choice.length;) {
            least = Math.min(least, graph.energy(choice));
            for (node = 0; node < choice.length && ++choice[node] == graph.candidates(node); node++) {
                choice[node] = 0;
            }
        }
        return least;
    }

    private static boolean allProven(LeastEnergy result) {
        return IntStream.range(0, result.proven().length).allMatch(node -> result.proven()[node]);
    }

    @Test
    void findsTheLeastEnergyOfAllChoices() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 400; trial++) {
            EnergyGraph graph = random(random, random.nextInt(1, 9), 4, random.nextDouble());
            LeastEnergy result = LeastEnergy.of(graph, new int[graph.size()], AMPLE);
            assertEquals(least(graph), graph.energy(result.choice()), 1e-9, "trial " + trial);
            assertTrue(allProven(result), "trial " + trial);
        }
    }

    @Test
    void deadEndsAreInNoBestChoice() {
        SplittableRandom random = new SplittableRandom(2);
        int gone = 0;
        for (int trial = 0; trial < 200; trial++) {
            EnergyGraph graph = random(random, 6, 4, 0.4);
            int[][] kept = DeadEndElimination.survivors(graph);
            EnergyGraph rest = graph.restrictedTo(kept);
            assertEquals(least(graph), least(rest), 1e-9, "trial " + trial);
            gone += IntStream.range(0, 6).map(node -> graph.candidates(node) - kept[node].length).sum();
        }
        assertTrue(gone > 1000, gone + " candidates went");
    }

    @Test
    void aSmallerGraphHasTheSameEnergies() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 100; trial++) {
            EnergyGraph graph = random(random, 5, 4, 0.7);
            int[][] kept = new int[5][];
            Arrays.setAll(kept, node -> IntStream.range(0, graph.candidates(node)).filter(c -> c == 0 || random.nextBoolean()).toArray());
            int[] choice = IntStream.range(0, 5).map(node -> random.nextInt(kept[node].length)).toArray();
            int[] same = IntStream.range(0, 5).map(node -> kept[node][choice[node]]).toArray();
            assertEquals(graph.energy(same), graph.restrictedTo(kept).energy(choice), 1e-12, "trial " + trial);
        }
    }

    @Test
    void withTablesTooSmallItIsNearTheLeastEnergyAndDoesNotClaimMore() {
        SplittableRandom random = new SplittableRandom(4);
        int unproven = 0;
        int exact = 0;
        for (int trial = 0; trial < 100; trial++) {
            EnergyGraph graph = random(random, 9, 4, 0.8);
            LeastEnergy result = LeastEnergy.of(graph, new int[9], new LeastEnergy.Limits(40, 40, 100_000));
            double least = least(graph);
            double reached = graph.energy(result.choice());
            assertTrue(reached > least - 1e-9 && (reached < least + 1e-9 || !allProven(result)), "trial " + trial);
            unproven += allProven(result) ? 0 : 1;
            exact += reached < least + 1e-9 ? 1 : 0;
        }
        assertTrue(unproven > 50 && exact > 80, exact + " of 100 are exact, " + unproven + " are not proven");
    }

    @Test
    void isNoWorseThanItsStartAndStopsOnALargeDenseGraph() {
        EnergyGraph graph = random(new SplittableRandom(5), 60, 8, 0.9);
        int[] start = IntStream.range(0, 60).map(node -> graph.candidates(node) - 1).toArray();
        LeastEnergy result = LeastEnergy.of(graph, start, new LeastEnergy.Limits(2000, 2000, 200_000));
        assertTrue(graph.energy(result.choice()) <= graph.energy(start));
        assertFalse(allProven(result));
        assertArrayEquals(result.choice(), LeastEnergy.of(graph, start, new LeastEnergy.Limits(2000, 2000, 200_000)).choice());
    }
}
