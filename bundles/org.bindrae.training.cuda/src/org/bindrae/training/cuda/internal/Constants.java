package org.bindrae.training.cuda.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Arrays of the host that one operation needs on the device, copied there together. */
final class Constants {
    private static final int ALIGNMENT = 16;

    private final List<Consumer<MemorySegment>> writers = new ArrayList<>();
    private long bytes;
    private MemorySegment memory;

    /** One of the arrays; it has an address once all were {@linkplain Constants#upload uploaded}. */
    final class Part {
        private final long offset;
        private final long length;

        private Part(long offset, long length) {
            this.offset = offset;
            this.length = length;
        }

        /** Its place in the memory of the device. */
        MemorySegment address() {
            return memory.asSlice(offset, length);
        }
    }

    private Part add(long length, Consumer<MemorySegment> writer) {
        long offset = bytes;
        bytes += Math.ceilDiv(Math.max(1, length), ALIGNMENT) * ALIGNMENT;
        writers.add(host -> writer.accept(host.asSlice(offset, length)));
        return new Part(offset, length);
    }

    Part integers(int[] values) {
        return add(4L * values.length, host -> MemorySegment.copy(values, 0, host, ValueLayout.JAVA_INT, 0, values.length));
    }

    Part doubles(double[] values) {
        return add(8L * values.length, host -> MemorySegment.copy(values, 0, host, ValueLayout.JAVA_DOUBLE, 0, values.length));
    }

    /** In the element type of a prediction. */
    Part reals(DType dtype, double[] values) {
        if (dtype == DType.F64) {
            return doubles(values);
        }
        return add(4L * values.length, host -> {
            for (int i = 0; i < values.length; i++) {
                host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
            }
        });
    }

    /** Copies all arrays into memory of the tape. */
    void upload(Tape tape) {
        // whole longs, because that is how heap memory is aligned
        MemorySegment host = MemorySegment.ofArray(new long[Math.toIntExact(bytes / 8)]);
        writers.forEach(writer -> writer.accept(host));
        Tensor tensor = tape.scratch(DType.I32, Shape.of(Math.toIntExact(bytes / 4)));
        tape.device().upload(host, tensor);
        memory = tensor.memory();
    }
}
