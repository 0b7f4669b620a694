package org.bindrae.training;

import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Σ cross-entropy of the χ1 well over the residues whose χ1 is known. */
final class RotamerLoss {
    private static final int WELLS = RotamerWell.values().length;

    private RotamerLoss() {
    }

    /**
     * @param logits [T, 3]
     * @param wells true wells [T], −1 for residues that do not count
     */
    static Tensor of(Tape tape, Tensor logits, int[] wells) {
        double[] x = logits.toDoubles();
        double[] gradient = new double[x.length];
        double sum = 0;
        for (int i = 0; i < wells.length; i++) {
            if (wells[i] >= 0) {
                double largest = Math.max(x[WELLS * i], Math.max(x[WELLS * i + 1], x[WELLS * i + 2]));
                double total = 0;
                for (int well = 0; well < WELLS; well++) {
                    gradient[WELLS * i + well] = StrictMath.exp(x[WELLS * i + well] - largest);
                    total += gradient[WELLS * i + well];
                }
                for (int well = 0; well < WELLS; well++) {
                    gradient[WELLS * i + well] /= total;
                }
                gradient[WELLS * i + wells[i]] -= 1;
                sum += StrictMath.log(total) + largest - x[WELLS * i + wells[i]];
            }
        }
        return HostSum.of(tape, logits, sum, gradient);
    }
}
