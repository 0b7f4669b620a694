package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A table for people.
 *
 * @param note what the numbers mean; may be empty
 * @param header column titles, units included
 * @param rows as many cells as the header each
 */
public record ReportTable(String title, String note, List<String> header, List<List<String>> rows) {
    public ReportTable {
        header = List.copyOf(header);
        rows = rows.stream().map(List::copyOf).toList();
        for (List<String> row : rows) {
            if (row.size() != header.size()) {
                throw new IllegalArgumentException(title + ": " + row.size() + " cells in a row of " + header.size());
            }
        }
    }

    /** Whether a column holds numbers, which stand to the right. */
    public boolean isNumeric(int column) {
        return !rows.isEmpty() && rows.stream().map(row -> row.get(column)).allMatch(cell -> cell.isEmpty()
                || cell.matches("[-+−]?[0-9][0-9.,]*( .*)?|" + Numbers.NONE));
    }

    /** As plain text, columns as wide as their content. */
    public String text() {
        StringBuilder text = new StringBuilder(title).append('\n');
        List<List<String>> lines = new ArrayList<>();
        lines.add(header);
        lines.addAll(rows);
        int[] widths = IntStream.range(0, header.size()).map(c -> lines.stream().mapToInt(line -> width(line.get(c))).max().orElse(0)).toArray();
        lines.add(1, IntStream.of(widths).mapToObj("─"::repeat).toList());
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder();
            for (int c = 0; c < line.size(); c++) {
                String pad = " ".repeat(widths[c] - width(line.get(c)));
                row.append(c == 0 ? "" : "  ").append(isNumeric(c) ? pad + line.get(c) : line.get(c) + pad);
            }
            text.append(row.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
