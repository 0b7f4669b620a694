package org.bindrae.data.structure.internal;

import java.nio.file.Path;

import org.bindrae.data.StructureException;
import org.rcsb.cif.model.Category;
import org.rcsb.cif.model.Column;
import org.rcsb.cif.model.ValueKind;

/** One column of an mmCIF or BinaryCIF table. A column that the file lacks has no values. */
final class CifColumn {
    private final Path file;
    private final String category;
    private final String name;
    private final Column<?> column;
    private final Object values;

    private CifColumn(Path file, String category, String name, Column<?> column, Object values) {
        this.file = file;
        this.category = category;
        this.name = name;
        this.column = column;
        this.values = values;
    }

    /** @throws StructureException when the column is shorter or longer than its table */
    static CifColumn of(Path file, Category category, String name) throws StructureException {
        // the libraries' stand-in for a missing category cannot be asked for columns without a schema
        Column<?> column = category == null || !category.getColumnNames().contains(name) ? null : category.getColumn(name);
        String categoryName = category == null ? "" : category.getCategoryName();
        if (column == null) {
            return new CifColumn(file, categoryName, name, null, new String[0]);
        }
        Object values = column.getArray();
        int length = switch (values) {
            case String[] texts -> texts.length;
            case double[] numbers -> numbers.length;
            case int[] numbers -> numbers.length;
            default -> -1;
        };
        if (length != category.getRowCount() || column.getRowCount() != length) {
            throw new StructureException(file, categoryName + ": column " + name + " has " + length + " values for " + category.getRowCount()
                    + " rows; a value is missing or too many");
        }
        return new CifColumn(file, categoryName, name, column, values);
    }

    /** Whether the file has this column. */
    boolean exists() {
        return column != null;
    }

    /** Whether a row has a value: neither {@code .} nor {@code ?}. */
    boolean given(int row) {
        return column != null && (values instanceof String[] texts ? !texts[row].isEmpty() : column.getValueKind(row) == ValueKind.PRESENT);
    }

    /** The value as text, empty without one. */
    String text(int row) {
        if (!given(row)) {
            return "";
        }
        return switch (values) {
            case String[] texts -> texts[row];
            case int[] numbers -> Integer.toString(numbers[row]);
            case double[] numbers -> Double.toString(numbers[row]);
            default -> "";
        };
    }

    /** @throws StructureException when there is no whole number */
    int integer(int row) throws StructureException {
        if (given(row) && values instanceof int[] numbers) {
            return numbers[row];
        }
        String text = text(row);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw problem(row, "'" + text + "' is not a whole number");
        }
    }

    /** @throws StructureException when there is no finite number */
    double number(int row) throws StructureException {
        if (given(row) && values instanceof double[] numbers && Double.isFinite(numbers[row])) {
            return numbers[row];
        }
        String text = text(row);
        int uncertainty = text.endsWith(")") ? text.indexOf('(') : -1;
        return Numbers.finite(uncertainty < 0 ? text : text.substring(0, uncertainty), problem -> problem(row, problem));
    }

    /** @throws StructureException when there is no number that can be a coordinate in Å */
    double coordinate(int row) throws StructureException {
        return Numbers.coordinate(number(row), problem -> problem(row, problem));
    }

    private StructureException problem(int row, String text) {
        return new StructureException(file, category + " row " + (row + 1) + ": " + name + " " + text);
    }
}
