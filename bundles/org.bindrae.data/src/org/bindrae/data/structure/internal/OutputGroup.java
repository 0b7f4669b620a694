package org.bindrae.data.structure.internal;

import java.util.List;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.ResidueId;
import org.bindrae.data.StructureAtom;

/**
 * A residue or group as it will be written.
 *
 * @param hetatm whether its records are HETATM
 * @param parent the standard amino acid that a modified residue counts as, null for all others
 */
record OutputGroup(ResidueId id, String component, boolean hetatm, String parent, List<StructureAtom> atoms, List<HeteroGroup.Bond> bonds) {
    static OutputGroup of(HeteroGroup group) {
        return new OutputGroup(group.id(), group.component(), group.kind() != HeteroGroup.Kind.NUCLEIC, null, group.atoms(), group.bonds());
    }
}
