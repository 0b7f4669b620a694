package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;

/**
 * Element-wise work on rows of host memory; positions and lengths count elements. Rows of a tile may be processed up to the next multiple of {@link #lanes()}:
 * tiles are that wide, and what lies beyond the keys is kept harmless.
 */
interface RowMath {
    /** The vector form for F32 where the JVM has the Vector API, otherwise the scalar form. */
    static RowMath of(DType dtype) {
        boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return dtype == DType.F32 && vectors ? new VectorRowMath() : new ScalarRowMath(dtype);
    }

    /** Rows of tiles are padded to a multiple of this. */
    int lanes();

    /**
     * logits[i, j] −= Σ_d (query_d[i] − key_d[j])², and logits of the padding become −∞.
     *
     * @param distances receives the sums, same layout as the logits; null when not wanted
     */
    void subtractDistances(MemorySegment logits, MemorySegment distances, int stride, int rows, int keys, Points points);

    /**
     * Points of a tile of queries and a tile of keys, as D coordinates each.
     *
     * @param queries coordinate d of query i at {@code queryFrom + i·queryStride + d}
     * @param keys coordinate d of key j at {@code keyFrom + d·keyStride + j}, readable to the end of the padding
     */
    record Points(MemorySegment queries, long queryFrom, int queryStride, MemorySegment keys, long keyFrom, int keyStride, int dimensions) {
    }

    /** The largest of a padded row. */
    double max(MemorySegment x, long from, int n);

    /** x = scale·exp(x − shift) on a padded row. */
    void exponential(MemorySegment x, long from, int n, double shift, double scale);

    /** y = x·y on a padded row. */
    void multiply(MemorySegment x, MemorySegment y, long from, int n);

    /** Σ x·y over padded rows, lanes added in a fixed order. */
    double dot(MemorySegment x, MemorySegment y, int stride, int rows, int n);

    /** y = factor·x */
    void scale(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n);

    /** y += factor·x */
    void addScaled(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n);
}
