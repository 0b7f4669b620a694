package org.bindrae.training.packing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

import org.bindrae.training.packing.EnergyGraph.Edge;

/**
 * Finds the best choice of the nodes of a component by dynamic programming: one node after the other is replaced by a table of the least energy that it adds to
 * each choice of its neighbours (Dechter 1999). This is the solution over the tree decomposition that the order of the nodes implies (Xu and Berger 2006), the
 * next node always being that with the smallest table. Where all tables would be too large, a node is held at a given candidate: the result is then the best
 * one with these nodes as they are.
 */
final class VariableElimination {
    /** Function of the candidates of some nodes, in ascending order; the last one runs fastest. */
    private record Table(int[] nodes, double[] values) {
        boolean has(int node) {
            return Arrays.binarySearch(nodes, node) >= 0;
        }
    }

    /** What a node takes for each choice of its neighbours. */
    private record Answer(int node, int[] neighbours, int[] best) {
    }

    private final EnergyGraph graph;
    private final int largestTable;
    private final TreeSet<Integer> left = new TreeSet<>();
    private final Map<Integer, TreeSet<Integer>> neighbours = new HashMap<>();
    private final Map<Integer, List<Table>> tables = new HashMap<>();
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final List<Integer> held = new ArrayList<>();
    private final int[] choice;
    private long work;

    /**
     * Prepares one component.
     *
     * @param largestTable entries of a table, those of the node that it replaces included
     * @param start choice that nodes are held at; not changed
     */
    VariableElimination(EnergyGraph graph, List<List<Edge>> edgesOfNodes, int[] component, int largestTable, int[] start) {
        this.graph = graph;
        this.largestTable = largestTable;
        choice = start.clone();
        for (int node : component) {
            left.add(node);
            neighbours.put(node, new TreeSet<>());
            tables.put(node, new ArrayList<>());
        }
        for (int node : component) {
            tables.get(node).add(new Table(new int[] {node}, graph.self()[node]));
            for (Edge edge : edgesOfNodes.get(node)) {
                neighbours.get(node).add(edge.other(node));
                if (node == edge.first()) {
                    add(table(edge));
                }
            }
        }
    }

    private static Table table(Edge edge) {
        int lower = Math.min(edge.first(), edge.second());
        int upper = Math.max(edge.first(), edge.second());
        int rows = lower == edge.first() ? edge.energies().length : edge.energies()[0].length;
        int columns = lower == edge.first() ? edge.energies()[0].length : edge.energies().length;
        double[] values = new double[rows * columns];
        Arrays.setAll(values, i -> edge.energy(lower, i / columns, i % columns));
        return new Table(new int[] {lower, upper}, values);
    }

    private void add(Table table) {
        for (int node : table.nodes) {
            tables.get(node).add(table);
        }
    }

    /** The best choice, for nodes of other components as it started; empty when a table would be too large. */
    Optional<int[]> exactMinimum() {
        while (!left.isEmpty()) {
            int next = smallest();
            if (entries(next) > largestTable) {
                return Optional.empty();
            }
            replace(next);
        }
        return Optional.of(answered());
    }

    /**
     * The best choice with some nodes held where tables would be too large, for nodes of other components as it started.
     *
     * @param reluctance how often each node was held before: others come first
     */
    int[] minimum(int[] reluctance) {
        while (!left.isEmpty()) {
            int next = smallest();
            if (entries(next) <= largestTable) {
                replace(next);
            } else {
                hold(mostConnected(reluctance));
            }
        }
        return answered();
    }

    private int[] answered() {
        while (!answers.isEmpty()) {
            Answer answer = answers.pop();
            int index = 0;
            for (int neighbour : answer.neighbours) {
                index = index * graph.candidates(neighbour) + choice[neighbour];
            }
            choice[answer.node] = answer.best[index];
        }
        return choice;
    }

    /** The node with the smallest table. */
    private int smallest() {
        int next = -1;
        double smallest = Double.POSITIVE_INFINITY;
        for (int node : left) {
            double entries = entries(node);
            if (entries < smallest) {
                smallest = entries;
                next = node;
            }
        }
        return next;
    }

    /** The nodes that were held. */
    List<Integer> held() {
        return held;
    }

