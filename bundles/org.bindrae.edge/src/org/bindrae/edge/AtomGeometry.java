package org.bindrae.edge;

/**
 * What a residue sees of an atom that is not part of a protein, in this order, and zeros up to {@link #width} numbers:
 * <ol>
 * <li>one for the class of the atom, and zero for all others,
 * <li>its place in the frame of the residue, nm,
 * <li>for each backbone atom of the residue (N, CA, C, O and a virtual CB) {@link LocalGeometry#GAUSSIANS} Gaussians exp(−((d − μ)/σ)²) of their distance d,
 * with even μ between 0 and {@link #FARTHEST} Å and σ the distance between two of them.
 * </ol>
 *
 * @param classes number of classes of atoms
 */
public record AtomGeometry(int classes) {
    /** Centre of the last Gaussian, Å. */
    public static final double FARTHEST = 12;
    /** From one centre to the next, Å. */
    public static final double SPACING = FARTHEST / (LocalGeometry.GAUSSIANS - 1);

    /** Columns of a matrix of them: a multiple of four, with which graphics cards multiply faster. */
    public int width() {
        return Math.ceilDiv(distances() + LocalGeometry.ATOMS * LocalGeometry.GAUSSIANS, 4) * 4;
    }

    /** Where the Gaussians start. */
    public int distances() {
        return classes + 3;
    }
}
