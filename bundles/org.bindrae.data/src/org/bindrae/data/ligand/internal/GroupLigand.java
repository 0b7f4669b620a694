package org.bindrae.data.ligand.internal;

import java.util.BitSet;
import java.util.List;

import org.bindrae.data.HeteroGroup;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandException;
import org.bindrae.data.StructureAtom;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IBond;

/** Ligands from hetero groups of structure files. */
public final class GroupLigand {
    private GroupLigand() {
    }

    /** Whether bonds of this atom are kept: not those of a metal, whichever way its coordination is written. */
    public static boolean formsBonds(StructureAtom atom) {
        return BondPerception.isNonMetal(Cdk.newAtom(atom.element(), atom.name(), atom.position()));
    }

    /**
     * Makes a ligand of a group. Atoms of which the file names no bond are connected by distance; orders are perceived unless the file tells all of them.
     *
     * @param linked atoms, by place, that are bonded to another group or a residue and so carry one hydrogen less
     * @param place where the group is, for messages
     * @throws LigandException starting with the place
     */
    public static Ligand read(HeteroGroup group, List<Integer> linked, String place) throws LigandException {
        IAtomContainer molecule = Cdk.newMolecule();
        for (StructureAtom atom : group.atoms()) {
            IAtom added = Cdk.newAtom(atom.element(), atom.name(), atom.position());
            added.setFormalCharge(atom.charge());
            molecule.addAtom(added);
        }
        boolean ordered = true;
        BitSet bonded = new BitSet();
        for (HeteroGroup.Bond bond : group.bonds()) {
            if (formsBonds(group.atoms().get(bond.a())) && formsBonds(group.atoms().get(bond.b()))) {
                molecule.addBond(bond.a(), bond.b(), order(bond.order()));
                ordered &= bond.order() > 0;
            }
            bonded.set(bond.a());
            bonded.set(bond.b());
        }
        LigandFile.check(molecule, place);
        boolean complete = bonded.cardinality() == molecule.getAtomCount();
        if (!complete) {
            BondPerception.connect(molecule, bonded);
        }
        if (!ordered || !complete) {
            molecule.bonds().forEach(bond -> bond.setOrder(IBond.Order.SINGLE));
            BondPerception.assignOrders(molecule);
        }
        return LigandChemistry.ligand(group.component(), HeavyAtoms.of(molecule, HeavyAtoms.Counts.FROM_ATOMS), linked);
    }

    private static IBond.Order order(int order) {
        return switch (order) {
            case 2 -> IBond.Order.DOUBLE;
            case 3 -> IBond.Order.TRIPLE;
            default -> IBond.Order.SINGLE;
        };
    }
}
