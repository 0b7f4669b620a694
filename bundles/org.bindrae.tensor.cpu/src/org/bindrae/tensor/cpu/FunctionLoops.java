package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Kernels.Unary;

/** Loops of element-wise functions on one thread, for one element type. Positions and counts are in elements. */
interface FunctionLoops {
    /** y = f(x) */
    void forward(Unary function, MemorySegment x, MemorySegment y, long from, int n);

    /** dx += dy·f'(x), y = f(x) */
    void backward(Unary function, MemorySegment x, MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n);
}
