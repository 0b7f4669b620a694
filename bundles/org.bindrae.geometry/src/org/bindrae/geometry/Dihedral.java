package org.bindrae.geometry;

/** A torsion angle as its sine and cosine. */
public record Dihedral(double sin, double cos) {

    /**
     * The torsion of four points about the axis b–c, IUPAC sign: clockwise positive, looking from b to c. NaN when three of them lie on a
     * line.
     */
    public static Dihedral of(Vec3 a, Vec3 b, Vec3 c, Vec3 d) {
        Vec3 axis = c.minus(b).unit();
        Vec3 normal = axis.cross(a.minus(b)).unit();
        Vec3 arm = d.minus(c);
        double sin = arm.dot(normal);
        double cos = arm.dot(normal.cross(axis));
        double norm = Math.sqrt(sin * sin + cos * cos);
        return new Dihedral(sin / norm, cos / norm);
    }

    /** The angle in (−π, π]. */
    public double radians() {
        return StrictMath.atan2(sin, cos);
    }

    /** The angle turned by π. */
    public Dihedral opposite() {
        return new Dihedral(-sin, -cos);
    }

    boolean isDefined() {
        return !Double.isNaN(sin) && !Double.isNaN(cos);
    }
}
