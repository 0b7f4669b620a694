package org.bindrae.shell.internal;

import java.util.ArrayList;
import java.util.List;

/** A table in plain text: columns as wide as their content, numbers to the right. */
final class TextTable {
    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    TextTable(String... header) {
        this.header = List.of(header);
    }

    TextTable row(Object... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + header.size() + " columns");
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    @Override
    public String toString() {
        int columns = header.size();
        int[] width = new int[columns];
        boolean[] numeric = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            width[c] = header.get(c).length();
            numeric[c] = !rows.isEmpty();
            for (List<String> row : rows) {
                width[c] = Math.max(width[c], row.get(c).length());
                numeric[c] &= row.get(c).isEmpty() || row.get(c).matches("[-+]?[0-9][0-9.,]*([eE][-+]?[0-9]+)?[ %]*|–|-");
            }
        }
        StringBuilder text = new StringBuilder();
        append(text, header, width, numeric);
        append(text, java.util.Arrays.stream(width).mapToObj("─"::repeat).toList(), width, numeric);
        for (List<String> row : rows) {
            append(text, row, width, numeric);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, List<String> cells, int[] width, boolean[] numeric) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < cells.size(); c++) {
            String pad = " ".repeat(width[c] - cells.get(c).length());
            line.append(c == 0 ? "" : "  ").append(numeric[c] ? pad + cells.get(c) : cells.get(c) + pad);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
