package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads CASF's {@code CoreSet.dat}: code, resolution, year, logKa, affinity and target, separated by blanks; {@code #} starts comments. */
final class IndexFile {
    private static final List<String> COLUMNS = List.of("resl", "year", "logka", "ka", "target");
    /** Columns that hold numbers: the year and logKa. The resolution may be a word, such as NMR. */
    private static final List<String> NUMBERS = List.of("year", "logka");

    private IndexFile() {
    }

    /** Columns of all entries by code, in the order of the file; column names in lower case. */
    static Map<String, Map<String, String>> rows(Path index) throws IOException {
        Map<String, Map<String, String>> rows = new LinkedHashMap<>();
        Map<String, Integer> lineOfId = new HashMap<>();
        var paths = new RelativePaths(index, false);
        for (TextLines.Line line : TextLines.read(index)) {
            String text = line.text().strip();
            if (text.startsWith("#")) {
                continue;
            }
            String[] cells = text.split("\\s+");
            if (cells.length != COLUMNS.size() + 1) {
                throw new DataSetException(index, line.number(), cells.length + " columns instead of code, " + String.join(", ", COLUMNS));
            }
            String id = paths.id(cells[0], line.number());
            Integer twin = lineOfId.put(SampleId.folded(id), line.number());
            if (twin != null) {
                throw new DataSetException(index, line.number(), "the code " + id + " was used in line " + twin + " already");
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < COLUMNS.size(); i++) {
                row.put(COLUMNS.get(i), cells[i + 1]);
            }
            for (String column : NUMBERS) {
                checkNumber(index, line.number(), column, row.get(column));
            }
            rows.put(id, Map.copyOf(row));
        }
        if (rows.isEmpty()) {
            throw new DataSetException(index, "an index without entries");
        }
        return rows;
    }

    static DataSet read(Path index, Path folder) throws IOException {
        List<ComplexSource> sources = new ArrayList<>();
        Map<String, Map<String, String>> labels = new HashMap<>();
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, Map<String, String>> row : rows(index).entrySet()) {
            Path entry = folder.resolve(row.getKey());
            Optional<ComplexSource> source = Files.isDirectory(entry) ? FolderScan.entry(entry) : Optional.empty();
            source.ifPresentOrElse(complex -> {
                sources.add(complex);
                labels.put(complex.id(), row.getValue());
            }, () -> missing.add(row.getKey()));
        }
        if (sources.isEmpty()) {
            throw new DataSetException(index, "none of its " + missing.size() + " entries has a folder with a protein in " + folder);
        }
        List<String> notes = missing.isEmpty() ? List.of()
                : List.of(missing.size() + " entries of " + DataSet.nameOf(index) + " have no folder and were left out: " + String.join(" ", missing));
        return new DataSet(DataSet.nameOf(index), sources, labels, notes);
    }

    private static void checkNumber(Path index, int line, String column, String cell) throws DataSetException {
        try {
            if (Double.isFinite(Double.parseDouble(cell))) {
                return;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new DataSetException(index, line, "'" + cell + "' in the column " + column + " is not a number");
    }
}