    /** Entries of all tables that were made. */
    long work() {
        return work;
    }

    private double entries(int node) {
        double entries = graph.candidates(node);
        for (int neighbour : neighbours.get(node)) {
            entries *= graph.candidates(neighbour);
        }
        return entries;
    }

    private int mostConnected(int[] reluctance) {
        int most = -1;
        double largest = Double.NEGATIVE_INFINITY;
        for (int node : left) {
            double connected = Math.log(entries(node)) / (1 + reluctance[node]);
            if (connected > largest) {
                largest = connected;
                most = node;
            }
        }
        return most;
    }

    private void hold(int node) {
        held.add(node);
        for (Table table : List.copyOf(tables.get(node))) {
            remove(table);
            int[] rest = Arrays.stream(table.nodes).filter(other -> other != node).toArray();
            if (rest.length > 0) {
                add(slice(table, node, rest));
            }
        }
        detach(node);
    }

    private Table slice(Table table, int node, int[] rest) {
        int after = 1;
        for (int other : rest) {
            after *= other > node ? graph.candidates(other) : 1;
        }
        int stride = after;
        double[] values = new double[table.values.length / graph.candidates(node)];
        Arrays.setAll(values, i -> table.values[(i / stride * graph.candidates(node) + choice[node]) * stride + i % stride]);
        return new Table(rest, values);
    }

    private void remove(Table table) {
        for (int node : table.nodes) {
            tables.get(node).removeIf(other -> other == table);
        }
    }

    private void detach(int node) {
        left.remove(node);
        for (int neighbour : neighbours.get(node)) {
            neighbours.get(neighbour).remove(node);
        }
    }

    private void replace(int node) {
        int[] around = neighbours.get(node).stream().mapToInt(Integer::intValue).toArray();
        List<Table> own = List.copyOf(tables.get(node));
        int entries = 1;
        for (int neighbour : around) {
            entries *= graph.candidates(neighbour);
        }
        double[] least = new double[entries];
        int[] best = new int[entries];
        minimise(node, around, own, least, best);
        work += (long) entries * graph.candidates(node);
        own.forEach(this::remove);
        detach(node);
        for (int neighbour : around) {
            for (int other : around) {
                if (other != neighbour) {
                    neighbours.get(neighbour).add(other);
                }
            }
        }
        if (around.length > 0) {
            add(new Table(around, least));
        }
        answers.push(new Answer(node, around, best));
    }

    /** Goes through all choices of the neighbours, the last one running fastest, as an odometer does. */
    private void minimise(int node, int[] around, List<Table> own, double[] least, int[] best) {
        int candidates = graph.candidates(node);
        int[][] strides = new int[own.size()][];
        int[] strideOfNode = new int[own.size()];
        int[] offsets = new int[own.size()];
        for (int t = 0; t < strides.length; t++) {
            strideOfNode[t] = stride(own.get(t), node);
            int table = t;
            strides[t] = Arrays.stream(around).map(neighbour -> own.get(table).has(neighbour) ? stride(own.get(table), neighbour) : 0).toArray();
        }
        int[] counters = new int[around.length];
        double[] energies = new double[candidates];
        for (int entry = 0; entry < least.length; entry++) {
            Arrays.fill(energies, 0);
            for (int t = 0; t < strides.length; t++) {
                double[] values = own.get(t).values;
                for (int c = 0; c < candidates; c++) {
                    energies[c] += values[offsets[t] + c * strideOfNode[t]];
                }
            }
            int first = 0;
            for (int c = 1; c < candidates; c++) {
                first = energies[c] < energies[first] ? c : first;
            }
            least[entry] = energies[first];
            best[entry] = first;
            for (int k = around.length - 1; k >= 0; k--) {
                int size = graph.candidates(around[k]);
                counters[k]++;
                int step = counters[k] < size ? 1 : 1 - size;
                for (int t = 0; t < strides.length; t++) {
                    offsets[t] += step * strides[t][k];
                }
                if (counters[k] < size) {
                    break;
                }
                counters[k] = 0;
            }
        }
    }

    private int stride(Table table, int node) {
        int stride = 1;
        for (int other : table.nodes) {
            stride *= other > node ? graph.candidates(other) : 1;
        }
        return stride;
    }
}
