package org.bindrae.training.evaluation;

import org.bindrae.geometry.ResidueConstants;

/**
 * How each χ angle is cut into wells. Angles about bonds between tetrahedral atoms have the three staggered ones, cut at 0°, 120° and 240°. The last χ of ASN,
 * GLN, HIS and TRP turns a flat group, which has no such wells: six of 60°. That of ASP, GLU, PHE and TYR turns a flat symmetric group, which repeats after
 * 180°: three of 60°, in ASP and GLU centred on 0°, in PHE and TYR on 90°, where most angles lie.
 */
final class ChiWells {
    private static final double FLAT_WIDTH = 60;
    private static final double STAGGERED_WIDTH = 120;

    private ChiWells() {
    }

    /** After how many degrees the angle repeats. */
    static double period(int type, int chi) {
        return ResidueConstants.isPiPeriodic(type, chi) ? 180 : 360;
    }

    /** The well of an angle in degrees. */
    static int of(int type, int chi, double degrees) {
        double period = period(type, chi);
        boolean flat = isFlat(type, chi);
        double offset = flat && hasCarboxylate(type) ? FLAT_WIDTH / 2 : 0;
        double turn = degrees + offset;
        double rest = turn - period * Math.floor(turn / period);
        double width = flat ? FLAT_WIDTH : STAGGERED_WIDTH;
        // a tiny negative angle may round up to the period itself
        return Math.min((int) (rest / width), (int) (period / width) - 1);
    }

    private static boolean isFlat(int type, int chi) {
        boolean last = chi == ResidueConstants.chiCount(type) - 1;
        return last && switch (ResidueConstants.letter(type)) {
            case 'N', 'D', 'Q', 'E', 'H', 'F', 'W', 'Y' -> true;
            default -> false;
        };
    }

    private static boolean hasCarboxylate(int type) {
        return ResidueConstants.letter(type) == 'D' || ResidueConstants.letter(type) == 'E';
    }
}
