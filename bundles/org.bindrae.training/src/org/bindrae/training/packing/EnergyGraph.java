package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Nodes that take one of their candidates each, and what that costs: residues and their side chains. The energy of a choice is the sum over nodes and edges.
 *
 * @param self energy of each candidate of each node; every node has one at least
 * @param edges nodes whose candidates act on one another; at most one edge between two nodes
 */
record EnergyGraph(double[][] self, List<Edge> edges) {
    /**
     * Two nodes in contact.
     *
     * @param energies of each candidate of {@code first} with each of {@code second}
     */
    record Edge(int first, int second, double[][] energies) {
        /** The other end. */
        int other(int node) {
            return node == first ? second : first;
        }

        /** Energy of a candidate of one end with one of the other. */
        double energy(int node, int candidate, int candidateOfOther) {
            return node == first ? energies[candidate][candidateOfOther] : energies[candidateOfOther][candidate];
        }

        private boolean isZero() {
            return Arrays.stream(energies).flatMapToDouble(Arrays::stream).allMatch(energy -> energy == 0);
        }
    }

    EnergyGraph {
        edges = List.copyOf(edges);
    }

    /** Number of nodes. */
    int size() {
        return self.length;
    }

    /** Number of candidates of a node. */
    int candidates(int node) {
        return self[node].length;
    }

    /** Energy of a candidate for each node. */
    double energy(int[] choice) {
        double energy = 0;
        for (int node = 0; node < choice.length; node++) {
            energy += self[node][choice[node]];
        }
        for (Edge edge : edges) {
            energy += edge.energies[choice[edge.first]][choice[edge.second]];
        }
        return energy;
    }

    /** The edges of each node. */
    List<List<Edge>> edgesOfNodes() {
        List<List<Edge>> lists = new ArrayList<>();
        for (int node = 0; node < size(); node++) {
            lists.add(new ArrayList<>());
        }
        for (Edge edge : edges) {
            lists.get(edge.first).add(edge);
            lists.get(edge.second).add(edge);
        }
        return lists;
    }

    /**
     * The same graph with some candidates only. The energy of a choice stays the same, but edges that leave nothing to choose on one side count as self
     * energies of the other.
     *
     * @param kept candidates of each node that stay, in ascending order
     */
    EnergyGraph restrictedTo(int[][] kept) {
        double[][] energies = new double[size()][];
        Arrays.setAll(energies, node -> Arrays.stream(kept[node]).mapToDouble(candidate -> self[node][candidate]).toArray());
        List<Edge> rest = new ArrayList<>();
        for (Edge edge : edges) {
            int[] rows = kept[edge.first];
            int[] columns = kept[edge.second];
            double[][] block = new double[rows.length][];
            Arrays.setAll(block, r -> Arrays.stream(columns).mapToDouble(column -> edge.energies[rows[r]][column]).toArray());
            if (rows.length == 1) {
                Arrays.setAll(energies[edge.second], c -> energies[edge.second][c] + block[0][c]);
            } else if (columns.length == 1) {
                Arrays.setAll(energies[edge.first], r -> energies[edge.first][r] + block[r][0]);
            } else {
                Edge smaller = new Edge(edge.first, edge.second, block);
                if (!smaller.isZero()) {
                    rest.add(smaller);
                }
            }
        }
        return new EnergyGraph(energies, rest);
    }

    /** The parts that do not act on one another, each with its nodes in ascending order. */
    List<int[]> components() {
        List<List<Edge>> edgesOf = edgesOfNodes();
        boolean[] seen = new boolean[size()];
        List<int[]> components = new ArrayList<>();
        for (int start = 0; start < size(); start++) {
            if (!seen[start]) {
                List<Integer> reached = new ArrayList<>(List.of(start));
                seen[start] = true;
                for (int i = 0; i < reached.size(); i++) {
                    int node = reached.get(i);
                    for (Edge edge : edgesOf.get(node)) {
                        if (!seen[edge.other(node)]) {
                            seen[edge.other(node)] = true;
                            reached.add(edge.other(node));
                        }
                    }
                }
                components.add(reached.stream().mapToInt(Integer::intValue).sorted().toArray());
            }
        }
        return components;
    }
}
