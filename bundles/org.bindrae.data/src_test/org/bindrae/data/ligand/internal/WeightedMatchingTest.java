package org.bindrae.data.ligand.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

import org.bindrae.data.ligand.internal.WeightedMatching.Edge;
import org.junit.jupiter.api.Test;

class WeightedMatchingTest {
    private final Random random = new Random(7);

    @Test
    void noSelectionOfBondsIsHeavier() {
        for (int round = 0; round < 300; round++) {
            int vertices = 2 + random.nextInt(9);
            List<Edge> edges = randomEdges(vertices, random.nextInt(14));
            assertEquals(heaviest(edges, 0, new BitSet()), weight(edges, WeightedMatching.choose(vertices, edges)), 1e-12);
        }
    }

    @Test
    void chosenBondsShareNoAtom() {
        for (int round = 0; round < 50; round++) {
            // some beyond what is solved exactly
            int vertices = 40 + random.nextInt(60);
            List<Edge> edges = randomEdges(vertices, 2 * vertices);
            BitSet taken = new BitSet();
            WeightedMatching.choose(vertices, edges).stream().forEach(e -> {
                assertTrue(!taken.get(edges.get(e).a()) && !taken.get(edges.get(e).b()));
                taken.set(edges.get(e).a());
                taken.set(edges.get(e).b());
            });
        }
    }

    @Test
    void aChainOfManyAtomsIsSolvedExactly() {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < 63; i++) {
            edges.add(new Edge(i, i + 1, 1));
        }
        assertEquals(32, WeightedMatching.choose(64, edges).cardinality());
    }

    private List<Edge> randomEdges(int vertices, int count) {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int a = random.nextInt(vertices);
            int b = random.nextInt(vertices);
            if (a != b) {
                edges.add(new Edge(a, b, random.nextDouble() * 2 - 0.3));
            }
        }
        return edges;
    }

    private static double heaviest(List<Edge> edges, int from, BitSet taken) {
        if (from == edges.size()) {
            return 0;
        }
        double most = heaviest(edges, from + 1, taken);
        Edge edge = edges.get(from);
        if (!taken.get(edge.a()) && !taken.get(edge.b())) {
            BitSet more = (BitSet) taken.clone();
            more.set(edge.a());
            more.set(edge.b());
            most = Math.max(most, edge.weight() + heaviest(edges, from + 1, more));
        }
        return most;
    }

    private static double weight(List<Edge> edges, BitSet chosen) {
        return chosen.stream().mapToDouble(e -> edges.get(e).weight()).sum();
    }
}
