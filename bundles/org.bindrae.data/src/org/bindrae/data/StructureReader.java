package org.bindrae.data;

import java.nio.file.Path;

import org.bindrae.data.structure.internal.StructureParser;

/**
 * Reads protein structures in PDB, mmCIF and BinaryCIF format, each as it is or packed by gzip. The content decides on the format, the name only where the
 * content leaves it open. Nothing outside the file is asked: what modified residues stand for comes from the file (MODRES, {@code pdbx_struct_mod_residue}),
 * else from a table of this bundle.
 *
 * <p>The first model is read. Hydrogens are dropped. A residue or group at alternate locations keeps that of the highest occupancy (summed over its atoms), A
 * on a tie. Residues with missing atoms stay; so do residues of unknown type, with their backbone. Water, ions, ligands, caps and nucleic acids are no
 * residues.
 */
public final class StructureReader {
    private StructureReader() {
    }

    /**
     * Reads a file.
     *
     * @throws StructureException when the file cannot be read, is damaged, is no structure or holds no protein
     */
    public static Structure read(Path file) throws StructureException {
        return StructureParser.parse(file);
    }
}
