package org.bindrae.data.ligand.internal;

import java.util.Comparator;
import java.util.List;

import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IBond;

/**
 * What the length of a bond says of its order. Lengths in Å: single bonds between unsaturated atoms, and double bonds, averages of Allen et al., J. Chem. Soc.
 * Perkin Trans. 2 (1987) S1.
 */
final class BondLength {
    static final Comparator<IBond> SHORTEST_FIRST = Comparator.comparingDouble((IBond bond) -> of(bond)).thenComparing(IBond::getIndex);
    /** Half the range of {@link #doubleness}: less than half a bond, so that length never costs a double bond. */
    private static final double SHARE = 0.3;

    private record Pair(int a, int b, double single, double twofold) {
    }

    private static final List<Pair> PAIRS = List.of(new Pair(6, 6, 1.46, 1.34), new Pair(6, 7, 1.38, 1.28), new Pair(6, 8, 1.35, 1.21),
            new Pair(6, 16, 1.76, 1.66),
            new Pair(7, 7, 1.37, 1.25), new Pair(7, 8, 1.39, 1.22), new Pair(8, 15, 1.58, 1.49), new Pair(8, 16, 1.57, 1.44), new Pair(7, 16, 1.63, 1.54));

    private BondLength() {
    }

    static double of(IBond bond) {
        return of(bond.getBegin(), bond.getEnd());
    }

    static double of(IAtom a, IAtom b) {
        return Cdk.position(a).distance(Cdk.position(b));
    }

    /** −0.3 for the length of a single bond or more, 0.3 for that of a double bond or less; 0 for elements not tabulated. */
    static double doubleness(IBond bond) {
        int low = Math.min(Cdk.number(bond.getBegin()), Cdk.number(bond.getEnd()));
        int high = Math.max(Cdk.number(bond.getBegin()), Cdk.number(bond.getEnd()));
        return PAIRS.stream().filter(pair -> pair.a() == low && pair.b() == high).findFirst()
                .map(pair -> Math.clamp((pair.single() + pair.twofold() - 2 * of(bond)) / (pair.single() - pair.twofold()), -1.0, 1.0) * SHARE).orElse(0.0);
    }

    /** Whether a bond is no longer than single bonds between unsaturated atoms are, give or take what crystal structures err. */
    static boolean mayBeDouble(IBond bond, double tolerance) {
        int low = Math.min(Cdk.number(bond.getBegin()), Cdk.number(bond.getEnd()));
        int high = Math.max(Cdk.number(bond.getBegin()), Cdk.number(bond.getEnd()));
        return PAIRS.stream().anyMatch(pair -> pair.a() == low && pair.b() == high && of(bond) <= pair.single() + tolerance);
    }
}
