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
    private static final List<String> COLUMNS = List.of("code", "resl", "year", "logKa", "Ka", "target");

    private IndexFile() {
    }

    static DataSet read(Path index, Path folder) throws IOException {
        List<ComplexSource> sources = new ArrayList<>();
        Map<String, Map<String, String>> labels = new HashMap<>();
        List<String> missing = new ArrayList<>();
        Map<String, Integer> lineOfId = new HashMap<>();
        for (TextLines.Line line : TextLines.read(index)) {
            String text = line.text().strip();
            if (text.startsWith("#")) {
                continue;
            }
            String[] cells = text.split("\\s+");
            if (cells.length != COLUMNS.size()) {
                throw new DataSetException(index, line.number(), cells.length + " columns instead of " + String.join(", ", COLUMNS));
            }
            String id = new RelativePaths(index, false).id(cells[0], line.number());
            Integer twin = lineOfId.put(SampleId.folded(id), line.number());
            if (twin != null) {
                throw new DataSetException(index, line.number(), "the code " + id + " was used in line " + twin + " already");
            }
            checkNumber(index, line.number(), "year", cells[2]);
            checkNumber(index, line.number(), "logKa", cells[3]);
            Path entry = folder.resolve(id);
            Optional<ComplexSource> source = Files.isDirectory(entry) ? FolderScan.entry(entry) : Optional.empty();
            if (source.isPresent()) {
                sources.add(source.get());
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 1; i < cells.length; i++) {
                    row.put(COLUMNS.get(i), cells[i]);
                }
                labels.put(source.get().id(), Map.copyOf(row));
            } else {
                missing.add(id);
            }
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
