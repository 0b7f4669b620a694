package org.bindrae.training.packing;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

import org.bindrae.training.packing.EnergyGraph.Edge;

/**
 * Leaves out candidates that no best choice has (Desmet et al. 1992, in the form of Goldstein 1994): a candidate goes when another one of its node has less
 * energy whatever the neighbours take.
 */
final class DeadEndElimination {
    /** Candidates as good as one another up to rounding stay. */
    private static final double ROUNDING = 1e-9;

    private final EnergyGraph graph;
    private final List<List<Edge>> edges;
    /** Candidates of each node that are left, in ascending order. */
    private final int[][] kept;

    private DeadEndElimination(EnergyGraph graph) {
        this.graph = graph;
        edges = graph.edgesOfNodes();
        kept = new int[graph.size()][];
        for (int node = 0; node < kept.length; node++) {
            kept[node] = new int[graph.candidates(node)];
            Arrays.setAll(kept[node], candidate -> candidate);
        }
    }

    /** The candidates that stay, in ascending order, for each node; at least one. */
    static int[][] survivors(EnergyGraph graph) {
        DeadEndElimination elimination = new DeadEndElimination(graph);
        elimination.run();
        return elimination.kept;
    }

    /** A node is looked at again when one of its neighbours has lost a candidate. */
    private void run() {
        Deque<Integer> waiting = new ArrayDeque<>();
        boolean[] waits = new boolean[kept.length];
        for (int node = 0; node < kept.length; node++) {
            waiting.add(node);
            waits[node] = true;
        }
        while (!waiting.isEmpty()) {
            int node = waiting.remove();
            waits[node] = false;
            if (reduce(node)) {
                for (Edge edge : edges.get(node)) {
                    int other = edge.other(node);
                    if (!waits[other]) {
                        waiting.add(other);
                        waits[other] = true;
                    }
                }
            }
        }
    }

    private boolean reduce(int node) {
        int before = kept[node].length;
        for (int i = kept[node].length - 1; i >= 0; i--) {
            int candidate = kept[node][i];
            if (Arrays.stream(kept[node]).anyMatch(better -> better != candidate && isAlwaysBetter(node, better, candidate))) {
                kept[node] = Arrays.stream(kept[node]).filter(other -> other != candidate).toArray();
            }
        }
        return kept[node].length < before;
    }

    private boolean isAlwaysBetter(int node, int better, int candidate) {
        double gain = graph.self()[node][candidate] - graph.self()[node][better];
        for (Edge edge : edges.get(node)) {
            double least = Double.POSITIVE_INFINITY;
            for (int other : kept[edge.other(node)]) {
                least = Math.min(least, edge.energy(node, candidate, other) - edge.energy(node, better, other));
            }
            gain += least;
        }
        return gain > ROUNDING;
    }
}
