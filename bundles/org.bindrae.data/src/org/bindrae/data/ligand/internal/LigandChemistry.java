package org.bindrae.data.ligand.internal;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.openscience.cdk.aromaticity.Aromaticity;
import org.openscience.cdk.atomtype.CDKAtomTypeMatcher;
import org.openscience.cdk.exception.CDKException;
import org.openscience.cdk.graph.Cycles;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IAtomType;
import org.openscience.cdk.interfaces.IBond;
import org.openscience.cdk.tools.CDKHydrogenAdder;
import org.openscience.cdk.tools.manipulator.AtomTypeManipulator;

/** What CDK knows of a molecule of heavy atoms: missing hydrogens, rings, aromaticity, donors and acceptors. */
final class LigandChemistry {
    private LigandChemistry() {
    }

    /**
     * @param molecule heavy atoms with positions and identifiers, bonds of known order, hydrogen counts or null; gets counts and flags
     */
    static Ligand ligand(String name, IAtomContainer molecule) {
        return ligand(name, molecule, List.of());
    }

    /** @param linked atoms with one bond more than the molecule has, in place of a hydrogen */
    static Ligand ligand(String name, IAtomContainer molecule, List<Integer> linked) {
        addHydrogens(molecule);
        for (int i : linked) {
            IAtom atom = molecule.getAtom(i);
            atom.setImplicitHydrogenCount(Math.max(0, atom.getImplicitHydrogenCount() - 1));
        }
        Cycles.markRingAtomsAndBonds(molecule);
        Aromaticity.apply(Aromaticity.Model.Daylight, molecule);
        int[] smallest = new int[molecule.getAtomCount()];
        int[] largest = new int[molecule.getAtomCount()];
        for (int[] path : Cycles.sssr(molecule).paths()) {
            int size = path.length - 1;
            for (int atom : path) {
                smallest[atom] = smallest[atom] == 0 ? size : Math.min(smallest[atom], size);
                largest[atom] = Math.max(largest[atom], size);
            }
        }
        BitSet donors = PolarAtoms.donors(molecule);
        BitSet acceptors = PolarAtoms.acceptors(molecule);
        List<LigandAtom> atoms = new ArrayList<>();
        for (IAtom atom : molecule.atoms()) {
            int i = atom.getIndex();
            atoms.add(new LigandAtom(name(atom), Cdk.number(atom) == 0 ? "*" : atom.getSymbol(), Cdk.position(atom), Cdk.charge(atom), atom.isAromatic(),
                    smallest[i], largest[i], atom.getBondCount(), hasHeteroNeighbour(atom), donors.get(i), acceptors.get(i)));
        }
        List<Ligand.Bond> bonds = new ArrayList<>();
        for (IBond bond : molecule.bonds()) {
            bonds.add(new Ligand.Bond(bond.getBegin().getIndex(), bond.getEnd().getIndex(), Math.clamp(bond.getOrder().numeric(), 1, 3)));
        }
        return new Ligand(name, atoms, bonds);
    }

    /** All types first: an atom's type looks at its neighbours. */
    private static void addHydrogens(IAtomContainer molecule) {
        CDKAtomTypeMatcher matcher = CDKAtomTypeMatcher.getInstance(Cdk.BUILDER);
        List<IAtom> open = new ArrayList<>();
        for (IAtom atom : molecule.atoms()) {
            if (atom.getImplicitHydrogenCount() == null) {
                open.add(atom);
            }
        }
        for (IAtom atom : open) {
            try {
                IAtomType type = Cdk.number(atom) == 0 ? null : matcher.findMatchingAtomType(molecule, atom);
                if (type != null) {
                    AtomTypeManipulator.configureUnsetProperties(atom, type);
                }
            } catch (CDKException e) {
                // CDK knows no such atom; it gets no hydrogens below
                atom.setAtomTypeName(null);
            }
        }
        for (IAtom atom : open) {
            atom.setImplicitHydrogenCount(hydrogens(molecule, atom));
        }
    }

    private static int hydrogens(IAtomContainer molecule, IAtom atom) {
        if (atom.getAtomTypeName() == null) {
            return 0;
        }
        try {
            CDKHydrogenAdder.getInstance(Cdk.BUILDER).addImplicitHydrogens(molecule, atom);
        } catch (CDKException e) {
            // a type without a known number of neighbours: a metal, mostly
            return 0;
        }
        return atom.getImplicitHydrogenCount() == null ? 0 : atom.getImplicitHydrogenCount();
    }

    private static boolean hasHeteroNeighbour(IAtom atom) {
        for (IBond bond : atom.bonds()) {
            if (Cdk.number(bond.getOther(atom)) != 6) {
                return true;
            }
        }
        return false;
    }

    private static String name(IAtom atom) {
        return atom.getID() == null || atom.getID().isBlank() ? (Cdk.number(atom) == 0 ? "X" : atom.getSymbol()) + (atom.getIndex() + 1) : atom.getID();
    }
}
