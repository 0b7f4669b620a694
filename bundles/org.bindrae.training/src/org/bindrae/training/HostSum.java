package org.bindrae.training;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The border between tensors and the double arithmetic of the losses. */
final class HostSum {
    private HostSum() {
    }

    /**
     * A scalar that the host computed from one tensor together with its gradient.
     *
     * @param gradient by each element of {@code input}
     */
    static Tensor of(Tape tape, Tensor input, double value, double[] gradient) {
        HostDevice.of(input);
        Tensor sum = tape.output(input.dtype(), Shape.of(1), input).set(value);
        if (sum.requiresGradient()) {
            tape.record(() -> add(tape.gradient(input), gradient, tape.gradient(sum).item()));
        }
        return sum;
    }

    /** target += factor · values; nothing when there is no target. */
    static void add(Tensor target, double[] values, double factor) {
        if (target == null) {
            return;
        }
        DType dtype = target.dtype();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != 0) {
                dtype.set(target.memory(), i, dtype.get(target.memory(), i) + factor * values[i]);
            }
        }
    }
}
