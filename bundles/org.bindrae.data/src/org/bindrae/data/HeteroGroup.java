package org.bindrae.data;

import java.util.List;

/**
 * A molecule or part of one that is no residue of a protein: a ligand, an ion, a solvent molecule.
 *
 * @param component its code, such as ATP
 * @param kind what it is likely to be there for
 * @param atoms heavy atoms of one alternate location, in file order
 * @param bonds between these atoms, as far as the file names them; often empty
 */
public record HeteroGroup(ResidueId id, String component, Kind kind, List<StructureAtom> atoms, List<Bond> bonds) {
    /** What a group is. */
    public enum Kind {
        /** What is none of the others: ligands, cofactors, sugars. */
        LIGAND,
        /** A single atom, or a cluster of a metal without carbon. */
        ION,
        /** Solvent, buffer, precipitant, detergent or a small counter-ion with more than one atom. */
        SOLVENT,
        /** Ends a peptide without being an amino acid: acetyl, amide. */
        CAP,
        /** Water. */
        WATER,
        /** A nucleotide of a nucleic acid chain. */
        NUCLEIC
    }

    /**
     * A bond by the places of its atoms in {@link #atoms}.
     *
     * @param order 1, 2 or 3; 0 where the file does not say
     */
    public record Bond(int a, int b, int order) {
    }

    public HeteroGroup {
        atoms = List.copyOf(atoms);
        bonds = List.copyOf(bonds);
    }

    /** {@code A:ATP:401}, as a ligand is chosen. */
    @Override
    public String toString() {
        return id.chain() + ":" + component + ":" + id.number() + id.insertionCode();
    }
}
