package org.bindrae.training;

/** The three wells of χ1, in the order of the network's rotamer logits. */
public enum RotamerWell {
    /** g+, [0°, 120°) */
    GAUCHE_PLUS,
    /** t, [120°, 240°) */
    TRANS,
    /** g−, [240°, 360°) */
    GAUCHE_MINUS;

    /** The well of an angle in radians. */
    public static RotamerWell of(double radians) {
        double degrees = Math.toDegrees(radians);
        double turn = degrees - 360 * Math.floor(degrees / 360);
        return turn < 120 ? GAUCHE_PLUS : turn < 240 ? TRANS : GAUCHE_MINUS;
    }
}
