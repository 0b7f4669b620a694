package org.bindrae.tensor.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

import org.bindrae.tensor.DType;

/** How a file stores one number, little-endian. Names are those of safetensors. */
public enum ElementType {
    F64(8, "<f8"), F32(4, "<f4"), F16(2, "<f2"), BF16(2, null), I64(8, "<i8"), I32(4, "<i4"), I16(2, "<i2"), I8(1, "|i1"), U8(1, "|u1"), BOOL(1, "|b1");

    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private final int bytes;
    private final String npy;

    ElementType(int bytes, String npy) {
        this.bytes = bytes;
        this.npy = npy;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloating() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            case I64, I32, I16, I8, U8, BOOL -> false;
        };
    }

    /** The {@code descr} of an NPY header; null where NPY has no such type. */
    public String npy() {
        return npy;
    }

    /** What a tensor's elements are in a file. */
    public static ElementType of(DType type) {
        return switch (type) {
            case F32 -> F32;
            case F64 -> F64;
            case I32 -> I32;
        };
    }

    /** Element {@code index}, widened; {@link #I64} is rounded beyond 2^53. */
    public double doubleAt(MemorySegment data, long index) {
        return switch (this) {
            case F64 -> data.get(DOUBLE, index * 8);
            case F32 -> data.get(FLOAT, index * 4);
            case F16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, index * 2) << 16);
            case I64, I32, I16, I8, U8, BOOL -> longAt(data, index);
        };
    }

    /** Element {@code index} of an integer type; a {@link #BOOL} is 0 or 1. */
    public long longAt(MemorySegment data, long index) {
        return switch (this) {
            case I64 -> data.get(LONG, index * 8);
            case I32 -> data.get(INT, index * 4);
            case I16 -> data.get(SHORT, index * 2);
            case I8 -> data.get(BYTE, index);
            case U8 -> data.get(BYTE, index) & 0xFF;
            case BOOL -> data.get(BYTE, index) == 0 ? 0 : 1;
            case F64, F32, F16, BF16 -> throw new IllegalStateException(this + " is no integer type");
        };
    }

    /** Sets element {@code index}, rounding to nearest (half types by way of float, integers towards zero). */
    void set(MemorySegment data, long index, double value) {
        switch (this) {
            case F64 -> data.set(DOUBLE, index * 8, value);
            case F32 -> data.set(FLOAT, index * 4, (float) value);
            case F16 -> data.set(SHORT, index * 2, Float.floatToFloat16((float) value));
            case BF16 -> data.set(SHORT, index * 2, bfloat16((float) value));
            case BOOL -> data.set(BYTE, index, (byte) (value == 0 ? 0 : 1));
            case I64, I32, I16, I8, U8 -> set(data, index, (long) value);
        }
    }

    /** Sets element {@code index} of an integer type to the low bits of {@code value}. */
    void set(MemorySegment data, long index, long value) {
        switch (this) {
            case I64 -> data.set(LONG, index * 8, value);
            case I32 -> data.set(INT, index * 4, (int) value);
            case I16 -> data.set(SHORT, index * 2, (short) value);
            case I8, U8 -> data.set(BYTE, index, (byte) value);
            case BOOL -> data.set(BYTE, index, (byte) (value == 0 ? 0 : 1));
            case F64, F32, F16, BF16 -> set(data, index, (double) value);
        }
    }

    private static short bfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16);
        }
        // to nearest, ties to even
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
