package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;

/** Row operations in double precision on elements of either floating type. */
record ScalarRows(DType type) implements RowLoops {
    @Override
    public void layerNorm(MemorySegment x, MemorySegment gamma, MemorySegment beta, double eps, MemorySegment y, MemorySegment mean, MemorySegment rstd,
            int row, int columns) {
        long start = (long) row * columns;
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            sum += type.get(x, start + j);
        }
        double centre = sum / columns;
        double squares = 0;
        for (int j = 0; j < columns; j++) {
            double d = type.get(x, start + j) - centre;
            squares = Math.fma(d, d, squares);
        }
        double scale = 1 / Math.sqrt(squares / columns + eps);
        for (int j = 0; j < columns; j++) {
            double normal = (type.get(x, start + j) - centre) * scale;
            type.set(y, start + j, Math.fma(normal, type.get(gamma, j), type.get(beta, j)));
        }
        type.set(mean, row, centre);
        type.set(rstd, row, scale);
    }

    @Override
    public void layerNormBackward(MemorySegment x, MemorySegment gamma, MemorySegment mean, MemorySegment rstd, MemorySegment dy, MemorySegment dx, int row,
            int columns) {
        long start = (long) row * columns;
        double centre = type.get(mean, row);
        double scale = type.get(rstd, row);
        double sum = 0;
        double along = 0;
        for (int j = 0; j < columns; j++) {
            double g = type.get(dy, start + j) * type.get(gamma, j);
            sum += g;
            along = Math.fma(g, (type.get(x, start + j) - centre) * scale, along);
        }
        for (int j = 0; j < columns; j++) {
            double g = type.get(dy, start + j) * type.get(gamma, j);
            double normal = (type.get(x, start + j) - centre) * scale;
            type.set(dx, start + j, type.get(dx, start + j) + scale * (g - sum / columns - normal * (along / columns)));
        }
    }

    @Override
    public void layerNormGamma(MemorySegment x, MemorySegment mean, MemorySegment rstd, MemorySegment dy, int fromRow, int toRow, double[] dgamma) {
        for (int row = fromRow; row < toRow; row++) {
            long start = (long) row * dgamma.length;
            double centre = type.get(mean, row);
            double scale = type.get(rstd, row);
            for (int j = 0; j < dgamma.length; j++) {
                dgamma[j] = Math.fma(type.get(dy, start + j), (type.get(x, start + j) - centre) * scale, dgamma[j]);
            }
        }
    }

    @Override
    public void softmax(MemorySegment x, MemorySegment y, int row, int columns) {
        long start = (long) row * columns;
        double max = max(x, start, columns);
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            double e = StrictMath.exp(type.get(x, start + j) - max);
            sum += e;
            type.set(y, start + j, e);
        }
        for (int j = 0; j < columns; j++) {
            type.set(y, start + j, type.get(y, start + j) / sum);
        }
    }

    @Override
    public void softmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns) {
        long start = (long) row * columns;
        double along = 0;
        for (int j = 0; j < columns; j++) {
            along = Math.fma(type.get(y, start + j), type.get(dy, start + j), along);
        }
        for (int j = 0; j < columns; j++) {
            double add = type.get(y, start + j) * (type.get(dy, start + j) - along);
            type.set(dx, start + j, type.get(dx, start + j) + add);
        }
    }

    @Override
    public void logSoftmax(MemorySegment x, MemorySegment y, int row, int columns) {
        long start = (long) row * columns;
        double max = max(x, start, columns);
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            sum += StrictMath.exp(type.get(x, start + j) - max);
        }
        double log = StrictMath.log(sum);
        for (int j = 0; j < columns; j++) {
            type.set(y, start + j, type.get(x, start + j) - max - log);
        }
    }

    @Override
    public void logSoftmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns) {
        long start = (long) row * columns;
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            sum += type.get(dy, start + j);
        }
        for (int j = 0; j < columns; j++) {
            double add = type.get(dy, start + j) - StrictMath.exp(type.get(y, start + j)) * sum;
            type.set(dx, start + j, type.get(dx, start + j) + add);
        }
    }

    @Override
    public double max(MemorySegment x, long from, int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (long i = from; i < from + n; i++) {
            max = Math.max(max, type.get(x, i));
        }
        return max;
    }

    @Override
    public double exponential(MemorySegment x, long from, int n, double shift) {
        double sum = 0;
        for (long i = from; i < from + n; i++) {
            double e = StrictMath.exp(type.get(x, i) - shift);
            sum += e;
            type.set(x, i, e);
        }
        return sum;
    }

    @Override
    public void rotate(MemorySegment x, long from, MemorySegment rotation, long angles, int half, double scale, MemorySegment y) {
        for (long i = 0; i < half; i++) {
            double cosine = type.get(rotation, angles + i);
            double sine = type.get(rotation, angles + half + i);
            double first = type.get(x, from + i) * scale;
            double second = type.get(x, from + half + i) * scale;
            type.set(y, from + i, first * cosine - second * sine);
            type.set(y, from + half + i, second * cosine + first * sine);
        }
    }
}
