package org.bindrae.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

import org.bindrae.data.ligand.internal.LigandFile;

/**
 * Paths written in a manifest or list.
 *
 * @param file the manifest or list; paths are relative to its folder
 * @param outside whether they may lead out of it
 */
record RelativePaths(Path file, boolean outside) {
    private static final String NONE = "none";

    /** @throws DataSetException when the path leads out of the folder or nowhere */
    Path resolve(String text, int line) throws DataSetException {
        Path folder = DataSet.folderOf(file);
        try {
            Path path = folder.resolve(text);
            if (!outside && !path.toAbsolutePath().normalize().startsWith(folder.toAbsolutePath().normalize())) {
                throw new DataSetException(file, line, "'" + text + "' lies outside the folder of this file; allow that explicitly, or move it");
            }
            if (!Files.exists(path)) {
                throw new DataSetException(file, line, "'" + text + "' does not exist");
            }
            return path;
        } catch (InvalidPathException e) {
            throw new DataSetException(file, line, "'" + text + "' is not a path");
        }
    }

    /** A ligand column: a file becomes its path, {@code none} and nothing become null, a selector stays. */
    String ligand(String text, int line) throws DataSetException {
        if (text.isEmpty() || text.toLowerCase(Locale.ROOT).equals(NONE)) {
            return null;
        }
        return LigandFile.isLigandName(text) ? resolve(text, line).toString() : text;
    }

    /** @throws DataSetException when the id is not fit to be a file name */
    String id(String text, int line) throws DataSetException {
        try {
            return SampleId.check(text);
        } catch (IllegalArgumentException e) {
            throw new DataSetException(file, line, e.getMessage());
        }
    }

    Path structure(String text, int line) throws DataSetException {
        Path path = resolve(text, line);
        if (!StructureNames.isStructure(String.valueOf(path.getFileName())) || !Files.isRegularFile(path)) {
            throw new DataSetException(file, line, "'" + text + "' is not a structure file (.pdb, .ent, .cif, .bcif, also .gz)");
        }
        return path;
    }
}
