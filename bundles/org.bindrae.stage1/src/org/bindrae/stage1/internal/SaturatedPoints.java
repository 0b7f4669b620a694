package org.bindrae.stage1.internal;

import org.bindrae.stage1.ConditionerKernels;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Local coordinates as inputs of a network: y = x / (4 Å · √(1 + |x|² / (10 Å)²)). Near the residue, where contacts are made, a unit is 4 Å; far away only the
 * direction is left, with a length of 2.5, however large the protein is.
 */
final class SaturatedPoints {
    private static final double UNIT = 4;
    private static final double RADIUS = 10;

    private SaturatedPoints() {
    }

    /** Points [P, 3] in Å to [P, 3]. */
    static Tensor of(Tape tape, Tensor points) {
        ConditionerKernels kernels = ConditionerKernels.of(tape.device());
        Tensor result = tape.output(points.dtype(), points.shape(), points);
        kernels.saturate(points, UNIT, RADIUS, result);
        if (result.requiresGradient()) {
            tape.record(() -> kernels.saturateBackward(points, UNIT, RADIUS, tape.gradient(result), tape.gradient(points)));
        }
        return result;
    }
}
