package org.bindrae.geometry;

/**
 * Repulsion of two atoms whose van der Waals spheres overlap: 0 from a distance R₀ on, then rising linearly to 1 at {@code core}·R₀, and 1 below. It has no
 * poles: side chains built with ideal bond lengths from a few angles each lie some tenths of an Å off. The form and {@link #CORE} are those of SCWRL3
 * (Canutescu, Shelenkov and Dunbrack 2003), whose R₀ for pairs of C, N and O differ from these by at most 0.2 Å.
 *
 * @param tolerance R₀ is the sum of the radii minus this, Å
 * @param core fraction of R₀ up to which the repulsion is whole
 */
public record StericPotential(double tolerance, double core) {
    /** The usual core. */
    public static final double CORE = 0.8254;

    /** @throws IllegalArgumentException unless the core is a fraction below 1 */
    public StericPotential {
        if (!(core >= 0 && core < 1) || !Double.isFinite(tolerance)) {
            throw new IllegalArgumentException("a core of " + core + " and a tolerance of " + tolerance + " Å; the core must be from 0 to below 1");
        }
    }

    /** With what counts as a clash as tolerance. */
    public static StericPotential defaults() {
        return new StericPotential(ClashScore.OVERLAP, CORE);
    }

    /** R₀ of two atoms with this sum of radii, Å; not positive when they never repel. */
    public double reach(double radii) {
        return radii - tolerance;
    }

    /** The repulsion of two atoms, 0 to 1. */
    public double repulsion(double reach, double squaredDistance) {
        return reach <= 0 || squaredDistance >= reach * reach ? 0 : Math.min(1, (1 - Math.sqrt(squaredDistance) / reach) / (1 - core));
    }
}
