package org.bindrae.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a command lists: typed values in named columns, built once and printed as text for people or as JSON for programs. A cell is null where there is no value.
 */
public final class Table {
    private static final String GAP = "  ";
    /** A column is not made narrower than this to fit a terminal. */
    private static final int NARROWEST = 16;

    private final List<Column> columns;
    private final List<List<Object>> rows = new ArrayList<>();

    public Table(Column... columns) {
        this.columns = List.of(columns);
    }

    /** Of columns that are always written in full. */
    public Table(String... columns) {
        this(Arrays.stream(columns).map(Column::of).toArray(Column[]::new));
    }

    /**
     * Adds a row and returns the table.
     *
     * @throws IllegalArgumentException unless there is a cell for each column
     */
    public Table row(Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        rows.add(Arrays.asList(cells.clone()));
        return this;
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** The rows as JSON has them: numbers, booleans and null stay what they are, numbers that are not finite are null, anything else is text. */
    List<Map<String, Object>> json() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (List<Object> row : rows) {
            Map<String, Object> object = new LinkedHashMap<>();
            for (int c = 0; c < columns.size(); c++) {
                object.put(columns.get(c).name(), json(row.get(c)));
            }
            all.add(object);
        }
        return all;
    }

    static Object json(Object value) {
        return switch (value) {
            case null -> null;
            case Double number when !Double.isFinite(number) -> null;
            case Float number when !Float.isFinite(number) -> null;
            case Number number -> number;
            case Boolean yes -> yes;
            case JsonNode node -> node;
            case Table table -> table.json();
            case List<?> list -> list.stream().map(Table::json).toList();
            case Map<?, ?> map -> {
                Map<String, Object> object = new LinkedHashMap<>();
                map.forEach((key, entry) -> object.put(key.toString(), json(entry)));
                yield object;
            }
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
            default -> value.toString();
        };
    }

    /** As text with lines of any length. */
    @Override
    public String toString() {
        return text(Display.FILE);
    }

    /**
     * As text for a display. A table wider than the display gets headings of several lines first and then narrower columns of text, the widest first; numbers and names are never cut.
     */
    public String text(Display display) {
        List<List<String>> cells = rows.stream().map(this::cells).toList();
        int[] widths = new int[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = Math.max(width(columns.get(c).name()), longest(cells, c));
        }
        if (display.width() > 0) {
            fit(widths, cells, display.width());
        }
        boolean[] numeric = numeric();
        StringBuilder text = new StringBuilder();
        append(text, columns.stream().map(Column::name).toList(), widths, numeric, null);
        append(text, Arrays.stream(widths).mapToObj("─"::repeat).toList(), widths, numeric, null);
        for (int r = 0; r < cells.size(); r++) {
            append(text, cells.get(r), widths, numeric, display.colours() ? rows.get(r) : null);
        }
        return text.toString();
    }

    private List<String> cells(List<Object> row) {
        List<String> cells = new ArrayList<>();
        for (int c = 0; c < row.size(); c++) {
            cells.add(row.get(c) == null ? "" : columns.get(c).text().apply(row.get(c)));
        }
        return cells;
    }

    /** Columns without a word among their numbers. */
    private boolean[] numeric() {
        boolean[] numeric = new boolean[columns.size()];
        for (int c = 0; c < numeric.length; c++) {
            int column = c;
            numeric[c] = columns.get(c).right() || rows.stream().map(row -> row.get(column)).filter(Objects::nonNull).allMatch(Number.class::isInstance)
                    && rows.stream().anyMatch(row -> row.get(column) != null);
        }
        return numeric;
    }

    private void fit(int[] widths, List<List<String>> cells, int width) {
        for (int c = widths.length - 1; c >= 0 && total(widths) > width; c--) {
            int word = Arrays.stream(columns.get(c).name().split(" ")).mapToInt(Table::width).max().orElse(0);
            widths[c] = Math.max(Math.max(word, widths[c] - (total(widths) - width)), longest(cells, c));
        }
        int widest;
        while (total(widths) > width && (widest = widest(widths)) >= 0) {
            widths[widest]--;
        }
    }

    /** The widest column that may be narrower, or -1. */
    private int widest(int[] widths) {
        int widest = -1;
        for (int c = 0; c < widths.length; c++) {
            if (columns.get(c).wraps() && widths[c] > NARROWEST && (widest < 0 || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        return widest;
    }

    private static int longest(List<List<String>> cells, int column) {
        return cells.stream().mapToInt(row -> width(row.get(column))).max().orElse(0);
    }

    private static int total(int[] widths) {
        return Arrays.stream(widths).sum() + GAP.length() * Math.max(0, widths.length - 1);
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }

    /** @param tones the values whose tone colours the cells; null for none */
    private void append(StringBuilder text, List<String> cells, int[] widths, boolean[] numeric, List<Object> tones) {
        List<List<String>> wrapped = new ArrayList<>();
        int height = 1;
        for (int c = 0; c < widths.length; c++) {
            wrapped.add(wrap(cells.get(c), widths[c]));
            height = Math.max(height, wrapped.get(c).size());
        }
        for (int line = 0; line < height; line++) {
            StringBuilder out = new StringBuilder();
            int pad = 0;
            for (int c = 0; c < widths.length; c++) {
                String part = line < wrapped.get(c).size() ? wrapped.get(c).get(line) : "";
                int space = widths[c] - width(part);
                pad += numeric[c] ? space : 0;
                if (!part.isEmpty()) {
                    out.append(" ".repeat(pad)).append(tones == null || tones.get(c) == null ? part : columns.get(c).tone().apply(tones.get(c)).paint(part));
                    pad = 0;
                }
                pad += GAP.length() + (numeric[c] ? 0 : space);
            }
            text.append(out).append('\n');
        }
    }

    /** Lines of at most this width, broken after spaces and slashes where there are some. */
    private static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        String rest = text;
        while (width(rest) > width) {
            int end = rest.offsetByCodePoints(0, width);
            int space = rest.lastIndexOf(' ', end);
            int slash = rest.lastIndexOf('/', end - 1) + 1;
            int cut = space > 0 ? space : slash > 0 ? slash : end;
            lines.add(rest.substring(0, cut).stripTrailing());
            rest = rest.substring(cut).stripLeading();
        }
        lines.add(rest);
        return lines;
    }
}
