package org.bindrae.data.structure.internal;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/** Decides what groups are part of: by what the file says, and where it says nothing by components and peptide bonds. */
final class Memberships {
    /** A longer C–N distance is no peptide bond; Å. */
    private static final double PEPTIDE_BOND = 2.0;
    private final List<ResidueGroup> groups;
    private final FileAtoms atoms;
    private final Map<ResidueGroup, ResidueGroup> before = new IdentityHashMap<>();
    private final Map<ResidueGroup, ResidueGroup> after = new IdentityHashMap<>();

    Memberships(List<ResidueGroup> groups, FileAtoms atoms) {
        this.groups = groups;
        this.atoms = atoms;
        Map<String, ResidueGroup> lastOfChain = new HashMap<>();
        for (ResidueGroup group : groups) {
            ResidueGroup last = lastOfChain.put(group.id().chain(), group);
            if (last != null) {
                before.put(group, last);
                after.put(last, group);
            }
        }
    }

    Map<ResidueGroup, Membership> decide() {
        Map<ResidueGroup, Membership> memberships = new IdentityHashMap<>();
        groups.forEach(group -> memberships.put(group, membership(group)));
        return memberships;
    }

    private Membership membership(ResidueGroup group) {
        String component = group.component();
        if (Components.isWater(component)) {
            return Membership.WATER;
        }
        return switch (group.role()) {
            case NONPOLYMER -> Membership.HETERO;
            case NUCLEIC -> Membership.NUCLEIC;
            case PEPTIDE -> ofChainMember(group);
            case OPEN -> ofOpen(group);
        };
    }

    private Membership ofChainMember(ResidueGroup group) {
        if (isAmino(group) || group.has("CA")) {
            return Membership.RESIDUE;
        }
        if (Components.isNucleotide(group.component()) || group.has("C1'")) {
            return Membership.NUCLEIC;
        }
        // a chromophore between amino acids stands for some; a natural product of several components is rather a ligand
        ResidueGroup previous = before.get(group);
        ResidueGroup next = after.get(group);
        return previous != null && next != null && isAmino(previous) && isAmino(next) ? Membership.RESIDUE : Membership.HETERO;
    }

    private Membership ofOpen(ResidueGroup group) {
        String component = group.component();
        if (Components.isNucleotide(component) && !group.hetatm()) {
            return Membership.NUCLEIC;
        }
        boolean amino = isAmino(group) || group.hasBackbone();
        boolean residue = group.hetatm() ? isModified(group) || amino && isLinked(group) : amino;
        return residue ? Membership.RESIDUE : Membership.HETERO;
    }

    /** Whether the file itself lists the group as a modified residue. */
    private boolean isModified(ResidueGroup group) {
        return atoms.residueParents().containsKey(group.id()) || atoms.componentParents().containsKey(group.component());
    }

    private boolean isAmino(ResidueGroup group) {
        return isModified(group) || ResidueConstants.typeOfCode(group.component()) != ResidueConstants.UNKNOWN || Components.parent(group.component()) != null;
    }

    private boolean isLinked(ResidueGroup group) {
        ResidueGroup previous = before.get(group);
        ResidueGroup next = after.get(group);
        return previous != null && isBonded(previous, group) || next != null && isBonded(group, next);
    }

    /** Whether there is a peptide bond from the first to the second: same chain and at most 2 Å between C and N. */
    static boolean isBonded(ResidueGroup first, ResidueGroup second) {
        Vec3 c = first.position("C");
        Vec3 n = second.position("N");
        return c != null && n != null && first.id().chain().equals(second.id().chain()) && c.distance(n) <= PEPTIDE_BOND;
    }
}
