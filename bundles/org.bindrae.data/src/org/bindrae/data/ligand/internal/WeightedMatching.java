package org.bindrae.data.ligand.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Picks bonds of which no two share an atom so that their weights add up to the most: where double bonds go in a conjugated system. Exact for systems of up to
 * {@value #EXACT} atoms that are as thin as molecules are; beyond that heaviest first.
 */
final class WeightedMatching {
    private static final int EXACT = 64;
    /** Intermediate results kept per system; molecules need a few hundred. */
    private static final int STATES = 100_000;

    /** A candidate; only those of positive weight are ever chosen. */
    record Edge(int a, int b, double weight) {
    }

    private final List<Edge> edges;
    private final List<List<Integer>> edgesOf = new ArrayList<>();

    private WeightedMatching(int vertices, List<Edge> edges) {
        this.edges = edges;
        for (int v = 0; v < vertices; v++) {
            edgesOf.add(new ArrayList<>());
        }
        for (int e = 0; e < edges.size(); e++) {
            edgesOf.get(edges.get(e).a()).add(e);
            edgesOf.get(edges.get(e).b()).add(e);
        }
    }

    /** The chosen edges, by their places in the list. */
    static BitSet choose(int vertices, List<Edge> edges) {
        var matching = new WeightedMatching(vertices, edges);
        BitSet chosen = new BitSet();
        boolean[] seen = new boolean[vertices];
        for (int v = 0; v < vertices; v++) {
            if (!seen[v] && !matching.edgesOf.get(v).isEmpty()) {
                int[] system = matching.system(v, seen);
                if (system.length > EXACT || !matching.new Exact(system).addTo(chosen)) {
                    matching.heaviestFirst(system, chosen);
                }
            }
        }
        return chosen;
    }

    /** The vertices connected with this one, nearest first. */
    private int[] system(int start, boolean[] seen) {
        List<Integer> order = new ArrayList<>();
        var queue = new ArrayDeque<Integer>(List.of(start));
        seen[start] = true;
        while (!queue.isEmpty()) {
            int v = queue.remove();
            order.add(v);
            for (int e : edgesOf.get(v)) {
                int w = other(e, v);
                if (!seen[w]) {
                    seen[w] = true;
                    queue.add(w);
                }
            }
        }
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    private int other(int edge, int vertex) {
        return edges.get(edge).a() == vertex ? edges.get(edge).b() : edges.get(edge).a();
    }

    private void heaviestFirst(int[] system, BitSet chosen) {
        BitSet taken = new BitSet();
        Arrays.stream(system).flatMap(v -> edgesOf.get(v).stream().mapToInt(Integer::intValue)).distinct().boxed()
                .sorted(Comparator.comparingDouble((Integer e) -> -edges.get(e).weight()).thenComparing(Comparator.naturalOrder())).forEach(e -> {
                    Edge edge = edges.get(e);
                    if (edge.weight() > 0 && !taken.get(edge.a()) && !taken.get(edge.b())) {
                        taken.set(edge.a());
                        taken.set(edge.b());
                        chosen.set(e);
                    }
                });
    }

    /** Decides vertex by vertex; what is left to gain depends only on which later vertices are already taken, and these are few. */
    private final class Exact {
        private final int[] system;
        private final int[] rank;
        /** Best weight from vertex k on, by k and the taken vertices. */
        private final Map<State, Double> best = new HashMap<>();

        private record State(int next, long taken) {
        }

        Exact(int[] system) {
            this.system = system;
            rank = new int[edgesOf.size()];
            IntStream.range(0, system.length).forEach(k -> rank[system[k]] = k);
        }

        /** False when there were too many states to keep. */
        boolean addTo(BitSet chosen) {
            best(0, 0);
            if (best.size() >= STATES) {
                return false;
            }
            long taken = 0;
            for (int k = 0; k < system.length; k++) {
                int edge = bestEdge(k, taken);
                if (edge >= 0) {
                    chosen.set(edge);
                    taken |= 1L << rank[other(edge, system[k])];
                }
            }
            return true;
        }

        private double best(int k, long taken) {
            if (k == system.length || best.size() >= STATES) {
                return 0;
            }
            State state = new State(k, taken >>> k);
            Double known = best.get(state);
            if (known == null) {
                int edge = bestEdge(k, taken);
                known = edge < 0 ? best(k + 1, taken) : gain(edge, k, taken);
                best.put(state, known);
            }
            return known;
        }

        /** The edge to a later vertex that vertex k should take, −1 for none. */
        private int bestEdge(int k, long taken) {
            if ((taken >>> k & 1) != 0) {
                return -1;
            }
            double most = best(k + 1, taken);
            int choice = -1;
            for (int e : edgesOf.get(system[k])) {
                int later = rank[other(e, system[k])];
                if (later > k && (taken >>> later & 1) == 0 && gain(e, k, taken) > most) {
                    most = gain(e, k, taken);
                    choice = e;
                }
            }
            return choice;
        }

        private double gain(int edge, int k, long taken) {
            return edges.get(edge).weight() + best(k + 1, taken | 1L << rank[other(edge, system[k])]);
        }
    }
}
