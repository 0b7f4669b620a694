package org.bindrae.data.ligand.internal;

import java.util.BitSet;

import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.smarts.SmartsPattern;

/**
 * Donors and acceptors of hydrogen bonds, as SMARTS that CDK matches; CDK's own descriptors only count them per molecule. A donor is nitrogen or oxygen with
 * hydrogen and no negative charge, or a thiol. An acceptor is an oxygen that is neither positive nor part of an aromatic ring, a nitrogen whose lone pair is
 * not shared with a ring, a double bond or a carbonyl, a thiocarbonyl or a thiolate.
 */
final class PolarAtoms {
    private static final String DONOR = "[$([#7,#8;!H0;!-]),$([SX2;H1])]";
    private static final String ACCEPTOR = "[$([O;X1,X2;!+]),$([#7;-]),$([nX2;+0]),$([NX2;+0]=*),$([NX1;+0]#*),$([NX3;+0;!$(N~[*]=,#,:[*])]),$([SX1])]";

    private PolarAtoms() {
    }

    /** Indices of the donors; hydrogens must be implicit, aromaticity and rings known. */
    static BitSet donors(IAtomContainer molecule) {
        return match(DONOR, molecule);
    }

    /** Indices of the acceptors; hydrogens must be implicit, aromaticity and rings known. */
    static BitSet acceptors(IAtomContainer molecule) {
        return match(ACCEPTOR, molecule);
    }

    private static BitSet match(String smarts, IAtomContainer molecule) {
        BitSet found = new BitSet();
        for (int[] atoms : SmartsPattern.create(smarts, Cdk.BUILDER).setPrepare(false).matchAll(molecule)) {
            found.set(atoms[0]);
        }
        return found;
    }
}
