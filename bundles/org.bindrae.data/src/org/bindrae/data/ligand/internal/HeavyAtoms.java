package org.bindrae.data.ligand.internal;

import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IBond;
import org.openscience.cdk.interfaces.IPseudoAtom;

/**
 * A molecule without its hydrogen atoms: they become counts of the atoms they were bonded to. Atoms are plain ones, also where the file had an alias or a
 * placeholder, so that CDK can tell their types.
 */
final class HeavyAtoms {
    /** Where hydrogen counts come from, apart from hydrogen atoms. */
    enum Counts {
        /** The molecule's own implicit counts are right and are added to. */
        GIVEN,
        /**
         * Hydrogen atoms are all there are, for carbon if any carbon has one, for other elements if anything has one; what remains unknown has a null count.
         * Charges follow from the number of bonds.
         */
        FROM_ATOMS
    }

    private HeavyAtoms() {
    }

    static IAtomContainer of(IAtomContainer source, Counts counts) {
        IAtomContainer heavy = Cdk.newMolecule();
        int[] place = new int[source.getAtomCount()];
        for (IAtom atom : source.atoms()) {
            place[atom.getIndex()] = -1;
            if (!Cdk.isHydrogen(atom)) {
                place[atom.getIndex()] = heavy.getAtomCount();
                heavy.addAtom(plain(atom));
            }
        }
        for (IBond bond : source.bonds()) {
            int a = place[bond.getBegin().getIndex()];
            int b = place[bond.getEnd().getIndex()];
            if (a >= 0 && b >= 0 && a != b && heavy.getBond(heavy.getAtom(a), heavy.getAtom(b)) == null) {
                heavy.addBond(a, b, bond.getOrder());
            }
        }
        boolean onCarbon = false;
        boolean anywhere = false;
        for (IAtom atom : source.atoms()) {
            if (!Cdk.isHydrogen(atom)) {
                anywhere |= hydrogenAtoms(atom) > 0;
                onCarbon |= hydrogenAtoms(atom) > 0 && Cdk.number(atom) == 6;
            }
        }
        for (IAtom atom : source.atoms()) {
            if (!Cdk.isHydrogen(atom)) {
                Integer given = counts == Counts.GIVEN ? atom.getImplicitHydrogenCount() : Integer.valueOf(0);
                boolean known = counts == Counts.GIVEN ? given != null : Cdk.number(atom) == 6 ? onCarbon : anywhere;
                IAtom copy = heavy.getAtom(place[atom.getIndex()]);
                copy.setImplicitHydrogenCount(known ? given + hydrogenAtoms(atom) : null);
                if (counts == Counts.FROM_ATOMS && Cdk.charge(copy) == 0) {
                    copy.setFormalCharge(ValenceCharge.of(copy));
                }
            }
        }
        return heavy;
    }

    private static IAtom plain(IAtom atom) {
        // an alias hides the element, if the file had one
        String symbol = atom instanceof IPseudoAtom pseudo && Cdk.number(atom) == 0 ? pseudo.getLabel() : atom.getSymbol();
        IAtom copy = Cdk.newAtom(symbol == null ? "R" : symbol, atom.getID(), Cdk.position(atom));
        copy.setFormalCharge(Cdk.charge(atom));
        return copy;
    }

    private static int hydrogenAtoms(IAtom atom) {
        int count = 0;
        for (IBond bond : atom.bonds()) {
            count += Cdk.isHydrogen(bond.getOther(atom)) ? 1 : 0;
        }
        return count;
    }
}
