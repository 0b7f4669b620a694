package org.bindrae.geometry;

import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Turns raw network outputs into torsions: each pair divided by its length (AlphaFold2, Algorithm 20, line 12). */
public final class UnitTorsions {
    /** Squared length below which a pair is divided by a constant instead. */
    static final double SMALLEST = 1e-12;

    private UnitTorsions() {
    }

    /** (sin, cos) pairs, any even number of values, to pairs of length 1 in the same shape. */
    public static Tensor of(Tape tape, Tensor pairs) {
        GeometryKernels kernels = GeometryKernels.of(tape.device());
        Tensor result = tape.output(pairs.dtype(), pairs.shape(), pairs);
        kernels.unitTorsions(pairs, result);
        if (result.requiresGradient()) {
            tape.record(() -> kernels.unitTorsionsBackward(pairs, tape.gradient(result), tape.gradient(pairs)));
        }
        return result;
    }
}
