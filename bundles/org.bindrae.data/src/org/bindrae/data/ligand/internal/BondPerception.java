package org.bindrae.data.ligand.internal;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

import org.bindrae.geometry.Dihedral;
import org.bindrae.geometry.Vec3;
import org.openscience.cdk.config.Elements;
import org.openscience.cdk.graph.Cycles;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IBond;

/**
 * Bonds and their orders from positions alone, for hetero groups of structure files. Two non-metals are bonded when they are no further apart than their
 * covalent radii (CDK's) and {@value #SLACK} Å. As many flat carbons as possible get a double bond, to each other or to nitrogen, oxygen or sulfur with a free
 * valence, the shorter bonds first; nitro groups, azides, phosphates and sulfones get their usual form; nitrogens with four bonds get a charge.
 *
 * <p>Limits: acids come out neutral and amines unprotonated where hydrogens are missing; tautomers and reduced cofactors are as flat as they were refined;
 * metals stay unbonded, so haem counts as a porphyrin and an ion.
 */
final class BondPerception {
    private static final double SLACK = 0.4;
    private static final double SHORTEST = 0.5;
    /** A bond to hydrogen, Å, at most. */
    private static final double HYDROGEN_BOND_LENGTH = 1.3;
    /** Distance of an atom from the plane of its three neighbours up to which it counts as flat, Å (tetrahedral carbon: 0.5). */
    private static final double FLAT = 0.2;
    /** Largest torsion of a flat ring of five or six, degrees. */
    private static final double FLAT_RING = 16;
    /** Angle at an atom with two neighbours, degrees: between those of sp3 and sp2. */
    private static final double UNSATURATED = 116;
    /** Angle from which an atom counts as linear, degrees. */
    private static final double LINEAR = 160;
    private static final double TRIPLE_CARBON = 1.27;
    private static final double TRIPLE_NITROGEN = 1.24;
    /** How much longer than tabulated a bond may be to be a double bond, Å. */
    private static final double TOLERANCE = 0.05;
    /** Advantage of a double bond within a flat ring over one out of it: aromatic rings need theirs. */
    private static final double RING_SHARE = 0.2;
    /** Cost of C=NH beside C–NH2, which is the rule. */
    private static final double IMINE_COST = 0.4;
    /** Length up to which a carbon at the end of a carbon chain may be =CH2, Å. */
    private static final double TERMINAL_CARBON = 1.40;
    /** What a double bond without carbon is worth: only short ones are worth anything. */
    private static final double WITHOUT_CARBON = 0.3;
    /** Cost of a positive nitrogen: less than a carbon gains. */
    private static final double CHARGE_COST = 0.6;
    private static final Set<Integer> NON_METALS = Set.of(1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 52, 53);

    private final IAtomContainer molecule;
    private final BitSet flatRingAtoms = new BitSet();
    private final BitSet flatRingBonds = new BitSet();

    private BondPerception(IAtomContainer molecule) {
        this.molecule = molecule;
    }

    /**
     * Adds single bonds wherever distances say so.
     *
     * @param done atoms whose bonds are known; no bond between two of them is added
     */
    static void connect(IAtomContainer molecule, BitSet done) {
        List<IAtom> atoms = new ArrayList<>();
        molecule.atoms().forEach(atoms::add);
        for (IAtom a : atoms) {
            for (IAtom b : atoms.subList(a.getIndex() + 1, atoms.size())) {
                boolean known = done.get(a.getIndex()) && done.get(b.getIndex());
                if (!known && !Cdk.isHydrogen(a) && !Cdk.isHydrogen(b) && areBonded(a, b)) {
                    molecule.addBond(a.getIndex(), b.getIndex(), IBond.Order.SINGLE);
                }
            }
        }
        for (IAtom atom : atoms) {
            if (Cdk.isHydrogen(atom)) {
                atoms.stream().filter(heavy -> !Cdk.isHydrogen(heavy) && isNonMetal(heavy) && BondLength.of(atom, heavy) < HYDROGEN_BOND_LENGTH)
                        .min((x, y) -> Double.compare(BondLength.of(atom, x), BondLength.of(atom, y)))
                        .ifPresent(heavy -> molecule.addBond(atom.getIndex(), heavy.getIndex(), IBond.Order.SINGLE));
            } else {
                dropExcess(molecule, atom);
            }
        }
    }

    static boolean isNonMetal(IAtom atom) {
        return NON_METALS.contains(Cdk.number(atom));
    }

    private static boolean areBonded(IAtom a, IAtom b) {
        if (!isNonMetal(a) || !isNonMetal(b)) {
            return false;
        }
        double distance = BondLength.of(a, b);
        return distance > SHORTEST && distance < Elements.ofNumber(Cdk.number(a)).covalentRadius() + Elements.ofNumber(Cdk.number(b)).covalentRadius() + SLACK;
    }

