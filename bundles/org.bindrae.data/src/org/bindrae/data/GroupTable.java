package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which samples belong together according to a table: families, targets. The structures themselves are not looked at.
 *
 * @param groups of all entries, by id in lower case
 */
public record GroupTable(Path file, String column, Map<String, String> groups) {
    private static final int NAMED = 10;

    public GroupTable {
        groups = Map.copyOf(groups);
    }

    /**
     * Reads one column of a table with a header and a column {@code id} ({@code .tsv}, {@code .csv}), or of an index ({@code .dat}, see
     * {@link DataSet#ofIndex}).
     *
     * @param column in any case, such as {@code family_dev} or {@code target}
     * @throws DataSetException naming file and line
     */
    public static GroupTable read(Path file, String column) throws IOException {
        String lower = column.toLowerCase(Locale.ROOT);
        Map<String, String> groups = new TreeMap<>();
        if (file.toString().toLowerCase(Locale.ROOT).endsWith(".dat")) {
            for (Map.Entry<String, Map<String, String>> row : IndexFile.rows(file).entrySet()) {
                if (!row.getValue().containsKey(lower)) {
                    throw new DataSetException(file, "no column " + column + "; it has " + String.join(", ", new TreeMap<>(row.getValue()).keySet()));
                }
                groups.put(row.getKey().toLowerCase(Locale.ROOT), row.getValue().get(lower));
            }
            return new GroupTable(file, column, groups);
        }
        for (TableFile.Row row : TableFile.read(file, TableFile.ID, lower).rows()) {
            String group = row.cells().get(lower);
            String other = groups.put(row.id().toLowerCase(Locale.ROOT), group);
            if (other != null && !other.equals(group)) {
                throw new DataSetException(file, row.line(), row.id() + " belongs to two groups, " + other + " and " + group);
            }
        }
        return new GroupTable(file, column, groups);
    }

    /**
     * Groups for these samples: that of the id itself, or of the part before its first underscore ({@code 7kru_ATP} is an entry of {@code 7kru}).
     *
     * @param method for {@link Split#method()}, such as {@code family}
     * @throws DataSetException naming samples that the table does not have
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
            throw new DataSetException(file, "no " + column + " for " + missing.size() + " samples: "
                    + String.join(" ", missing.keySet().stream().limit(NAMED).toList()) + (missing.size() > NAMED ? " …" : ""));
        }
        return new Splitter(method, Map.of("table", DataSet.nameOf(file), "column", column), found);
    }
}
