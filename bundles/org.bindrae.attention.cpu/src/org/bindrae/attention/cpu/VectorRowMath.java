package org.bindrae.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

import org.bindrae.tensor.vector.VectorMath;

import jdk.incubator.vector.FloatVector;

/** Single precision with the Vector API. Results do not depend on the number of lanes, but for {@link #dot}. */
final class VectorRowMath implements RowMath {
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    @Override
    public int lanes() {
        return LANES;
    }

    /**
     * Four queries at a time: rows beyond the last are read and written up to a multiple of four, which {@link PackedHeads} and {@link Scratch} provide for.
     */
    @Override
    public void subtractDistances(MemorySegment logits, MemorySegment distances, int stride, int rows, int keys, Points points) {
        for (int i = 0; i < rows; i += 4) {
            for (int j = 0; j < keys; j += LANES) {
                subtractDistances(logits, distances, (long) i * stride + j, stride, points, points.queryFrom() + (long) i * points.queryStride(),
                        points.keyFrom() + j);
            }
        }
        for (int i = 0; i < rows; i++) {
            for (int j = keys; j % LANES != 0; j++) {
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
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = FloatVector.zero(FLOATS);
        FloatVector sum2 = FloatVector.zero(FLOATS);
        FloatVector sum3 = FloatVector.zero(FLOATS);
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
        FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i += LANES) {
            max = max.max(load(x, from + i));
        }
        return VectorMath.max(max);
    }

    @Override
    public void exponential(MemorySegment x, long from, int n, double shift, double scale) {
        float subtrahend = (float) shift;
        float factor = (float) scale;
        for (int i = 0; i < n; i += LANES) {
            store(VectorMath.exp(load(x, from + i).sub(subtrahend)).mul(factor), x, from + i);
        }
    }

    @Override
    public void multiply(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(x, from + i).mul(load(y, from + i)), y, from + i);
        }
    }

    @Override
    public double dot(MemorySegment x, MemorySegment y, int stride, int rows, int n) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j += LANES) {
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
        int whole = FLOATS.loopBound(n);
        for (int i = 0; i < whole; i += LANES) {
            store(load(x, xFrom + i).mul(f), y, yFrom + i);
        }
        for (int i = whole; i < n; i++) {
            y.setAtIndex(JAVA_FLOAT, yFrom + i, f * x.getAtIndex(JAVA_FLOAT, xFrom + i));
        }
    }

    @Override
    public void addScaled(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n) {
        float f = (float) factor;
        FloatVector factors = FloatVector.broadcast(FLOATS, f);
        int whole = FLOATS.loopBound(n);
        for (int i = 0; i < whole; i += LANES) {
            store(load(x, xFrom + i).fma(factors, load(y, yFrom + i)), y, yFrom + i);
        }
        for (int i = whole; i < n; i++) {
            y.setAtIndex(JAVA_FLOAT, yFrom + i, Math.fma(f, x.getAtIndex(JAVA_FLOAT, xFrom + i), y.getAtIndex(JAVA_FLOAT, yFrom + i)));
        }
    }

    private static FloatVector load(MemorySegment memory, long index) {
        return FloatVector.fromMemorySegment(FLOATS, memory, index * Float.BYTES, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment memory, long index) {
        vector.intoMemorySegment(memory, index * Float.BYTES, ORDER);
    }
}
