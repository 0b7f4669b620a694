package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;

/**
 * A block of points of one residue and one head inside a row: all x, all y, all z. The distance between coordinates is the block's own: the points of a head in
 * a packed row, those of all heads in the output of a linear layer.
 *
 * @param from element index of the x of point 0
 * @param stride elements from x to y and from y to z
 */
record PointRows(DType dtype, MemorySegment memory, long from, int stride) {
    void get(int point, double[] xyz) {
        for (int axis = 0; axis < 3; axis++) {
            xyz[axis] = dtype.get(memory, from + (long) axis * stride + point);
        }
    }

    void set(int point, double scale, double[] xyz) {
        for (int axis = 0; axis < 3; axis++) {
            dtype.set(memory, from + (long) axis * stride + point, scale * xyz[axis]);
        }
    }

    void add(int point, double[] xyz) {
        for (int axis = 0; axis < 3; axis++) {
            long at = from + (long) axis * stride + point;
            dtype.set(memory, at, dtype.get(memory, at) + xyz[axis]);
        }
    }
}
