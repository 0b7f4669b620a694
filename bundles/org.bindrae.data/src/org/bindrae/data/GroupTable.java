package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which samples belong together according to one table or several: families, targets. The structures themselves are not looked at.
 *
 * @param columns where the groups come from; equal names of different tables mean the same group
 * @param groups of all entries, by id in lower case
 */
public record GroupTable(List<Column> columns, Map<String, String> groups) {
    private static final int NAMED = 10;

    /**
     * A column of a table with a header and a column {@code id} ({@code .tsv}, {@code .csv}), or of an index ({@code .dat}, see {@link DataSet#ofIndex}).
     *
     * @param name in any case, such as {@code family} or {@code target}
     */
    public record Column(Path file, String name) {
        private Map<String, String> read() throws IOException {
            String lower = name.toLowerCase(Locale.ROOT);
            Map<String, String> groups = new TreeMap<>();
            if (file.toString().toLowerCase(Locale.ROOT).endsWith(".dat")) {
                for (Map.Entry<String, Map<String, String>> row : IndexFile.rows(file).entrySet()) {
                    if (!row.getValue().containsKey(lower)) {
                        throw new DataSetException(file, "no column " + name + "; it has " + String.join(", ", new TreeMap<>(row.getValue()).keySet()));
                    }
                    groups.put(row.getKey().toLowerCase(Locale.ROOT), row.getValue().get(lower));
                }
                return groups;
            }
            for (TableFile.Row row : TableFile.read(file, TableFile.ID, lower).rows()) {
                String group = row.cells().get(lower);
                String other = groups.put(row.id().toLowerCase(Locale.ROOT), group);
                if (other != null && !other.equals(group)) {
                    throw new DataSetException(file, row.line(), row.id() + " belongs to two groups, " + other + " and " + group);
                }
            }
            return groups;
        }
    }

    public GroupTable {
        columns = List.copyOf(columns);
        groups = Map.copyOf(groups);
    }

    /**
     * Reads one column.
     *
     * @throws DataSetException naming file and line
     */
    public static GroupTable read(Path file, String column) throws IOException {
        return read(List.of(new Column(file, column)));
    }

    /**
     * Reads columns of several tables, each of which has some of the samples.
     *
     * @param columns at least one
     * @throws DataSetException naming file and line, or the file in which an id belongs to another group than in one before
     */
    public static GroupTable read(List<Column> columns) throws IOException {
        Map<String, String> groups = new TreeMap<>();
        for (Column column : columns) {
            for (Map.Entry<String, String> entry : column.read().entrySet()) {
                String other = groups.put(entry.getKey(), entry.getValue());
                if (other != null && !other.equals(entry.getValue())) {
                    throw new DataSetException(column.file(), entry.getKey() + " belongs to " + entry.getValue() + ", but to " + other
                            + " in another table; equal names must mean the same group");
                }
            }
        }
        return new GroupTable(columns, groups);
    }

    /**
     * Groups for these samples: that of the id itself, or of the part before its first underscore ({@code 7kru_ATP} is an entry of {@code 7kru}).
     *
     * @param method for {@link Split#method()}, such as {@code family}
     * @throws DataSetException naming samples that no table has
     */
    public Splitter splitter(String method, Iterable<String> ids) throws DataSetException {
        Map<String, String> found = new TreeMap<>();
        Map<String, String> missing = new TreeMap<>();
        for (String id : ids) {
            String lower = id.toLowerCase(Locale.ROOT);
            String group = groups.getOrDefault(lower, groups.get(lower.split("_", 2)[0]));
            (group == null || group.isEmpty() ? missing : found).put(id, String.valueOf(group));
        }
        if (!missing.isEmpty()) {
            String others = columns.stream().skip(1).map(column -> ", nor " + column.name() + " in " + column.file()).collect(Collectors.joining());
            throw new DataSetException(columns.getFirst().file(), "no " + columns.getFirst().name() + others + " for " + missing.size() + " samples: "
                    + String.join(" ", missing.keySet().stream().limit(NAMED).toList()) + (missing.size() > NAMED ? " …" : ""));
        }
        return new Splitter(method, Map.of("table", joined(columns.stream().map(column -> DataSet.nameOf(column.file())).toList()), "column",
                joined(columns.stream().map(Column::name).toList())), found);
    }

    private static String joined(List<String> names) {
        return String.join(", ", names);
    }
}
