package org.bindrae.data.structure.internal;

import java.nio.file.Path;

import org.bindrae.data.Structure;
import org.bindrae.data.StructureException;

/** From a file to a structure. */
public final class StructureParser {
    private StructureParser() {
    }

    /** @throws StructureException when the file cannot be used */
    public static Structure parse(Path file) throws StructureException {
        StructureFile source = StructureFile.read(file);
        FileAtoms atoms = switch (source.format()) {
            case PDB -> PdbRecords.read(source);
            case MMCIF, BINARY_CIF -> CifRecords.read(source);
        };
        return StructureAssembler.assemble(source, atoms);
    }
}
