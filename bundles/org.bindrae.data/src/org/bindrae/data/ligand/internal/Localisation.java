package org.bindrae.data.ligand.internal;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

import org.openscience.cdk.aromaticity.Aromaticity;
import org.openscience.cdk.aromaticity.Kekulization;
import org.openscience.cdk.exception.CDKException;
import org.openscience.cdk.graph.Cycles;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IBond;

/**
 * Single and double bonds in place of the bonds that a file calls aromatic ({@code ar} in MOL2, type 4 in SDF). Rings are CDK's part. MOL2 also says {@code ar}
 * of carboxylates, phosphates and guanidinium, which no Kekulé structure has: there each carbon gets the shorter of its bonds as the double one, phosphorus
 * too, sulfur up to two.
 */
final class Localisation {
    private Localisation() {
    }

    /**
     * Changes the molecule. Hydrogen counts that are unknown become 0.
     *
     * @param notes gets a sentence when CDK finds no Kekulé structure and bond lengths decide
     */
    static void apply(IAtomContainer molecule, List<String> notes) {
        List<IBond> open = new ArrayList<>();
        for (IBond bond : molecule.bonds()) {
            if (bond.isAromatic()) {
                open.add(bond);
                bond.setOrder(IBond.Order.SINGLE);
            } else if (bond.getOrder() == null || bond.getOrder() == IBond.Order.UNSET) {
                bond.setOrder(IBond.Order.SINGLE);
            }
        }
        for (IAtom atom : molecule.atoms()) {
            if (atom.getImplicitHydrogenCount() == null) {
                atom.setImplicitHydrogenCount(0);
            }
        }
        if (open.isEmpty()) {
            return;
        }
        Cycles.markRingAtomsAndBonds(molecule);
        Aromaticity.clear(molecule);
        openChains(molecule, open.stream().filter(bond -> !bond.isInRing()).toList());
        rings(molecule, open.stream().filter(IBond::isInRing).toList(), notes);
    }

    private static void rings(IAtomContainer molecule, List<IBond> bonds, List<String> notes) {
        for (IBond bond : bonds) {
            bond.setIsAromatic(true);
            bond.getBegin().setIsAromatic(true);
            bond.getEnd().setIsAromatic(true);
        }
        try {
            Kekulization.kekulize(molecule);
        } catch (CDKException e) {
            // a missing charge or hydrogen: pyridinium without its charge, pyrrole without its hydrogen
            bonds.forEach(bond -> bond.setOrder(IBond.Order.SINGLE));
            matchByLength(molecule, bonds);
            notes.add("The ligand's aromatic rings have no Kekulé structure with these hydrogens and charges; double bonds were placed by length");
        }
        Aromaticity.clear(molecule);
    }

    private static void openChains(IAtomContainer molecule, List<IBond> bonds) {
        List<IBond> rest = new ArrayList<>(bonds);
        for (IAtom atom : molecule.atoms()) {
            int doubles = switch (Cdk.number(atom)) {
                case 15 -> 1;
                case 16 -> atom.getBondCount() == 4 ? 2 : 1;
                default -> 0;
            };
            if (doubles > 0) {
                List<IBond> own = new ArrayList<>(rest.stream().filter(bond -> bond.contains(atom)).toList());
                rest.removeAll(own);
                own.sort(BondLength.SHORTEST_FIRST);
                own.stream().limit(Math.max(0, doubles - doubleBonds(atom))).forEach(bond -> bond.setOrder(IBond.Order.DOUBLE));
            }
        }
        matchByLength(molecule, rest);
    }

    private static int doubleBonds(IAtom atom) {
        int count = 0;
        for (IBond bond : atom.bonds()) {
            count += bond.getOrder() == IBond.Order.DOUBLE ? 1 : 0;
        }
        return count;
    }

    private static void matchByLength(IAtomContainer molecule, List<IBond> bonds) {
        // an atom that has a double bond already takes no other
        BitSet closed = new BitSet();
        for (IBond bond : molecule.bonds()) {
            if (bond.getOrder() != IBond.Order.SINGLE) {
                closed.set(bond.getBegin().getIndex());
                closed.set(bond.getEnd().getIndex());
            }
        }
        List<IBond> candidates = new ArrayList<>();
        List<WeightedMatching.Edge> edges = new ArrayList<>();
        for (IBond bond : bonds) {
            int a = bond.getBegin().getIndex();
            int b = bond.getEnd().getIndex();
            if (!closed.get(a) && !closed.get(b)) {
                candidates.add(bond);
                edges.add(new WeightedMatching.Edge(a, b, 1 + BondLength.doubleness(bond)));
            }
        }
        WeightedMatching.choose(molecule.getAtomCount(), edges).stream().forEach(e -> candidates.get(e).setOrder(IBond.Order.DOUBLE));
    }
}
