package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A table with a header, separated by tabs ({@code .tsv}) or commas ({@code .csv}), one row per id.
 *
 * @param header column names in lower case
 */
record TableFile(Path file, List<String> header, List<Row> rows) {
    static final String ID = "id";

    /**
     * A row.
     *
     * @param line its number, from 1
     * @param cells by column
     */
    record Row(int line, Map<String, String> cells) {
        String id() {
            return cells.get(ID);
        }
    }

    /**
     * Reads a table with these columns and any others.
     *
     * @throws DataSetException naming file and line
     */
    static TableFile read(Path file, String... needed) throws IOException {
        List<TextLines.Line> lines = TextLines.read(file).stream().filter(line -> !line.text().startsWith("#")).toList();
        if (lines.isEmpty()) {
            throw new DataSetException(file, "empty; a header with " + String.join(", ", needed) + " is needed");
        }
        char separator = separator(file, lines.getFirst().text());
        List<String> header = cells(file, lines.getFirst(), separator).stream().map(cell -> cell.toLowerCase(Locale.ROOT)).toList();
        if (!header.containsAll(List.of(needed)) || header.stream().distinct().count() < header.size()) {
            throw new DataSetException(file, lines.getFirst().number(),
                    "the header needs " + String.join(", ", needed) + " and each name once, but it has " + String.join(", ", header));
        }
        List<Row> rows = new ArrayList<>();
        for (TextLines.Line line : lines.subList(1, lines.size())) {
            List<String> cells = cells(file, line, separator);
            if (cells.size() != header.size()) {
                throw new DataSetException(file, line.number(), cells.size() + " cells under a header of " + header.size());
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < cells.size(); i++) {
                row.put(header.get(i), cells.get(i));
            }
            rows.add(new Row(line.number(), row));
        }
        return new TableFile(file, header, rows);
    }

    private static char separator(Path file, String header) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".tsv") || !name.endsWith(".csv") && header.indexOf('\t') >= 0 ? '\t' : ',';
    }

    /** Cells without surrounding blanks. In comma-separated files they may be quoted, with doubled quotes inside (RFC 4180, without line breaks). */
    private static List<String> cells(Path file, TextLines.Line line, char separator) throws DataSetException {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        String text = line.text();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (separator == ',' && c == '"') {
                if (quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    cell.append(c);
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == separator && !quoted) {
                cells.add(cell.toString().strip());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        if (quoted) {
            throw new DataSetException(file, line.number(), "a quote that does not end");
        }
        cells.add(cell.toString().strip());
        return cells;
    }
}