    /** Disordered groups have atoms too close together: the longest bonds go. */
    private static void dropExcess(IAtomContainer molecule, IAtom atom) {
        int most = switch (Cdk.number(atom)) {
            case 9, 17, 35, 53 -> 1;
            case 8 -> 2;
            case 5, 6, 7 -> 4;
            default -> 6;
        };
        List<IBond> bonds = bonds(atom);
        bonds.sort(BondLength.SHORTEST_FIRST);
        bonds.stream().skip(most).forEach(molecule::removeBond);
    }

    /** Gives single bonds their orders, and atoms the charges that go with them. */
    static void assignOrders(IAtomContainer molecule) {
        var perception = new BondPerception(molecule);
        Cycles.markRingAtomsAndBonds(molecule);
        perception.findFlatRings();
        for (IAtom atom : molecule.atoms()) {
            perception.assignTriple(atom);
            perception.assignHypervalent(atom);
        }
        for (IAtom atom : molecule.atoms()) {
            perception.assignNitrogen(atom);
        }
        perception.assignDouble();
    }

    private void findFlatRings() {
        for (int[] path : Cycles.sssr(molecule).paths()) {
            int size = path.length - 1;
            if ((size == 5 || size == 6) && isFlat(path, size)) {
                for (int i = 0; i < size; i++) {
                    flatRingAtoms.set(path[i]);
                    flatRingBonds.set(molecule.getBond(molecule.getAtom(path[i]), molecule.getAtom(path[i + 1])).getIndex());
                }
            }
        }
    }

    private boolean isFlat(int[] path, int size) {
        for (int i = 0; i < size; i++) {
            double torsion = Dihedral.of(at(path[i]), at(path[(i + 1) % size]), at(path[(i + 2) % size]), at(path[(i + 3) % size])).radians();
            if (!(Math.abs(torsion) < Math.toRadians(FLAT_RING))) {
                return false;
            }
        }
        return true;
    }

    private void assignTriple(IAtom atom) {
        if (Cdk.number(atom) != 6) {
            return;
        }
        for (IBond bond : bonds(atom)) {
            IAtom other = bond.getOther(atom);
            boolean nitrile = Cdk.number(other) == 7 && other.getBondCount() == 1 && BondLength.of(bond) < TRIPLE_NITROGEN;
            boolean alkyne = Cdk.number(other) == 6 && BondLength.of(bond) < TRIPLE_CARBON && (other.getBondCount() == 1 || isLinear(other));
            if ((nitrile || alkyne) && (isLinear(atom) || alkyne && atom.getBondCount() == 1) && isOpen(atom) && isOpen(other)) {
                bond.setOrder(IBond.Order.TRIPLE);
            }
        }
    }

    /** P=O, S=O, SO2 and their selenium and nitrogen relatives: to the closest atoms that have no other bond. */
    private void assignHypervalent(IAtom atom) {
        int degree = atom.getBondCount();
        int doubles = switch (Cdk.number(atom)) {
            case 15, 33 -> degree > 3 ? 1 : 0;
            case 16, 34 -> Math.max(0, degree - 2);
            default -> 0;
        };
        List<IBond> ends = bonds(atom);
        ends.removeIf(bond -> bond.getOther(atom).getBondCount() > 1 || Cdk.number(bond.getOther(atom)) != 8 && Cdk.number(bond.getOther(atom)) != 16);
        ends.sort(BondLength.SHORTEST_FIRST);
        ends.stream().limit(doubles).forEach(bond -> bond.setOrder(IBond.Order.DOUBLE));
        if (Cdk.number(atom) == 16 && degree == 3 && ends.isEmpty()) {
            atom.setFormalCharge(1);
        }
    }

    /** Nitro groups, azides and nitrogens with four bonds. */
    private void assignNitrogen(IAtom atom) {
        if (Cdk.number(atom) != 7) {
            return;
        }
        List<IBond> bonds = bonds(atom);
        bonds.sort(BondLength.SHORTEST_FIRST);
        List<IBond> oxides = bonds.stream().filter(bond -> Cdk.number(bond.getOther(atom)) == 8 && bond.getOther(atom).getBondCount() == 1).toList();
        if (bonds.size() == 4) {
            atom.setFormalCharge(1);
            oxides.forEach(bond -> bond.getOther(atom).setFormalCharge(-1));
        } else if (bonds.size() == 3 && oxides.size() == 2) {
            atom.setFormalCharge(1);
            oxides.getFirst().setOrder(IBond.Order.DOUBLE);
            oxides.getLast().getOther(atom).setFormalCharge(-1);
        } else if (bonds.size() == 2 && isLinear(atom) && bonds.stream().allMatch(bond -> Cdk.number(bond.getOther(atom)) == 7
                && bond.getOrder() == IBond.Order.SINGLE)) {
            bonds.stream().filter(bond -> bond.getOther(atom).getBondCount() == 1).findFirst().ifPresent(end -> {
                atom.setFormalCharge(1);
                end.getOther(atom).setFormalCharge(-1);
                bonds.forEach(bond -> bond.setOrder(IBond.Order.DOUBLE));
            });
        }
    }

