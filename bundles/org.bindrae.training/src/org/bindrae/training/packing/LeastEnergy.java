package org.bindrae.training.packing;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import org.bindrae.training.packing.EnergyGraph.Edge;

/**
 * A choice of least energy. Dead ends are left out first; what is left falls into components, which {@link VariableElimination} solves. A component that it
 * cannot solve at once is solved in rounds: some nodes are held where they are, the best choice of all others is found, and the next round holds others. A
 * round never raises the energy. The same graph gives the same choice.
 *
 * @param choice candidate of each node
 * @param proven nodes whose candidate is known to be part of a best choice
 */
record LeastEnergy(int[] choice, boolean[] proven) {
    /** Rounds without a gain after which a component is left as it is. */
    private static final int STALE_ROUNDS = 4;
    /** A gain below is rounding. */
    private static final double ROUNDING = 1e-9;

    /**
     * How much work is done.
     *
     * @param largestTable entries of a table of {@link VariableElimination} up to which a component is solved at once, 8 bytes each
     * @param tableOfRounds entries of a table in a round
     * @param work entries of all tables of the rounds of one component, after which no further round begins
     */
    record Limits(int largestTable, int tableOfRounds, long work) {
    }

    /** @param start a choice that the result is no worse than */
    static LeastEnergy of(EnergyGraph graph, int[] start, Limits limits) {
        int[][] kept = DeadEndElimination.survivors(graph);
        EnergyGraph rest = graph.restrictedTo(kept);
        List<List<Edge>> edges = rest.edgesOfNodes();
        int[] choice = new int[rest.size()];
        boolean[] proven = new boolean[rest.size()];
        descend(rest, edges, choice);
        for (int[] component : rest.components()) {
            boolean exact = solve(rest, edges, component, choice, limits);
            Arrays.stream(component).forEach(node -> proven[node] = exact || kept[node].length == 1);
        }
        int[] found = IntStream.range(0, choice.length).map(node -> kept[node][choice[node]]).toArray();
        int[] near = start.clone();
        descend(graph, graph.edgesOfNodes(), near);
        if (graph.energy(near) >= graph.energy(found) - ROUNDING) {
            return new LeastEnergy(found, proven);
        }
        for (int node = 0; node < near.length; node++) {
            proven[node] &= near[node] == found[node];
        }
        return new LeastEnergy(near, proven);
    }

    /** Changes the nodes of a component; says whether what they take is proven. */
    private static boolean solve(EnergyGraph graph, List<List<Edge>> edges, int[] component, int[] choice, Limits limits) {
        Optional<int[]> exact = new VariableElimination(graph, edges, component, limits.largestTable(), choice).exactMinimum();
        if (exact.isPresent()) {
            take(exact.get(), component, choice);
            return true;
        }
        int[] timesHeld = new int[graph.size()];
        double energy = graph.energy(choice);
        long work = 0;
        for (int stale = 0; stale < STALE_ROUNDS && work < limits.work();) {
            VariableElimination round = new VariableElimination(graph, edges, component, limits.tableOfRounds(), choice);
            take(round.minimum(timesHeld), component, choice);
            round.held().forEach(node -> timesHeld[node]++);
            work += round.work();
            double reached = graph.energy(choice);
            stale = reached < energy - ROUNDING ? 0 : stale + 1;
            energy = Math.min(energy, reached);
        }
        return false;
    }

    private static void take(int[] from, int[] nodes, int[] to) {
        for (int node : nodes) {
            to[node] = from[node];
        }
    }

    /** Each node takes what is best beside its neighbours, in order, until none gains. */
    private static void descend(EnergyGraph graph, List<List<Edge>> edges, int[] choice) {
        for (boolean gained = true; gained;) {
            gained = false;
            for (int node = 0; node < choice.length; node++) {
                double[] energies = graph.self()[node].clone();
                for (Edge edge : edges.get(node)) {
                    for (int c = 0; c < energies.length; c++) {
                        energies[c] += edge.energy(node, c, choice[edge.other(node)]);
                    }
                }
                for (int c = 0; c < energies.length; c++) {
                    if (energies[c] < energies[choice[node]] - ROUNDING) {
                        choice[node] = c;
                        gained = true;
                    }
                }
            }
        }
    }
}
