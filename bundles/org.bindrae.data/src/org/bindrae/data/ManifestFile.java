package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads manifests: tables of complexes. */
final class ManifestFile {
    private static final String STRUCTURE = "structure";
    private static final String LIGAND = "ligand";

    private ManifestFile() {
    }

    static DataSet read(Path file, boolean outside) throws IOException {
        TableFile table = TableFile.read(file, TableFile.ID, STRUCTURE);
        var paths = new RelativePaths(file, outside);
        List<ComplexSource> sources = new ArrayList<>();
        Map<String, Map<String, String>> labels = new HashMap<>();
        Map<String, Integer> lineOfId = new HashMap<>();
        for (TableFile.Row row : table.rows()) {
            Map<String, String> cells = new LinkedHashMap<>(row.cells());
            String id = paths.id(cells.remove(TableFile.ID), row.line());
            Integer twin = lineOfId.put(SampleId.folded(id), row.line());
            if (twin != null) {
                throw new DataSetException(file, row.line(), "the id " + id + " was used in line " + twin + " already");
            }
            Path structure = paths.structure(cells.remove(STRUCTURE), row.line());
            String ligand = cells.containsKey(LIGAND) ? paths.ligand(cells.remove(LIGAND), row.line()) : LigandReader.AUTO;
            sources.add(new ComplexSource(id, structure, ligand));
            cells.values().removeIf(String::isEmpty);
            labels.put(id, Map.copyOf(cells));
        }
        if (sources.isEmpty()) {
            throw new DataSetException(file, "a header without rows");
        }
        return new DataSet(DataSet.nameOf(file), sources, labels, List.of());
    }
}
