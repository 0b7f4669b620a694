package org.bindrae.data.structure.internal;

import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;

/**
 * One record of a structure file: a heavy atom at one alternate location.
 *
 * @param place line of a PDB file, row of an mmCIF table, counted from 1
 * @param hetatm whether the file calls it HETATM
 * @param location alternate location, empty for atoms that have only one
 * @param serial the number that PDB connections refer to, −1 without one
 */
record AtomSite(int place, boolean hetatm, ResidueId residue, String component, String location, StructureAtom atom, int serial, Role role) {
    /** What a file says an atom is part of. */
    enum Role {
        /** A chain of amino acids. */
        PEPTIDE,
        /** A nucleic acid chain. */
        NUCLEIC,
        /** No chain. */
        NONPOLYMER,
        /** The file does not say. */
        OPEN
    }

    AtomSite withRole(Role newRole) {
        return new AtomSite(place, hetatm, residue, component, location, atom, serial, newRole);
    }

    String name() {
        return atom.name();
    }
}
