package org.bindrae.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Element type of a {@link Tensor}. Floating types are {@link #F32} (work) and {@link #F64} (tests and the reference backend). */
public enum DType {
    F32(4), F64(8), I32(4);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloating() {
        return this != I32;
    }

    /** Element {@code index} of host memory of this type, widened. */
    public double get(MemorySegment data, long index) {
        return switch (this) {
            case F32 -> data.getAtIndex(ValueLayout.JAVA_FLOAT, index);
            case F64 -> data.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
            case I32 -> data.getAtIndex(ValueLayout.JAVA_INT, index);
        };
    }

    /** Sets element {@code index} of host memory of this type, rounding to it. */
    public void set(MemorySegment data, long index, double value) {
        switch (this) {
            case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
            case F64 -> data.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
            case I32 -> data.setAtIndex(ValueLayout.JAVA_INT, index, (int) value);
        }
    }
}
