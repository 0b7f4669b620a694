package org.bindrae.attention;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The change of units at the border of the attention: Å outside, nanometres centred on the mean of each sequence inside. */
final class CentredPositions {
    private static final double NM_PER_ANGSTROM = 0.1;

    private CentredPositions() {
    }

    /**
     * (x − mean of the sequence) in nm. The mean counts as a constant in the gradient: the attention does not change when all frames of a sequence move
     * together, so the gradients with respect to its positions sum to zero and what the mean would pass on is zero too. Centring is rounding hygiene: it keeps
     * differences of a nanometre exact in a molecule far off its origin. The mean is summed in double precision.
     *
     * @param trans [T, 3] in Å
     * @return [T, 3] in nm
     */
    static Tensor nanometres(Tape tape, Tensor trans, Packing packing) {
        HostDevice.of(trans);
        DType dtype = trans.dtype();
        Tensor centred = tape.output(dtype, trans.shape(), trans);
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int axis = 0; axis < 3; axis++) {
                double sum = 0;
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    sum += dtype.get(trans.memory(), 3L * i + axis);
                }
                double mean = sum / Math.max(1, packing.length(sequence));
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    dtype.set(centred.memory(), 3L * i + axis, NM_PER_ANGSTROM * (dtype.get(trans.memory(), 3L * i + axis) - mean));
                }
            }
        }
        if (centred.requiresGradient()) {
            tape.record(() -> tape.kernels().axpby(NM_PER_ANGSTROM, tape.gradient(centred), 1, tape.gradient(trans)));
        }
        return centred;
    }
}
