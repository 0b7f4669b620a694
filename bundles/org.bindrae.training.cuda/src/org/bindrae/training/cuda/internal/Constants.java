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

/** Arrays of the host that one operation needs on the device, laid out as they are copied there together. */
final class Constants {
    private static final int ALIGNMENT = 16;

    private final List<Consumer<MemorySegment>> writers = new ArrayList<>();
    private long bytes;

    /** Where one of the arrays lies among all. */
    record Part(long offset, long length) {
    }

    /** All arrays in the memory of the host, for any number of tapes. */
    record Block(MemorySegment host) {
        /** Copies them into memory of the tape. */
        Placed upload(Tape tape) {
            Tensor tensor = tape.scratch(DType.I32, Shape.of(Math.toIntExact(host.byteSize() / 4)));
            tape.device().upload(host, tensor);
            return new Placed(tensor.memory());
        }
    }

    /** All arrays in the memory of the device. */
    record Placed(MemorySegment memory) {
        MemorySegment address(Part part) {
            return memory.asSlice(part.offset, part.length);
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

    /** Lays all arrays out. */
    Block block() {
        // whole longs, because that is how heap memory is aligned
        MemorySegment host = MemorySegment.ofArray(new long[Math.toIntExact(bytes / 8)]);
        writers.forEach(writer -> writer.accept(host));
        return new Block(host);
    }
}
