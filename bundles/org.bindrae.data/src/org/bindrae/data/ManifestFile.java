package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads manifests: tables of complexes, separated by tabs or commas. */
final class ManifestFile {
    private static final String ID = "id";
    private static final String STRUCTURE = "structure";
    private static final String LIGAND = "ligand";

    private ManifestFile() {
    }

    static DataSet read(Path file, boolean outside) throws IOException {
        List<TextLines.Line> lines = TextLines.read(file).stream().filter(line -> !line.text().startsWith("#")).toList();
        if (lines.isEmpty()) {
            throw new DataSetException(file, "empty; a header with id, structure and ligand is needed");
        }
        char separator = separator(file, lines.getFirst().text());
        List<String> header = cells(file, lines.getFirst(), separator).stream().map(cell -> cell.toLowerCase(Locale.ROOT)).toList();
        if (!header.contains(ID) || !header.contains(STRUCTURE) || header.stream().distinct().count() < header.size()) {
            throw new DataSetException(file, lines.getFirst().number(), "the header needs the columns id and structure, each name once, but it has " + String.join(", ", header));
        }
        var paths = new RelativePaths(file, outside);
        List<ComplexSource> sources = new ArrayList<>();
        Map<String, Map<String, String>> labels = new HashMap<>();
        Map<String, Integer> lineOfId = new HashMap<>();
        for (TextLines.Line line : lines.subList(1, lines.size())) {
            List<String> cells = cells(file, line, separator);
            if (cells.size() != header.size()) {
                throw new DataSetException(file, line.number(), cells.size() + " cells under a header of " + header.size());
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < cells.size(); i++) {
                row.put(header.get(i), cells.get(i));
            }
            String id = paths.id(row.remove(ID), line.number());
            Integer twin = lineOfId.put(SampleId.folded(id), line.number());
            if (twin != null) {
                throw new DataSetException(file, line.number(), "the id " + id + " was used in line " + twin + " already");
            }
            Path structure = paths.structure(row.remove(STRUCTURE), line.number());
            String ligand = row.containsKey(LIGAND) ? paths.ligand(row.remove(LIGAND), line.number()) : LigandReader.AUTO;
            sources.add(new ComplexSource(id, structure, ligand));
            row.values().removeIf(String::isEmpty);
            labels.put(id, Map.copyOf(row));
        }
        if (sources.isEmpty()) {
            throw new DataSetException(file, "a header without rows");
        }
        return new DataSet(DataSet.nameOf(file), sources, labels, List.of());
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
