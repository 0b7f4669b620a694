package org.bindrae.data.ligand.internal;

import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IBond;

/** Formal charges of molecules whose file does not tell them (MOL2 has partial charges, structure files mostly none), from the bonds an atom has. */
final class ValenceCharge {
    private ValenceCharge() {
    }

    /** The charge; where the number of hydrogens is unknown only a surplus of bonds counts. */
    static int of(IAtom atom) {
        boolean known = atom.getImplicitHydrogenCount() != null;
        int valence = known ? atom.getImplicitHydrogenCount() : 0;
        for (IBond bond : atom.bonds()) {
            valence += bond.getOrder().numeric();
        }
        int charge = switch (Cdk.number(atom)) {
            case 7 -> valence == 4 ? 1 : valence == 2 ? -1 : 0;
            case 8 -> valence == 3 ? 1 : valence == 1 ? -1 : 0;
            case 16, 34 -> valence == 3 ? 1 : valence == 1 ? -1 : 0;
            case 15 -> valence == 4 && atom.getBondCount() == 4 ? 1 : 0;
            case 9, 17, 35, 53 -> valence == 0 ? -1 : 0;
            default -> 0;
        };
        return known ? charge : Math.max(0, charge);
    }
}
