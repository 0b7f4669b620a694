package org.bindrae.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.bindrae.tensor.Philox;

/**
 * Splits samples by groups that must stay together: targets, families, clusters of similar sequences. Each group goes where most is missing. Where parts are
 * shares of the samples, large groups come first, in an order that the seed decides among groups of one size, so the parts come as near to their fractions as
 * whole groups allow; where they are shares of the groups, the seed decides all of the order, so that groups of any size are in every part.
 *
 * @param method how the groups were made, for {@link Split#method()}
 * @param parameters of the method, for {@link Split#parameters()}
 * @param groups id → group
 */
public record Splitter(String method, Map<String, String> parameters, Map<String, String> groups) {
    private static final long STREAM = Philox.stream("split");

    /** What the fractions of a split are shares of. */
    public enum Share {
        SAMPLES, GROUPS
    }

    private record Group(String name, List<String> ids, int weight, double draw) {
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

    /** The split by shares of the samples; the same for the same groups and seed, in whatever order they come. */
    public Split split(SplitFractions fractions, long seed) {
        return split(fractions, Share.SAMPLES, seed);
    }

    /** The split; the same for the same groups and seed, in whatever order they come. */
    public Split split(SplitFractions fractions, Share share, long seed) {
        SortedMap<String, List<String>> members = new TreeMap<>();
        new TreeMap<>(groups).forEach((id, group) -> members.computeIfAbsent(group, name -> new ArrayList<>()).add(id));
        List<Group> sorted = new ArrayList<>();
        members.forEach((name, ids) -> sorted.add(new Group(name, ids, share == Share.SAMPLES ? ids.size() : 1, draw(seed, name))));
        sorted.sort(Comparator.comparingInt((Group group) -> -group.weight()).thenComparingDouble(Group::draw).thenComparing(Group::name));
        int total = sorted.stream().mapToInt(Group::weight).sum();
        double[] wanted = {fractions.train(), fractions.validation(), fractions.test()};
        double[] lack = Arrays.stream(wanted).map(fraction -> fraction * total).toArray();
        List<List<String>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Group group : sorted) {
            int part = neediest(wanted, lack);
            parts.get(part).addAll(group.ids());
            lack[part] -= group.weight();
        }
        Map<String, String> all = new TreeMap<>(parameters);
        all.put("train", String.valueOf(fractions.train()));
        all.put("validation", String.valueOf(fractions.validation()));
        all.put("test", String.valueOf(fractions.test()));
        all.put("fractionsOf", share.name().toLowerCase(Locale.ROOT));
        return new Split(method, seed, all, parts.get(0), parts.get(1), parts.get(2));
    }

    /** The part that lacks most; one that shall stay empty is never chosen. */
    private static int neediest(double[] wanted, double[] lack) {
        int neediest = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < wanted.length; p++) {
            if (wanted[p] > 0 && lack[p] > most) {
                most = lack[p];
                neediest = p;
            }
        }
        return neediest;
    }

    private static double draw(long seed, String group) {
        return Philox.uniform(seed, STREAM ^ Philox.stream(group), 0);
    }
}
