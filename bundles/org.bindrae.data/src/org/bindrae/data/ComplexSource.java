package org.bindrae.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Where a complex comes from.
 *
 * @param id name of the sample: letters, digits and {@code _ . + -}
 * @param structure PDB, mmCIF or BinaryCIF, may be gzipped
 * @param ligand path of an SDF, MOL or MOL2 file; or what to look for in the structure, see {@link LigandReader#read(Structure, String)}; null for a structure
 *           without ligand
 */
public record ComplexSource(String id, Path structure, String ligand) {
    /** @throws IllegalArgumentException when the id is not fit to be a file name */
    public ComplexSource {
        SampleId.check(id);
        Objects.requireNonNull(structure);
    }

    /** With the file's name as id. */
    public static ComplexSource of(Path structure, String ligand) {
        return new ComplexSource(SampleId.ofFileName(structure.getFileName().toString()), structure, ligand);
    }
}