    private void assignDouble() {
        List<IBond> candidates = new ArrayList<>();
        List<WeightedMatching.Edge> edges = new ArrayList<>();
        BitSet unsaturated = new BitSet();
        molecule.atoms().forEach(atom -> unsaturated.set(atom.getIndex(), mayBeUnsaturated(atom)));
        for (IBond bond : molecule.bonds()) {
            int a = bond.getBegin().getIndex();
            int b = bond.getEnd().getIndex();
            if (unsaturated.get(a) && unsaturated.get(b) && BondLength.mayBeDouble(bond, TOLERANCE)) {
                candidates.add(bond);
                edges.add(new WeightedMatching.Edge(a, b, worth(bond)));
            }
        }
        WeightedMatching.choose(molecule.getAtomCount(), edges).stream().forEach(e -> {
            candidates.get(e).setOrder(IBond.Order.DOUBLE);
            candidates.get(e).atoms().forEach(atom -> {
                if (chargeCost(atom) > 0) {
                    atom.setFormalCharge(1);
                }
            });
        });
    }

    /** A saturated nitrogen is as good as an unsaturated one, but a flat carbon needs its double bond. */
    private double worth(IBond bond) {
        int carbons = (Cdk.number(bond.getBegin()) == 6 ? 1 : 0) + (Cdk.number(bond.getEnd()) == 6 ? 1 : 0);
        double gain = (carbons == 0 ? WITHOUT_CARBON : carbons) + (flatRingBonds.get(bond.getIndex()) ? RING_SHARE : 0);
        return gain + BondLength.doubleness(bond) - cost(bond.getBegin()) - cost(bond.getEnd());
    }

    private double cost(IAtom atom) {
        return Cdk.number(atom) == 7 && atom.getBondCount() == 1 ? IMINE_COST : chargeCost(atom);
    }

    private double chargeCost(IAtom atom) {
        return Cdk.number(atom) == 7 && atom.getBondCount() == 3 ? CHARGE_COST : 0;
    }

    private boolean mayBeUnsaturated(IAtom atom) {
        int degree = atom.getBondCount();
        if (!isOpen(atom) || Cdk.charge(atom) != 0) {
            return false;
        }
        return switch (Cdk.number(atom)) {
            case 6 -> switch (degree) {
                case 3 -> heightOverNeighbours(atom) < FLAT;
                case 2 -> flatRingAtoms.get(atom.getIndex()) || angle(atom) > UNSATURATED;
                case 1 -> Cdk.number(bonds(atom).getFirst().getOther(atom)) == 6 && BondLength.of(bonds(atom).getFirst()) < TERMINAL_CARBON;
                default -> false;
            };
            case 7 -> degree < 3 || degree == 3 && flatRingAtoms.get(atom.getIndex());
            case 8, 16, 34 -> degree == 1;
            default -> false;
        };
    }

    private boolean isOpen(IAtom atom) {
        return bonds(atom).stream().allMatch(bond -> bond.getOrder() == IBond.Order.SINGLE);
    }

    private boolean isLinear(IAtom atom) {
        return atom.getBondCount() == 2 && angle(atom) > LINEAR;
    }

    /** Angle between the first two bonds, degrees. */
    private static double angle(IAtom atom) {
        List<IBond> bonds = bonds(atom);
        Vec3 centre = Cdk.position(atom);
        Vec3 u = Cdk.position(bonds.get(0).getOther(atom)).minus(centre);
        Vec3 v = Cdk.position(bonds.get(1).getOther(atom)).minus(centre);
        return Math.toDegrees(Math.atan2(u.cross(v).norm(), u.dot(v)));
    }

    /** Distance from the plane of the three neighbours; 0 when these lie on a line. */
    private static double heightOverNeighbours(IAtom atom) {
        List<IBond> bonds = bonds(atom);
        Vec3 first = Cdk.position(bonds.get(0).getOther(atom));
        Vec3 normal = Cdk.position(bonds.get(1).getOther(atom)).minus(first).cross(Cdk.position(bonds.get(2).getOther(atom)).minus(first));
        return normal.norm() == 0 ? 0 : Math.abs(normal.unit().dot(Cdk.position(atom).minus(first)));
    }

    private Vec3 at(int atom) {
        return Cdk.position(molecule.getAtom(atom));
    }

    private static List<IBond> bonds(IAtom atom) {
        List<IBond> bonds = new ArrayList<>();
        atom.bonds().forEach(bonds::add);
        return bonds;
    }
}
