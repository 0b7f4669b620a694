package org.bindrae.data.structure.internal;

import java.util.List;
import java.util.Map;

import org.bindrae.data.ResidueId;

/**
 * What a structure file says, before anything is chosen or judged.
 *
 * @param placeUnit what {@link AtomSite#place} counts, such as line
 * @param sites heavy atoms of the first model, in file order
 * @param models number of models
 * @param residueParents standard amino acids that certain modified residues come from, as the file says
 * @param componentParents the same for components
 * @param componentBonds bonds of components by atom names
 * @param connections bonds between atoms of certain residues and groups
 */
record FileAtoms(String placeUnit, List<AtomSite> sites, int models, Map<ResidueId, String> residueParents, Map<String, String> componentParents,
        Map<String, List<NamedBond>> componentBonds, List<Connection> connections) {

    /** A bond of a component. Order 0 is unknown. */
    record NamedBond(String a, String b, int order) {
    }

    /** An atom by names. */
    record AtomKey(ResidueId residue, String component, String atom) {
    }

    /** A bond. Order 0 is unknown. */
    record Connection(AtomKey a, AtomKey b, int order) {
    }
}
