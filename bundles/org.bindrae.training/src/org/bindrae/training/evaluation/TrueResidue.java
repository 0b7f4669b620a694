package org.bindrae.training.evaluation;

import org.bindrae.data.ResidueId;

/**
 * A residue whose side chain is known well enough to be compared with: its χ1 at least. Angles in degrees, from −180 to 180, NaN where unknown or undefined.
 *
 * @param index place in the sample's residue table
 * @param name component as the file calls it
 * @param neighbours Cβ atoms (Cα in glycine) of other residues within {@link Subset#NEIGHBOURHOOD}
 * @param ligandDistance Å, infinite without ligand
 * @param psi N, CA, C, N of the following residue
 * @param chi χ1–χ4
 * @param complete whether all heavy atoms of the side chain are known
 */
public record TrueResidue(ResidueId id, int index, String name, int type, int neighbours, double ligandDistance, double pocketWeight, double phi, double psi,
        double[] chi, boolean complete) {
}
