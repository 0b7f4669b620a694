package org.bindrae.geometry;

import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Points about the mean of their sequence, in another unit. */
public final class CentredPoints {
    private CentredPoints() {
    }

    /**
     * (x − mean of the sequence)·unit. The mean, which is summed in double precision, counts as a constant in the gradient: this is for functions that do not
     * change when all points of a sequence move together, whose gradients sum to zero, so that what the mean would pass on is zero too.
     *
     * @param points [T, 3]
     * @return [T, 3]
     */
    public static Tensor of(Tape tape, Tensor points, Packing packing, double unit) {
        Tensor centred = tape.output(points.dtype(), points.shape(), points);
        GeometryKernels.of(tape.device()).centre(points, tape.offsets(packing), unit, centred);
        if (centred.requiresGradient()) {
            tape.record(() -> tape.kernels().axpby(unit, tape.gradient(centred), 1, tape.gradient(points)));
        }
        return centred;
    }
}
