package org.bindrae.geometry;

import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Turns raw network outputs into torsions: each pair divided by its length (AlphaFold2, Algorithm 20, line 12). */
public final class UnitTorsions {
    /** Squared length below which a pair is divided by a constant instead. */
    private static final double SMALLEST = 1e-12;

    private UnitTorsions() {
    }

    /** (sin, cos) pairs, any even number of values, to pairs of length 1 in the same shape. */
    public static Tensor of(Tape tape, Tensor pairs) {
        double[] x = pairs.toDoubles();
        double[] unit = new double[x.length];
        double[] length = new double[x.length / 2];
        for (int i = 0; i < length.length; i++) {
            length[i] = Math.sqrt(Math.max(x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1], SMALLEST));
            unit[2 * i] = x[2 * i] / length[i];
            unit[2 * i + 1] = x[2 * i + 1] / length[i];
        }
        Tensor result = HostValues.output(tape, pairs.shape(), unit, pairs);
        if (result.requiresGradient()) {
            tape.record(() -> {
                double[] dy = tape.gradient(result).toDoubles();
                double[] dx = new double[x.length];
                for (int i = 0; i < length.length; i++) {
                    // of a pair divided by the constant the radial part stays
                    boolean constant = length[i] * length[i] <= SMALLEST;
                    double radial = constant ? 0 : dy[2 * i] * unit[2 * i] + dy[2 * i + 1] * unit[2 * i + 1];
                    dx[2 * i] = (dy[2 * i] - radial * unit[2 * i]) / length[i];
                    dx[2 * i + 1] = (dy[2 * i + 1] - radial * unit[2 * i + 1]) / length[i];
                }
                HostValues.add(tape.gradient(pairs), dx);
            });
        }
        return result;
    }
}
