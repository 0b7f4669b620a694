package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table of families: tab-separated with a header, a column {@code id} and at least one column of families, such as {@code family_dev}.
 *
 * @param families of all entries, by id in lower case
 */
public record FamilyFile(Path file, String column, Map<String, String> families) {
    private static final String ID = "id";

    /**
     * Reads one column.
     *
     * @throws DataSetException naming file and line
     */
    public static FamilyFile read(Path file, String column) throws IOException {
        List<TextLines.Line> lines = TextLines.read(file).stream().filter(line -> !line.text().startsWith("#")).toList();
        if (lines.isEmpty()) {
            throw new DataSetException(file, "empty; a header with id and " + column + " is needed");
        }
        List<String> header = Arrays.asList(lines.getFirst().text().split("\t", -1));
        int id = header.indexOf(ID);
        int family = header.indexOf(column);
        if (id < 0 || family < 0) {
            throw new DataSetException(file, lines.getFirst().number(), "the header needs the columns id and " + column + ", but it has " + String.join(", ", header));
        }
        Map<String, String> families = new TreeMap<>();
        for (TextLines.Line line : lines.subList(1, lines.size())) {
            String[] cells = line.text().split("\t", -1);
            if (cells.length != header.size()) {
                throw new DataSetException(file, line.number(), cells.length + " cells under a header of " + header.size());
            }
            String other = families.put(cells[id].toLowerCase(Locale.ROOT), cells[family]);
            if (other != null && !other.equals(cells[family])) {
                throw new DataSetException(file, line.number(), cells[id] + " has two families, " + other + " and " + cells[family]);
            }
        }
        return new FamilyFile(file, column, families);
    }

    /**
     * Groups for these samples: the family of the id itself, or of the part before its first underscore ({@code 7kru_ATP} is an entry of {@code 7kru}).
     *
     * @throws DataSetException naming samples without a family
     */
    public Splitter splitter(List<String> ids) throws DataSetException {
        Map<String, String> groups = new TreeMap<>();
        TreeMap<String, String> missing = new TreeMap<>();
        for (String id : ids) {
            String lower = id.toLowerCase(Locale.ROOT);
            String family = families.getOrDefault(lower, families.get(lower.split("_", 2)[0]));
            (family == null ? missing : groups).put(id, family == null ? id : family);
        }
        if (!missing.isEmpty()) {
            throw new DataSetException(file, "no family for " + missing.size() + " samples: " + String.join(" ", missing.keySet().stream().limit(10).toList()));
        }
        return new Splitter("family", Map.of("file", DataSet.nameOf(file), "column", column), groups);
    }
}
