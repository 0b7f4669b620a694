package org.bindrae.training;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Σ weight · (1 − cos Δ) over the known torsions, Δ the angle to the nearer of the two symmetric targets.
 *
 * @param weight sum over each torsion class of the weights of residues where it is known [7]
 * @param error the same, each times 1 − cos Δ [7]
 * @param sum Σ share · error
 */
record TorsionLoss(double[] weight, double[] error, Tensor sum) {
    private static final int TORSIONS = ResidueConstants.TORSIONS;

    /**
     * @param torsions predicted (sin, cos) pairs of length 1 [T, 7, 2]
     * @param residueWeights [T]
     * @param shares of the torsion classes [7]
     */
    static TorsionLoss of(Tape tape, Tensor torsions, Torsions target, double[] residueWeights, double[] shares) {
        double[] predicted = torsions.toDoubles();
        double[] gradient = new double[predicted.length];
        double[] error = new double[TORSIONS];
        for (int i = 0; i < target.mask().length; i++) {
            if (target.mask()[i]) {
                double weight = residueWeights[i / TORSIONS];
                double given = cosine(predicted, target.sinCos(), i);
                double exchanged = cosine(predicted, target.alternative(), i);
                double[] nearer = exchanged > given ? target.alternative() : target.sinCos();
                error[i % TORSIONS] += weight * (1 - Math.max(given, exchanged));
                gradient[2 * i] = -shares[i % TORSIONS] * weight * nearer[2 * i];
                gradient[2 * i + 1] = -shares[i % TORSIONS] * weight * nearer[2 * i + 1];
            }
        }
        double sum = 0;
        for (int c = 0; c < TORSIONS; c++) {
            sum += shares[c] * error[c];
        }
        return new TorsionLoss(weights(target, residueWeights), error, HostSum.of(tape, torsions, sum, gradient));
    }

    private static double cosine(double[] predicted, double[] target, int torsion) {
        return predicted[2 * torsion] * target[2 * torsion] + predicted[2 * torsion + 1] * target[2 * torsion + 1];
    }

    /** The weights alone, which do not depend on a prediction. */
    static double[] weights(Torsions target, double[] residueWeights) {
        double[] weights = new double[TORSIONS];
        for (int i = 0; i < target.mask().length; i++) {
            weights[i % TORSIONS] += target.mask()[i] ? residueWeights[i / TORSIONS] : 0;
        }
        return weights;
    }
}
