package org.bindrae.training.evaluation;

/**
 * How a prediction of one residue compares with the truth. NaN where the needed true atoms are unknown or the type has no such angle.
 *
 * @param chi predicted χ1–χ4, degrees, from −180 to 180, measured on the predicted atoms; NaN also where these lie on a line
 * @param errors absolute errors of χ1–χ4, degrees, of the better of two symmetric angles; 180 where the predicted atoms lie on a line
 * @param rmsd root mean square deviation of the heavy atoms of the side chain, CB included, of the better naming of symmetric atoms, without superposition, Å;
 * NaN unless all are known
 * @param confidence 0 to 1 as the method states it, NaN where it does not
 */
public record ResidueResult(TrueResidue truth, double[] chi, double[] errors, double rmsd, double confidence) {
}
