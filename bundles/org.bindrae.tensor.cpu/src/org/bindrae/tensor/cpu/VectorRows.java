package org.bindrae.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static jdk.incubator.vector.VectorOperators.FMA;
import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;
import static org.bindrae.tensor.vector.VectorMath.load;
import static org.bindrae.tensor.vector.VectorMath.pad;
import static org.bindrae.tensor.vector.VectorMath.store;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.vector.VectorMath;

import jdk.incubator.vector.FloatVector;

/** Row operations on floats with the Vector API. */
record VectorRows(ElementLoops elements) implements RowLoops {
    private static final int PARTIAL_ROWS = 64;

    @Override
    public void layerNorm(MemorySegment x, MemorySegment gamma, MemorySegment beta, double eps, MemorySegment y, MemorySegment mean, MemorySegment rstd,
            int row, int columns) {
        long start = (long) row * columns;
        float centre = (float) (elements.dot(x, start, null, 0, columns) / columns);
        FloatVector sum = FloatVector.zero(FLOATS);
        FloatVector squares = FloatVector.zero(FLOATS);
        for (int j = 0; j < columns; j += LANES) {
            FloatVector d = pad(load(x, start + j, columns - j).sub(centre), columns - j, 0);
            sum = sum.add(d);
            squares = d.lanewise(FMA, d, squares);
        }
        // what rounding left of the mean: without it, rows far from zero that hardly vary would come out wrong
        float shift = VectorMath.sum(sum) / columns;
        double variance = Math.max(0, VectorMath.sum(squares) / columns - (double) shift * shift);
        float scale = (float) (1 / Math.sqrt(variance + eps));
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector normal = load(x, start + j, left).sub(centre).sub(shift).mul(scale);
            store(normal.lanewise(FMA, load(gamma, j, left), load(beta, j, left)), y, start + j, left);
        }
        mean.setAtIndex(JAVA_FLOAT, row, centre + shift);
        rstd.setAtIndex(JAVA_FLOAT, row, scale);
    }

    @Override
    public void layerNormBackward(MemorySegment x, MemorySegment gamma, MemorySegment mean, MemorySegment rstd, MemorySegment dy, MemorySegment dx, int row,
            int columns) {
        long start = (long) row * columns;
        float centre = mean.getAtIndex(JAVA_FLOAT, row);
        float scale = rstd.getAtIndex(JAVA_FLOAT, row);
        FloatVector sum = FloatVector.zero(FLOATS);
        FloatVector along = FloatVector.zero(FLOATS);
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector g = load(dy, start + j, left).mul(load(gamma, j, left));
            sum = sum.add(g);
            along = g.lanewise(FMA, load(x, start + j, left).sub(centre), along);
        }
        float meanGradient = VectorMath.sum(sum) / columns;
        float meanAlong = VectorMath.sum(along) * scale / columns;
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector g = load(dy, start + j, left).mul(load(gamma, j, left));
            FloatVector normal = load(x, start + j, left).sub(centre).mul(scale);
            FloatVector across = g.sub(meanGradient).sub(normal.mul(meanAlong));
            store(across.lanewise(FMA, FloatVector.broadcast(FLOATS, scale), load(dx, start + j, left)), dx, start + j, left);
        }
    }

    @Override
    public void layerNormGamma(MemorySegment x, MemorySegment mean, MemorySegment rstd, MemorySegment dy, int fromRow, int toRow, double[] dgamma) {
        int columns = dgamma.length;
        float[] lanes = new float[LANES];
        for (int first = fromRow; first < toRow; first += PARTIAL_ROWS) {
            int last = Math.min(toRow, first + PARTIAL_ROWS);
            for (int j = 0; j < columns; j += LANES) {
                int left = columns - j;
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int row = first; row < last; row++) {
                    long at = (long) row * columns + j;
                    FloatVector normal = load(x, at, left).sub(mean.getAtIndex(JAVA_FLOAT, row)).mul(rstd.getAtIndex(JAVA_FLOAT, row));
                    sum = normal.lanewise(FMA, load(dy, at, left), sum);
                }
                sum.intoArray(lanes, 0);
                for (int lane = 0; lane < Math.min(LANES, left); lane++) {
                    dgamma[j + lane] += lanes[lane];
                }
            }
        }
    }

    @Override
    public void softmax(MemorySegment x, MemorySegment y, int row, int columns) {
        long start = (long) row * columns;
        float max = (float) max(x, start, columns);
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector e = VectorMath.exp(load(x, start + j, left).sub(max));
            sum = sum.add(pad(e, left, 0));
            store(e, y, start + j, left);
        }
        elements.combine(ElementLoops.Combination.MULTIPLY, y, start, 1.0 / VectorMath.sum(sum), y, start, columns);
    }

    @Override
    public void softmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns) {
        long start = (long) row * columns;
        float along = (float) elements.dot(y, start, dy, start, columns);
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector across = load(dy, start + j, left).sub(along);
            store(across.lanewise(FMA, load(y, start + j, left), load(dx, start + j, left)), dx, start + j, left);
        }
    }

    @Override
    public void logSoftmax(MemorySegment x, MemorySegment y, int row, int columns) {
        long start = (long) row * columns;
        float max = (float) max(x, start, columns);
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            sum = sum.add(pad(VectorMath.exp(load(x, start + j, left).sub(max)), left, 0));
        }
        float log = (float) StrictMath.log(VectorMath.sum(sum));
        for (int j = 0; j < columns; j += LANES) {
            store(load(x, start + j, columns - j).sub(max).sub(log), y, start + j, columns - j);
        }
    }

    @Override
    public void logSoftmaxBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, int row, int columns) {
        long start = (long) row * columns;
        float sum = (float) elements.dot(dy, start, null, 0, columns);
        for (int j = 0; j < columns; j += LANES) {
            int left = columns - j;
            FloatVector add = VectorMath.exp(load(y, start + j, left)).lanewise(FMA, FloatVector.broadcast(FLOATS, -sum), load(dy, start + j, left));
            store(load(dx, start + j, left).add(add), dx, start + j, left);
        }
    }

    @Override
    public double max(MemorySegment x, long from, int n) {
        FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < n; j += LANES) {
            max = max.max(pad(load(x, from + j, n - j), n - j, Float.NEGATIVE_INFINITY));
        }
        return VectorMath.max(max);
    }

    @Override
    public double exponential(MemorySegment x, long from, int n, double shift) {
        float subtrahend = (float) shift;
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int j = 0; j < n; j += LANES) {
            int left = n - j;
            FloatVector e = VectorMath.exp(load(x, from + j, left).sub(subtrahend));
            sum = sum.add(pad(e, left, 0));
            store(e, x, from + j, left);
        }
        return VectorMath.sum(sum);
    }

    @Override
    public void rotate(MemorySegment x, long from, MemorySegment rotation, long angles, int half, double scale, MemorySegment y) {
        float factor = (float) scale;
        for (int j = 0; j < half; j += LANES) {
            int left = half - j;
            FloatVector cosine = load(rotation, angles + j, left);
            FloatVector sine = load(rotation, angles + half + j, left);
            FloatVector first = load(x, from + j, left).mul(factor);
            FloatVector second = load(x, from + half + j, left).mul(factor);
            store(first.mul(cosine).sub(second.mul(sine)), y, from + j, left);
            store(second.mul(cosine).add(first.mul(sine)), y, from + half + j, left);
        }
    }
}
