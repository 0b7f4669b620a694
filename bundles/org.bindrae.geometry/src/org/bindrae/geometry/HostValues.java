package org.bindrae.geometry;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** The border between tensors and the double arithmetic of this package's operations. */
final class HostValues {
    private HostValues() {
    }

    /** The result of an operation that depends on {@code inputs}. */
    static Tensor output(Tape tape, Shape shape, double[] values, Tensor... inputs) {
        Tensor result = tape.output(inputs[0].dtype(), shape, inputs);
        HostDevice.of(result);
        return result.set(values);
    }

    /** target += values; nothing when there is no target. */
    static void add(Tensor target, double[] values) {
        if (target == null) {
            return;
        }
        // reading the address of a graphics card would end the process
        HostDevice.of(target);
        DType dtype = target.dtype();
        MemorySegment memory = target.memory();
        for (int i = 0; i < values.length; i++) {
            dtype.set(memory, i, dtype.get(memory, i) + values[i]);
        }
    }

    /** Fails unless a tensor holds {@code width} values for each of {@code rows}. */
    static void require(String name, Tensor tensor, int rows, int width) {
        if (tensor.size() != (long) rows * width) {
            throw new IllegalArgumentException(name + " must be [" + rows + ", " + width + "], not " + tensor);
        }
    }

    static void require(String name, int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException(name + " must have " + expected + " values, not " + length);
        }
    }
}
