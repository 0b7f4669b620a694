package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Complexes that belong together, in a fixed order.
 *
 * @param name for people
 * @param sources with different ids, also where upper and lower case are the same
 * @param labels further columns of a manifest or index, such as {@code target}: id → column → value
 * @param notes what was left out on the way, one sentence each
 */
public record DataSet(String name, List<ComplexSource> sources, Map<String, Map<String, String>> labels, List<String> notes) {

    /** @throws IllegalArgumentException when two sources have the same id */
    public DataSet {
        sources = List.copyOf(sources);
        labels = Map.copyOf(labels);
        notes = List.copyOf(notes);
        Map<String, ComplexSource> seen = new HashMap<>();
        for (ComplexSource source : sources) {
            ComplexSource twin = seen.put(SampleId.folded(source.id()), source);
            if (twin != null) {
                throw new IllegalArgumentException("two complexes are called " + source.id() + ": " + twin.structure() + " and " + source.structure());
            }
        }
    }

    /**
     * Whatever the path is: a folder (its {@code manifest.tsv} or {@code manifest.csv} when it has one), a manifest ({@code .tsv}, {@code .csv}), an index
     * ({@code .dat}) beside its entries, a list ({@code .txt}, {@code .lst}), or one structure with its largest ligand.
     *
     * @throws DataSetException naming file and line
     */
    public static DataSet read(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            for (String manifest : List.of("manifest.tsv", "manifest.csv")) {
                if (Files.exists(path.resolve(manifest))) {
                    return ofManifest(path.resolve(manifest), false);
                }
            }
            return ofFolder(path);
        }
        if (!Files.exists(path)) {
            throw new DataSetException(path, "no such file or folder");
        }
        String lower = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (StructureNames.isStructure(lower)) {
            return new DataSet(path.getFileName().toString(), List.of(ComplexSource.of(path, LigandReader.AUTO)), Map.of(), List.of());
        }
        if (lower.endsWith(".tsv") || lower.endsWith(".csv")) {
            return ofManifest(path, false);
        }
        if (lower.endsWith(".dat")) {
            return ofIndex(path, folderOf(path));
        }
        if (lower.endsWith(".txt") || lower.endsWith(".lst") || lower.endsWith(".list")) {
            return ofList(path, false);
        }
        throw new DataSetException(path, "is none of a folder, a structure, a manifest (.tsv, .csv), an index (.dat) and a list (.txt, .lst)");
    }

    /**
     * All complexes below a folder: folders {@code <id>} with {@code <id>_protein.pdb} and {@code <id>_ligand.sdf} or {@code .mol2} (PDBbind, CASF), folders
     * with one structure and one ligand file (PoseBusters), and single structures, whose largest ligand is taken.
     *
     * @throws DataSetException naming the folder
     */
    public static DataSet ofFolder(Path folder) throws IOException {
        return FolderScan.scan(folder);
    }

    /**
     * A table with a header: {@code id}, {@code structure}, {@code ligand} (a path, a selector, {@code auto}, {@code none} or empty) and any further columns.
     * Paths are relative to the table's folder.
     *
     * @param outside whether paths may lead out of that folder
     * @throws DataSetException naming file and line
     */
    public static DataSet ofManifest(Path file, boolean outside) throws IOException {
        return ManifestFile.read(file, outside);
    }

    /**
     * The entries of an index in the format of CASF's {@code CoreSet.dat}.
     *
     * @param folder where the entries are, as for {@link #ofFolder}
     * @throws DataSetException naming file and line
     */
    public static DataSet ofIndex(Path index, Path folder) throws IOException {
        return IndexFile.read(index, folder);
    }

    /**
     * One complex a line: a structure or an entry's folder, and optionally, after a tab, a ligand as in a manifest. Paths are relative to the list's folder.
     *
     * @param outside whether paths may lead out of that folder
     * @throws DataSetException naming file and line
     */
    public static DataSet ofList(Path file, boolean outside) throws IOException {
        return ListFile.read(file, outside);
    }

    /** The same structures, each without a ligand: what could be one belongs to the surroundings. */
    public DataSet withoutLigands() {
        return new DataSet(name, sources.stream().map(source -> new ComplexSource(source.id(), source.structure(), null)).toList(), labels, notes);
    }

    /** One column of the labels, by id; samples without it are absent. */
    public Map<String, String> column(String column) {
        Map<String, String> values = new TreeMap<>();
        labels.forEach((id, row) -> {
            if (row.containsKey(column)) {
                values.put(id, row.get(column));
            }
        });
        return values;
    }

    static Path folderOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }

    /** The name people know a folder by, also when it was given as a dot. */
    static String nameOf(Path path) {
        Path last = path.toAbsolutePath().normalize().getFileName();
        return last == null ? path.toString() : last.toString();
    }
}
