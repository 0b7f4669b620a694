package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Kernels.AdamWStep;
import org.bindrae.tensor.Kernels.Dropout;

/** Loops over consecutive elements on one thread, for one element type. Positions and counts are in elements. */
interface ElementLoops {
    enum Combination {
        ADD, MULTIPLY, MULTIPLY_ADD
    }

    /** y = a·x + b·y; with b = 0 the old y does not matter, not even NaN. */
    void axpby(double a, MemorySegment x, double b, MemorySegment y, long from, int n);

    /** y = x + b, y = x·b or y += x·b. */
    void combine(Combination operation, MemorySegment x, long xFrom, MemorySegment b, long bFrom, MemorySegment y, long yFrom, int n);

    /** The same with one b for all. */
    void combine(Combination operation, MemorySegment x, long xFrom, double b, MemorySegment y, long yFrom, int n);

    /** Σ x·w, where w may be null for 1. */
    double dot(MemorySegment x, long xFrom, MemorySegment w, long wFrom, int n);

    /** Adds Σ x·w over rows {@code fromRow} to {@code toRow} of matrices of {@code sums.length} columns to {@code sums}; w may be null for 1. */
    void columnSums(MemorySegment x, MemorySegment w, int fromRow, int toRow, double[] sums);

    /** Σ x² in double precision. */
    double sumOfSquares(MemorySegment x, long from, int n);

    boolean allFinite(MemorySegment x, long from, int n);

    /** y = x ∘ factors, or y += x ∘ factors. */
    void dropout(MemorySegment x, Dropout dropout, boolean add, MemorySegment y, long from, int n);

    void adamW(AdamWStep step, MemorySegment parameter, MemorySegment gradient, MemorySegment firstMoment, MemorySegment secondMoment, long from, int n);
}
