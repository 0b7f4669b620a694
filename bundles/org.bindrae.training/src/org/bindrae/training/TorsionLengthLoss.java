package org.bindrae.training;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Σ | ‖(sin, cos)‖ − 1 | of torsions before they are normalised (AlphaFold2, Algorithm 27), over the torsions that each residue's type has. */
final class TorsionLengthLoss {
    private TorsionLengthLoss() {
    }

    /** {@code rawTorsions} [T, 7, 2]. */
    static Tensor of(Tape tape, Tensor rawTorsions, LossTarget target) {
        double[] raw = rawTorsions.toDoubles();
        double[] gradient = new double[raw.length];
        double sum = 0;
        for (int i = 0; i < raw.length / 2; i++) {
            if (target.hasTorsion(i / ResidueConstants.TORSIONS, i % ResidueConstants.TORSIONS)) {
                double length = Math.sqrt(raw[2 * i] * raw[2 * i] + raw[2 * i + 1] * raw[2 * i + 1]);
                sum += Math.abs(length - 1);
                // a pair of length 0 has no direction to grow in
                double slope = length == 0 ? 0 : Math.signum(length - 1) / length;
                gradient[2 * i] = slope * raw[2 * i];
                gradient[2 * i + 1] = slope * raw[2 * i + 1];
            }
        }
        return HostSum.of(tape, rawTorsions, sum, gradient);
    }

    /** Number of torsions that count. */
    static int count(LossTarget target) {
        int count = 0;
        for (int i = 0; i < target.torsions().mask().length; i++) {
            count += target.hasTorsion(i / ResidueConstants.TORSIONS, i % ResidueConstants.TORSIONS) ? 1 : 0;
        }
        return count;
    }
}
