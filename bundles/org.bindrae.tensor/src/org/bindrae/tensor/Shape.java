package org.bindrae.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Dimensions of a row-major contiguous tensor. Immutable; a scalar has no dimensions and size 1. */
public final class Shape {
    private final int[] dims;
    private final long size;

    private Shape(int[] dims) {
        this.dims = dims;
        long product = 1;
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
            }
            product = Math.multiplyExact(product, dim);
        }
        this.size = product;
    }

    public static Shape of(int... dims) {
        return new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** Dimension {@code axis}; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    /** Width of the last dimension (1 for a scalar): the columns of the matrix view. */
    public int columns() {
        return dims.length == 0 ? 1 : dims[dims.length - 1];
    }

    /** Product of all dimensions but the last: the rows of the matrix view. */
    public int rows() {
        long rows = 1;
        for (int i = 0; i < dims.length - 1; i++) {
            rows *= dims[i];
        }
        return Math.toIntExact(rows);
    }

    /** This shape with its last dimension replaced. */
    public Shape withColumns(int columns) {
        int[] copy = dims.clone();
        copy[copy.length - 1] = columns;
        return new Shape(copy);
    }

    public int[] toArray() {
        return dims.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining("×", "[", "]"));
    }
}
