package org.bindrae.data;

/**
 * What identifies a residue within a structure: the author's chain name, residue number and insertion code.
 *
 * @param chain as the authors call it; may be empty in old PDB files
 * @param insertionCode empty when there is none
 */
public record ResidueId(String chain, int number, String insertionCode) {
    /** {@code A:45} or {@code A:45B}. */
    @Override
    public String toString() {
        return chain + ":" + number + insertionCode;
    }
}
