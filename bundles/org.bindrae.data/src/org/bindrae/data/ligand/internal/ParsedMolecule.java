package org.bindrae.data.ligand.internal;

import java.util.List;

import org.openscience.cdk.interfaces.IAtomContainer;

/**
 * A molecule as its file has it.
 *
 * @param title first line or name field; may be empty
 * @param molecule with positions, and names as atom identifiers where the file has them
 * @param counts where hydrogen counts come from
 * @param notes what the reader decided
 */
record ParsedMolecule(String title, IAtomContainer molecule, HeavyAtoms.Counts counts, List<String> notes) {
}
