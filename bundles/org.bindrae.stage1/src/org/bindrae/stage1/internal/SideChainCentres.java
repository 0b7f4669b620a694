package org.bindrae.stage1.internal;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/**
 * Where a side chain lies as far as its type and backbone tell: the mean position of its heavy atoms over all combinations of staggered χ angles (60°, 180°,
 * 300°), at ideal bond lengths and angles. For glycine CA, for the unknown type the CB of alanine.
 */
public final class SideChainCentres {
    private static final int STAGGERED = 3;
    private static final List<Vec3> IN_FRAME = IntStream.rangeClosed(0, ResidueConstants.UNKNOWN).mapToObj(SideChainCentres::ofType).toList();

    private SideChainCentres() {
    }

    /** The centres of residues of these types on these frames [T, 3], Å. */
    public static double[] of(BackboneFrames frames, int[] types) {
        double[] centres = new double[3 * types.length];
        for (int i = 0; i < types.length; i++) {
            frames.frame(i).apply(IN_FRAME.get(types[i])).store(centres, i);
        }
        return centres;
    }

    private static Vec3 ofType(int type) {
        if (type == ResidueConstants.UNKNOWN) {
            return ofType(ResidueConstants.typeOfLetter('A'));
        }
        int atoms = ResidueConstants.atoms(type).size() - ResidueConstants.CB;
        if (atoms == 0) {
            return Vec3.ZERO;
        }
        int chis = ResidueConstants.chiCount(type);
        int conformations = IntStream.range(0, chis).reduce(1, (product, chi) -> STAGGERED * product);
        Vec3 sum = Vec3.ZERO;
        for (int conformation = 0; conformation < conformations; conformation++) {
            double[] positions = ForwardKinematics.atoms(identity(), torsions(conformation, chis), new int[] {type});
            for (int slot = ResidueConstants.CB; slot < ResidueConstants.CB + atoms; slot++) {
                sum = sum.plus(Vec3.at(positions, slot));
            }
        }
        return sum.times(1.0 / (conformations * atoms));
    }

    private static BackboneFrames identity() {
        return new BackboneFrames(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, new double[3], new boolean[] {true});
    }

    /** (sin, cos) with the χ angles that the digits of {@code conformation} to base three say. */
    private static double[] torsions(int conformation, int chis) {
        double[] torsions = new double[2 * ResidueConstants.TORSIONS];
        Arrays.setAll(torsions, i -> i % 2);
        int digits = conformation;
        for (int chi = 0; chi < chis; chi++) {
            double angle = Math.PI * (2 * (digits % STAGGERED) + 1) / STAGGERED;
            int at = 2 * (ResidueConstants.TORSIONS - ResidueConstants.CHIS + chi);
            torsions[at] = StrictMath.sin(angle);
            torsions[at + 1] = StrictMath.cos(angle);
            digits /= STAGGERED;
        }
        return torsions;
    }
}
