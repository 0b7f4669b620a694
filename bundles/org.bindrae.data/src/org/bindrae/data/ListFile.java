package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads plain lists of structures. */
final class ListFile {
    private ListFile() {
    }

    static DataSet read(Path file, boolean outside) throws IOException {
        var paths = new RelativePaths(file, outside);
        List<ComplexSource> sources = new ArrayList<>();
        Map<String, Integer> lineOfId = new HashMap<>();
        for (TextLines.Line line : TextLines.read(file)) {
            if (line.text().startsWith("#")) {
                continue;
            }
            String[] cells = line.text().split("\t");
            if (cells.length > 2) {
                throw new DataSetException(file, line.number(), "more than a structure and, after a tab, a ligand");
            }
            ComplexSource source = source(paths, cells, line.number());
            Integer twin = lineOfId.put(SampleId.folded(source.id()), line.number());
            if (twin != null) {
                throw new DataSetException(file, line.number(), "the id " + source.id() + " comes from line " + twin
                        + " already; a manifest can give other ids");
            }
            sources.add(source);
        }
        if (sources.isEmpty()) {
            throw new DataSetException(file, "an empty list");
        }
        return new DataSet(DataSet.nameOf(file), sources, Map.of(), List.of());
    }

    private static ComplexSource source(RelativePaths paths, String[] cells, int line) throws IOException {
        Path path = paths.resolve(cells[0].strip(), line);
        boolean hasLigand = cells.length > 1;
        if (Files.isDirectory(path)) {
            ComplexSource entry = FolderScan.entry(path)
                    .orElseThrow(() -> new DataSetException(paths.file(), line, "'" + cells[0].strip() + "' is a folder without a structure and its ligand"));
            return hasLigand ? new ComplexSource(entry.id(), entry.structure(), paths.ligand(cells[1].strip(), line)) : entry;
        }
        return ComplexSource.of(paths.structure(cells[0].strip(), line), hasLigand ? paths.ligand(cells[1].strip(), line) : LigandReader.AUTO);
    }
}
