package org.bindrae.data;

import java.nio.file.Path;
import java.util.List;

/**
 * What a structure file holds: the first model, one alternate location of each residue, no hydrogens. T residues.
 *
 * @param name file name without its endings
 * @param residues the protein's residues
 * @param residueAtoms all heavy atoms of each residue under their own names [T], also those that the residue table has no slot for
 * @param heteroGroups everything else but water and nucleic acids, in file order
 * @param waterAndNucleic water and nucleic acids, in file order: no ligand is chosen among them
 * @param links covalent bonds of hetero groups to residues or to one another, as far as the file names them
 * @param notes what was mapped, dropped or left out on the way, one sentence each
 */
public record Structure(String name, Path file, ResidueTable residues, List<List<StructureAtom>> residueAtoms, List<HeteroGroup> heteroGroups,
        List<HeteroGroup> waterAndNucleic, List<Link> links, List<String> notes) {

    /** A bond between atoms of two groups, or of a residue (the first) and a group. */
    public record Link(ResidueId a, String atomA, ResidueId b, String atomB) {
    }

    public Structure {
        residueAtoms = List.copyOf(residueAtoms);
        heteroGroups = List.copyOf(heteroGroups);
        waterAndNucleic = List.copyOf(waterAndNucleic);
        links = List.copyOf(links);
        notes = List.copyOf(notes);
        if (residueAtoms.size() != residues.size()) {
            throw new IllegalArgumentException("structure " + name + ": atoms of " + residueAtoms.size() + " residues for a table of " + residues.size());
        }
    }
}
