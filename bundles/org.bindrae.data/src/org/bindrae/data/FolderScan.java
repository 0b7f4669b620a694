package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.bindrae.data.ligand.internal.LigandFile;

/** Finds complexes in folders, in the order of their paths. */
final class FolderScan {
    private static final int DEEPEST = 8;
    private static final String PROTEIN = "_protein";
    private static final String LIGAND = "_ligand";
    /** Endings of ligand files; the first found is taken. */
    private static final List<String> LIGAND_ENDINGS = List.of(".sdf", ".mol2", ".mol", ".sdf.gz", ".mol2.gz");

    private final List<ComplexSource> sources = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Path root;

    private FolderScan(Path root) {
        this.root = root;
    }

    static DataSet scan(Path folder) throws IOException {
        var scan = new FolderScan(folder);
        scan.visit(folder, 0);
        if (scan.sources.isEmpty()) {
            throw new DataSetException(folder, "no structures (.pdb, .ent, .cif, .bcif, also .gz) in it or below it");
        }
        try {
            return new DataSet(DataSet.nameOf(folder), scan.sources, Map.of(), scan.notes);
        } catch (IllegalArgumentException e) {
            throw new DataSetException(folder, e.getMessage());
        }
    }

    /** The complex of a folder of the PDBbind or PoseBusters kind; empty when it is neither. */
    static Optional<ComplexSource> entry(Path folder) throws IOException {
        String name = DataSet.nameOf(folder);
        List<Path> files = list(folder);
        List<Path> structures = files.stream().filter(file -> Files.isRegularFile(file) && StructureNames.isStructure(file.getFileName().toString())).toList();
        Optional<Path> protein = structures.stream().filter(file -> StructureNames.stem(file.getFileName().toString()).equals(name + PROTEIN)).findFirst();
        Map<String, Path> ligands = ligands(files);
        if (protein.isPresent()) {
            Path ligand = ligands.get(name + LIGAND);
            return Optional.of(new ComplexSource(SampleId.ofFileName(name), protein.get(), ligand == null ? null : ligand.toString()));
        }
        List<Path> candidates = structures.stream().filter(file -> !file.getFileName().toString().contains("_pocket")).toList();
        Path ligand = ligands.size() == 1 ? ligands.values().iterator().next() : ligands.get(name + LIGAND);
        if (candidates.size() != 1 || ligand == null) {
            return Optional.empty();
        }
        return Optional.of(new ComplexSource(SampleId.ofFileName(name), candidates.getFirst(), ligand.toString()));
    }

    /** Ligand files {@code …_ligand.*} by name without ending. */
    private static Map<String, Path> ligands(List<Path> files) {
        Map<String, Path> ligands = new TreeMap<>();
        for (String ending : LIGAND_ENDINGS) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (LigandFile.isLigandName(name) && name.endsWith(LIGAND + ending) && Files.isRegularFile(file)) {
                    ligands.putIfAbsent(name.substring(0, name.length() - ending.length()), file);
                }
            }
        }
        return ligands;
    }

    private void visit(Path folder, int depth) throws IOException {
        Optional<ComplexSource> entry = entry(folder);
        if (entry.isPresent()) {
            sources.add(entry.get());
            return;
        }
        boolean lone = depth == 0 || list(folder).stream().noneMatch(file -> LigandFile.isLigandName(file.getFileName().toString()));
        for (Path file : list(folder)) {
            String name = file.getFileName().toString();
            if (name.startsWith(".")) {
                continue;
            }
            if (Files.isDirectory(file)) {
                if (depth < DEEPEST) {
                    visit(file, depth + 1);
                } else {
                    notes.add("the folder " + root.relativize(file) + " was not searched, it lies too deep");
                }
            } else if (StructureNames.isStructure(name)) {
                if (lone) {
                    sources.add(ComplexSource.of(file, LigandReader.AUTO));
                } else {
                    notes.add(root.relativize(file) + " was left out: it is not clear which of the ligand files beside it is its own");
                }
            }
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
