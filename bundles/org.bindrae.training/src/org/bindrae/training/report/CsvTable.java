package org.bindrae.training.report;

import java.util.List;

/** Comma-separated values as RFC 4180 has them, with line feeds. */
final class CsvTable {
    private final StringBuilder text = new StringBuilder();
    private final int columns;

    CsvTable(List<String> header) {
        columns = header.size();
        row(header);
    }

    CsvTable row(List<String> cells) {
        if (cells.size() != columns) {
            throw new IllegalArgumentException(cells.size() + " cells in a row of " + columns);
        }
        for (int c = 0; c < columns; c++) {
            text.append(c == 0 ? "" : ",").append(quoted(cells.get(c)));
        }
        text.append('\n');
        return this;
    }

    private static String quoted(String cell) {
        boolean special = cell.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return special ? '"' + cell.replace("\"", "\"\"") + '"' : cell;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
