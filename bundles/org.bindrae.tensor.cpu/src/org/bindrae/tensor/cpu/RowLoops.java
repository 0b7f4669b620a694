package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

/** Operations on one row of a matrix on one thread, for one element type. */
interface RowLoops {
    void layerNorm(MemorySegment x, MemorySegment gamma, MemorySegment beta, double eps, MemorySegment y, MemorySegment mean, MemorySegment rstd, int row,
            int columns);

    /** Adds to dx. */
    void layerNormBackward(MemorySegment x, MemorySegment gamma, MemorySegment mean, MemorySegment rstd, MemorySegment dy, MemorySegment dx, int row,
            int columns);

    /** Adds Σ dy·(x − mean)·rstd over rows to {@code dgamma}. */
    void layerNormGamma(MemorySegment x, MemorySegment mean, MemorySegment rstd, MemorySegment dy, int fromRow, int toRow, double[] dgamma);

    void softmax(MemorySegment x, MemorySegment y, int row, int columns);

    void softmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns);

    void logSoftmax(MemorySegment x, MemorySegment y, int row, int columns);

    void logSoftmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns);

    /** The largest of {@code n} elements from {@code from} on. */
    double max(MemorySegment x, long from, int n);

    /** x = exp(x − shift); returns the sum. */
    double exponential(MemorySegment x, long from, int n, double shift);

    /**
     * Turns pairs of elements, {@code half} apart, by angles, and scales them.
     *
     * @param rotation the cosines, then the sines of {@code half} angles, from {@code angles} on
     */
    void rotate(MemorySegment x, long from, MemorySegment rotation, long angles, int half, double scale, MemorySegment y);
}
