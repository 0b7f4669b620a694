package org.bindrae.tensor.io;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;

/**
 * An array as a file holds it.
 *
 * @param data row-major, little-endian elements: exactly as many bytes as {@code shape} needs, at any alignment; for arrays read from a file a read-only view
 * of the file
 */
public record StoredArray(ElementType type, Shape shape, MemorySegment data) {
    public StoredArray {
        Objects.requireNonNull(type);
        if (data.byteSize() != Math.multiplyExact(shape.size(), type.bytes())) {
            throw new IllegalArgumentException(data.byteSize() + " bytes for " + shape + " of " + type);
        }
    }

    /** F64; the array is not copied. */
    public static StoredArray of(Shape shape, double... values) {
        return new StoredArray(ElementType.F64, shape, MemorySegment.ofArray(values));
    }

    /** F32; the array is not copied. */
    public static StoredArray of(Shape shape, float... values) {
        return new StoredArray(ElementType.F32, shape, MemorySegment.ofArray(values));
    }

    /** I32; the array is not copied. */
    public static StoredArray of(Shape shape, int... values) {
        return new StoredArray(ElementType.I32, shape, MemorySegment.ofArray(values));
    }

    /** I64; the array is not copied. */
    public static StoredArray of(Shape shape, long... values) {
        return new StoredArray(ElementType.I64, shape, MemorySegment.ofArray(values));
    }

    /** U8; the array is not copied. */
    public static StoredArray of(Shape shape, byte... values) {
        return new StoredArray(ElementType.U8, shape, MemorySegment.ofArray(values));
    }

    /** The values rounded to {@code type}. */
    public static StoredArray of(ElementType type, Shape shape, double... values) {
        if (values.length != shape.size()) {
            throw new IllegalArgumentException(values.length + " values for " + shape);
        }
        MemorySegment data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, type.bytes())]);
        for (int i = 0; i < values.length; i++) {
            type.set(data, i, values[i]);
        }
        return new StoredArray(type, shape, data);
    }

    /** A tensor's memory where the host can read it, a copy otherwise. */
    public static StoredArray of(Tensor tensor) {
        return new StoredArray(ElementType.of(tensor.dtype()), tensor.shape(), tensor.hostMemory().asSlice(0, tensor.bytes()));
    }

    /** The values in double precision. */
    public double[] doubles() {
        double[] values = new double[arrayLength()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.doubleAt(data, i);
        }
        return values;
    }

    /** The values rounded to float. */
    public float[] floats() {
        float[] values = new float[arrayLength()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) type.doubleAt(data, i);
        }
        return values;
    }

    /** The values of an integer type; IllegalStateException where the type is not one or a value does not fit. */
    public int[] ints() {
        int[] values = new int[arrayLength()];
        for (int i = 0; i < values.length; i++) {
            long value = type.longAt(data, i);
            if (value != (int) value) {
                throw new IllegalStateException("element " + i + " is " + value + ", which is no 32-bit integer");
            }
            values[i] = (int) value;
        }
        return values;
    }

    /** The values of an integer type; IllegalStateException where it is not one. */
    public long[] longs() {
        long[] values = new long[arrayLength()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.longAt(data, i);
        }
        return values;
    }

    private int arrayLength() {
        if (shape.size() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(shape + " has more elements than a Java array");
        }
        return (int) shape.size();
    }

    /** Overwrites a tensor of the same size with these values, converting between types. */
    public void copyTo(Tensor target) {
        if (target.size() != shape.size()) {
            throw new IllegalArgumentException(shape + " of " + type + " for " + target);
        }
        if (type == ElementType.of(target.dtype())) {
            target.device().upload(data, target);
        } else if (target.dtype() == DType.I32) {
            target.set(ints());
        } else {
            target.set(doubles());
        }
    }
}
