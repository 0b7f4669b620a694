package org.bindrae.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.bindrae.tensor.Philox;

/**
 * Splits samples by groups that must stay together: targets, families, clusters of similar sequences. Large groups are placed first and each where most is
 * missing, in an order that the seed decides among groups of one size, so the parts come as near to their fractions as whole groups allow.
 *
 * @param method how the groups were made, for {@link Split#method()}
 * @param parameters of the method, for {@link Split#parameters()}
 * @param groups id → group
 */
public record Splitter(String method, Map<String, String> parameters, Map<String, String> groups) {
    private static final long STREAM = Philox.stream("split");

    private record Group(String name, List<String> ids, double draw) {
    }

    public Splitter {
        parameters = Map.copyOf(parameters);
        groups = Map.copyOf(groups);
    }

    /** By a column of the data set, such as {@code target}; samples without a value are a group each. */
    public static Splitter byColumn(DataSet data, String column, List<String> ids) {
        Map<String, String> values = data.column(column);
        if (ids.stream().noneMatch(values::containsKey)) {
            throw new IllegalArgumentException("the data set " + data.name() + " has no values in a column '" + column + "'");
        }
        return of(column, Map.of("column", column), ids, values);
    }

    /** By any grouping; samples without a group are one each. */
    public static Splitter of(String method, Map<String, String> parameters, List<String> ids, Map<String, String> groups) {
        Map<String, String> complete = new TreeMap<>();
        for (String id : ids) {
            // a name that no table can contain
            complete.put(id, groups.containsKey(id) ? groups.get(id) : "\n" + id);
        }
        return new Splitter(method, parameters, complete);
    }

    /** The split; the same for the same groups and seed, in whatever order they come. */
    public Split split(SplitFractions fractions, long seed) {
        SortedMap<String, List<String>> members = new TreeMap<>();
        new TreeMap<>(groups).forEach((id, group) -> members.computeIfAbsent(group, name -> new ArrayList<>()).add(id));
        List<Group> sorted = new ArrayList<>();
        members.forEach((name, ids) -> sorted.add(new Group(name, ids, draw(seed, name))));
        sorted.sort(Comparator.comparingInt((Group group) -> -group.ids().size()).thenComparingDouble(Group::draw).thenComparing(Group::name));
        double[] wanted = {fractions.train() * groups.size(), fractions.validation() * groups.size(), fractions.test() * groups.size()};
        List<List<String>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Group group : sorted) {
            parts.get(neediest(wanted, parts)).addAll(group.ids());
        }
        Map<String, String> all = new TreeMap<>(parameters);
        all.put("train", String.valueOf(fractions.train()));
        all.put("validation", String.valueOf(fractions.validation()));
        all.put("test", String.valueOf(fractions.test()));
        return new Split(method, seed, all, parts.get(0), parts.get(1), parts.get(2));
    }

    /** The part that lacks the most samples; one that shall stay empty is never chosen. */
    private static int neediest(double[] wanted, List<List<String>> parts) {
        int neediest = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < wanted.length; p++) {
            double lack = wanted[p] - parts.get(p).size();
            if (wanted[p] > 0 && lack > most) {
                most = lack;
                neediest = p;
            }
        }
        return neediest;
    }

    private static double draw(long seed, String group) {
        return Philox.uniform(seed, STREAM ^ Philox.stream(group), 0);
    }
}
