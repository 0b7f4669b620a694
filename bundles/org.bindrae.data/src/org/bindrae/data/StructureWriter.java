package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.structure.internal.StructureOutput;
import org.bindrae.geometry.ResidueConstants;

/**
 * Writes structures in PDB or mmCIF format: the residues of a structure in its order, everything else the structure has (ligands, ions, water, nucleic acids),
 * and a ligand from elsewhere. Hydrogens and other alternate locations, which reading dropped, are not written.
 */
public final class StructureWriter {
    /**
     * New coordinates of some residues. T residues.
     *
     * @param atom14 positions [T, 14, 3], Å, in the structure's coordinates; only those of predicted residues are looked at
     * @param predicted which residues are replaced [T]; those of unknown type never are
     * @param confidence 0 to 1 [T], written as B factor times 100 for predicted residues
     */
    public record Coordinates(double[] atom14, boolean[] predicted, double[] confidence) {
        public Coordinates {
            if (atom14.length != predicted.length * ResidueConstants.SLOTS * 3 || confidence.length != predicted.length) {
                throw new IllegalArgumentException("columns of different length for " + predicted.length + " residues");
            }
        }

        /** Leaves all of T residues as they are. */
        public static Coordinates unchanged(int residues) {
            return new Coordinates(new double[residues * ResidueConstants.SLOTS * 3], new boolean[residues], new double[residues]);
        }
    }

    private StructureWriter() {
    }

    /**
     * Writes a file, or leaves what was there when it cannot be written. A predicted residue gets all atoms of its type and is written under the type's name;
     * all others stay as they were.
     *
     * @param file ends in .pdb, .ent, .cif or .mmcif, and .gz behind it to pack it
     * @param ligand {@link Ligand#NONE}, or one that is not written again where the structure has the same atoms
     * @return what was renamed or left out, one sentence each
     * @throws StructureException when the format cannot hold the structure or the ending says no format
     * @throws IOException when the file cannot be written
     */
    public static List<String> write(Path file, Structure structure, Coordinates coordinates, Ligand ligand) throws IOException {
        if (coordinates.predicted().length != structure.residues().size()) {
            throw new IllegalArgumentException("coordinates of " + coordinates.predicted().length + " residues for a structure of "
                    + structure.residues().size());
        }
        return StructureOutput.write(file, structure, coordinates, ligand);
    }
}
