package org.bindrae.attention.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;

/** Plain loops in double precision: for F64, and for F32 on a JVM without the Vector API. */
record ScalarRowMath(DType dtype) implements RowMath {
    @Override
    public int lanes() {
        return 1;
    }

    @Override
    public void subtractDistances(MemorySegment logits, MemorySegment distances, int stride, int rows, int keys, Points points) {
        for (int i = 0; i < rows; i++) {
            long query = points.queryFrom() + (long) i * points.queryStride();
            for (int j = 0; j < keys; j++) {
                double sum = 0;
                for (int d = 0; d < points.dimensions(); d++) {
                    double difference = dtype.get(points.queries(), query + d) - dtype.get(points.keys(), points.keyFrom() + (long) d * points.keyStride() + j);
                    sum += difference * difference;
                }
                long at = (long) i * stride + j;
                dtype.set(logits, at, dtype.get(logits, at) - sum);
                if (distances != null) {
                    dtype.set(distances, at, sum);
                }
            }
        }
    }

    @Override
    public double max(MemorySegment x, long from, int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, dtype.get(x, from + i));
        }
        return max;
    }

    @Override
    public void exponential(MemorySegment x, long from, int n, double shift, double scale) {
        for (int i = 0; i < n; i++) {
            dtype.set(x, from + i, scale * StrictMath.exp(dtype.get(x, from + i) - shift));
        }
    }

    @Override
    public void multiply(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i++) {
            dtype.set(y, from + i, dtype.get(x, from + i) * dtype.get(y, from + i));
        }
    }

    @Override
    public double dot(MemorySegment x, MemorySegment y, int stride, int rows, int n) {
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                sum += dtype.get(x, (long) i * stride + j) * dtype.get(y, (long) i * stride + j);
            }
        }
        return sum;
    }

    @Override
    public void scale(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n) {
        for (int i = 0; i < n; i++) {
            dtype.set(y, yFrom + i, factor * dtype.get(x, xFrom + i));
        }
    }

    @Override
    public void addScaled(double factor, MemorySegment x, long xFrom, MemorySegment y, long yFrom, int n) {
        for (int i = 0; i < n; i++) {
            dtype.set(y, yFrom + i, dtype.get(y, yFrom + i) + factor * dtype.get(x, xFrom + i));
        }
    }
}
