package org.bindrae.geometry;

/**
 * Repulsion of two atoms whose van der Waals spheres overlap: 0 from a distance R₀ on, then rising linearly to 1 at {@code core}·R₀, and 1 below. It has no
 * pole, because side chains that are built of a few angles with ideal bond lengths lie some tenths of an Å off. The form is that of SCWRL3 (Canutescu,
 * Shelenkov and Dunbrack 2003), where the core is 0.8254 and R₀ is 3.2 Å for two carbons, 2.9 Å for carbon and oxygen.
 *
 * @param tolerance R₀ is the sum of the radii minus this, Å
 * @param core fraction of R₀ up to which the repulsion is whole
 */
public record StericPotential(double tolerance, double core) {
    /** @throws IllegalArgumentException unless the core is a fraction below 1 */
    public StericPotential {
        if (!(core >= 0 && core < 1) || !Double.isFinite(tolerance)) {
            throw new IllegalArgumentException("a core of " + core + " and a tolerance of " + tolerance + " Å; the core must be from 0 to below 1");
        }
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
