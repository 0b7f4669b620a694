package org.bindrae.data.structure.internal;

/** What a group of atoms is part of. */
enum Membership {
    /** A residue of a protein chain. */
    RESIDUE,
    /** A nucleic acid chain. */
    NUCLEIC,
    WATER,
    /** None of these. */
    HETERO
}
