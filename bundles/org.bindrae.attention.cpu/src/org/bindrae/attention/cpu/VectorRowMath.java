package org.bindrae.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Single precision with the Vector API. Results do not depend on the number of lanes, but for {@link #dot}. */
final class VectorRowMath implements RowMath {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int WIDTH = LANES.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    /** Below this exp(x) counts as zero: it has no normal float. */
    private static final float EXP_UNDERFLOW = -87;
    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts, the first exact in products with small integers (Cody and Waite). */
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding and subtracting 1.5·2²³ rounds to an integer and leaves it in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;

    @Override
    public int lanes() {
        return WIDTH;
    }

    /** Four queries at a time: rows beyond the last are read and written up to a multiple of four, which {@link PackedHeads} and {@link Scratch} provide for. */
    @Override
    public void subtractDistances(MemorySegment logits, MemorySegment distances, int stride, int rows, int keys, Points points) {
        for (int i = 0; i < rows; i += 4) {
            for (int j = 0; j < keys; j += WIDTH) {
                subtractDistances(logits, distances, (long) i * stride + j, stride, points, points.queryFrom() + (long) i * points.queryStride(), points.keyFrom() + j);
            }
        }
        for (int i = 0; i < rows; i++) {
            for (int j = keys; j % WIDTH != 0; j++) {
                logits.setAtIndex(JAVA_FLOAT, (long) i * stride + j, Float.NEGATIVE_INFINITY);
                if (distances != null) {
                    distances.setAtIndex(JAVA_FLOAT, (long) i * stride + j, 0);
                }
            }
        }
    }

    private static void subtractDistances(MemorySegment logits, MemorySegment distances, long at, int stride, Points points, long query, long key) {
        MemorySegment queries = points.queries();
        MemorySegment keys = points.keys();
        int queryStride = points.queryStride();
        FloatVector sum0 = FloatVector.zero(LANES);
        FloatVector sum1 = FloatVector.zero(LANES);
        FloatVector sum2 = FloatVector.zero(LANES);
        FloatVector sum3 = FloatVector.zero(LANES);
        for (int d = 0; d < points.dimensions(); d++) {
            FloatVector k = load(keys, key + (long) d * points.keyStride());
            FloatVector difference0 = k.sub(queries.getAtIndex(JAVA_FLOAT, query + d));
            FloatVector difference1 = k.sub(queries.getAtIndex(JAVA_FLOAT, query + queryStride + d));
            FloatVector difference2 = k.sub(queries.getAtIndex(JAVA_FLOAT, query + 2L * queryStride + d));
            FloatVector difference3 = k.sub(queries.getAtIndex(JAVA_FLOAT, query + 3L * queryStride + d));
            sum0 = difference0.fma(difference0, sum0);
            sum1 = difference1.fma(difference1, sum1);
            sum2 = difference2.fma(difference2, sum2);
            sum3 = difference3.fma(difference3, sum3);
        }
        store(load(logits, at).sub(sum0), logits, at);
        store(load(logits, at + stride).sub(sum1), logits, at + stride);
        store(load(logits, at + 2L * stride).sub(sum2), logits, at + 2L * stride);
        store(load(logits, at + 3L * stride).sub(sum3), logits, at + 3L * stride);
        if (distances != null) {
            store(sum0, distances, at);
            store(sum1, distances, at + stride);
            store(sum2, distances, at + 2L * stride);
            store(sum3, distances, at + 3L * stride);
        }
    }

    @Override
    public double max(MemorySegment x, long from, int n) {
        FloatVector max = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i += WIDTH) {
            max = max.max(load(x, from + i));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    @Override
    public void exponential(MemorySegment x, long from, int n, double shift, double scale) {
        float subtrahend = (float) shift;
        float factor = (float) scale;
        for (int i = 0; i < n; i += WIDTH) {
            store(exp(load(x, from + i).sub(subtrahend)).mul(factor), x, from + i);
        }
    }

    /** exp with an error of about one unit in the last place (polynomial of Cephes), 0 below {@link #EXP_UNDERFLOW}; for arguments that do not overflow. */
    private static FloatVector exp(FloatVector x) {
        VectorMask<Float> underflow = x.compare(VectorOperators.LT, EXP_UNDERFLOW);
        FloatVector rounded = x.fma(FloatVector.broadcast(LANES, LOG2_E), FloatVector.broadcast(LANES, ROUNDER));
        FloatVector n = rounded.sub(ROUNDER);
        FloatVector r = n.fma(FloatVector.broadcast(LANES, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(LANES, -LN2_LOW), r);
        FloatVector p = r.fma(FloatVector.broadcast(LANES, 1.9875691500e-4f), FloatVector.broadcast(LANES, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(LANES, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(LANES, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(LANES, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(LANES, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r.add(1f));
        FloatVector scaled = p.reinterpretAsInts().add(rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats();
        return scaled.blend(0f, underflow);
    }

    @Override
    public void multiply(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += WIDTH) {
            store(load(x, from + i).mul(load(y, from + i)), y, from + i);
        }
    }

    @Override
    public double dot(MemorySegment x, MemorySegment y, int stride, int rows, int n) {
        FloatVector sum = FloatVector.zero(LANES);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j += WIDTH) {
                sum = load(x, (long) i * stride + j).fma(load(y, (long) i * stride + j), sum);
            }
        }
        double total = 0;
        for (float lane : sum.toArray()) {
            total += lane;
        }
        return total;
    }

    @Override
    public void scale(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n) {
        float f = (float) factor;
        int whole = LANES.loopBound(n);
        for (int i = 0; i < whole; i += WIDTH) {
            store(load(x, xFrom + i).mul(f), y, yFrom + i);
        }
        for (int i = whole; i < n; i++) {
            y.setAtIndex(JAVA_FLOAT, yFrom + i, f * x.getAtIndex(JAVA_FLOAT, xFrom + i));
        }
    }

    @Override
    public void addScaled(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n) {
        float f = (float) factor;
        FloatVector factors = FloatVector.broadcast(LANES, f);
        int whole = LANES.loopBound(n);
        for (int i = 0; i < whole; i += WIDTH) {
            store(load(x, xFrom + i).fma(factors, load(y, yFrom + i)), y, yFrom + i);
        }
        for (int i = whole; i < n; i++) {
            y.setAtIndex(JAVA_FLOAT, yFrom + i, Math.fma(f, x.getAtIndex(JAVA_FLOAT, xFrom + i), y.getAtIndex(JAVA_FLOAT, yFrom + i)));
        }
    }

    private static FloatVector load(MemorySegment memory, long index) {
        return FloatVector.fromMemorySegment(LANES, memory, index * Float.BYTES, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment memory, long index) {
        vector.intoMemorySegment(memory, index * Float.BYTES, ORDER);
    }
}
