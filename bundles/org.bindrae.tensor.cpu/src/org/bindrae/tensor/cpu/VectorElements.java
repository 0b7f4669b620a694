package org.bindrae.tensor.cpu;

import static jdk.incubator.vector.VectorOperators.FMA;
import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;
import static org.bindrae.tensor.vector.VectorMath.load;
import static org.bindrae.tensor.vector.VectorMath.store;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Kernels.AdamWStep;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.vector.VectorMath;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Loops over floats with the Vector API. */
record VectorElements() implements ElementLoops {
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    /** Rows summed in float before the sum goes on in double precision. */
    private static final int PARTIAL_ROWS = 64;

    @Override
    public void axpby(double a, MemorySegment x, double b, MemorySegment y, long from, int n) {
        float fa = (float) a;
        float fb = (float) b;
        if (b == 0) {
            for (int i = 0; i < n; i += LANES) {
                store(load(x, from + i, n - i).mul(fa), y, from + i, n - i);
            }
        } else {
            for (int i = 0; i < n; i += LANES) {
                FloatVector by = load(y, from + i, n - i).mul(fb);
                store(load(x, from + i, n - i).lanewise(FMA, FloatVector.broadcast(FLOATS, fa), by), y, from + i, n - i);
            }
        }
    }

    @Override
    public void combine(Combination operation, MemorySegment x, long xFrom, MemorySegment b, long bFrom, MemorySegment y, long yFrom, int n) {
        switch (operation) {
            case ADD -> {
                for (int i = 0; i < n; i += LANES) {
                    store(load(x, xFrom + i, n - i).add(load(b, bFrom + i, n - i)), y, yFrom + i, n - i);
                }
            }
            case MULTIPLY -> {
                for (int i = 0; i < n; i += LANES) {
                    store(load(x, xFrom + i, n - i).mul(load(b, bFrom + i, n - i)), y, yFrom + i, n - i);
                }
            }
            case MULTIPLY_ADD -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector old = load(y, yFrom + i, n - i);
                    store(load(x, xFrom + i, n - i).lanewise(FMA, load(b, bFrom + i, n - i), old), y, yFrom + i, n - i);
                }
            }
        }
    }

    @Override
    public void combine(Combination operation, MemorySegment x, long xFrom, double b, MemorySegment y, long yFrom, int n) {
        float fb = (float) b;
        switch (operation) {
            case ADD -> {
                for (int i = 0; i < n; i += LANES) {
                    store(load(x, xFrom + i, n - i).add(fb), y, yFrom + i, n - i);
                }
            }
            case MULTIPLY -> {
                for (int i = 0; i < n; i += LANES) {
                    store(load(x, xFrom + i, n - i).mul(fb), y, yFrom + i, n - i);
                }
            }
            case MULTIPLY_ADD -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector old = load(y, yFrom + i, n - i);
                    store(load(x, xFrom + i, n - i).lanewise(FMA, FloatVector.broadcast(FLOATS, fb), old), y, yFrom + i, n - i);
                }
            }
        }
    }

    @Override
    public double dot(MemorySegment x, long xFrom, MemorySegment w, long wFrom, int n) {
        return w == null ? sum(x, xFrom, n) : product(x, xFrom, w, wFrom, n);
    }

    private static float sum(MemorySegment x, long from, int n) {
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i < n - LANES; i += 2 * LANES) {
            even = even.add(load(x, from + i, LANES));
            odd = odd.add(load(x, from + i + LANES, n - i - LANES));
        }
        if (i < n) {
            even = even.add(load(x, from + i, n - i));
        }
        return VectorMath.sum(even.add(odd));
    }

    private static float product(MemorySegment x, long xFrom, MemorySegment w, long wFrom, int n) {
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i < n - LANES; i += 2 * LANES) {
            even = load(x, xFrom + i, LANES).lanewise(FMA, load(w, wFrom + i, LANES), even);
            odd = load(x, xFrom + i + LANES, n - i - LANES).lanewise(FMA, load(w, wFrom + i + LANES, n - i - LANES), odd);
        }
        if (i < n) {
            even = load(x, xFrom + i, n - i).lanewise(FMA, load(w, wFrom + i, n - i), even);
        }
        return VectorMath.sum(even.add(odd));
    }

    @Override
    public void columnSums(MemorySegment x, MemorySegment w, int fromRow, int toRow, double[] sums) {
        int columns = sums.length;
        float[] lanes = new float[LANES];
        for (int start = fromRow; start < toRow; start += PARTIAL_ROWS) {
            int end = Math.min(toRow, start + PARTIAL_ROWS);
            for (int j = 0; j < columns; j += LANES) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int row = start; row < end; row++) {
                    long at = (long) row * columns + j;
                    FloatVector v = load(x, at, columns - j);
                    sum = w == null ? sum.add(v) : v.lanewise(FMA, load(w, at, columns - j), sum);
                }
                sum.intoArray(lanes, 0);
                for (int lane = 0; lane < Math.min(LANES, columns - j); lane++) {
                    sums[j + lane] += lanes[lane];
                }
            }
        }
    }

    @Override
    public double sumOfSquares(MemorySegment x, long from, int n) {
        DoubleVector low = DoubleVector.zero(DOUBLES);
        DoubleVector high = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            DoubleVector first = (DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 0);
            DoubleVector second = (DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 1);
            low = first.fma(first, low);
            high = second.fma(second, high);
        }
        double sum = 0;
        for (double lane : low.add(high).toArray()) {
            sum += lane;
        }
        return sum;
    }

    @Override
    public boolean allFinite(MemorySegment x, long from, int n) {
        // 0·x is NaN for an infinite x and for NaN
        FloatVector zeros = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += LANES) {
            zeros = load(x, from + i, n - i).lanewise(FMA, FloatVector.zero(FLOATS), zeros);
        }
        return zeros.compare(VectorOperators.EQ, 0f).allTrue();
    }

    @Override
    public void dropout(MemorySegment x, Dropout dropout, boolean add, MemorySegment y, long from, int n) {
        VectorDropout.run(x, dropout, add, y, from, n);
    }

    @Override
    public void adamW(AdamWStep step, MemorySegment parameter, MemorySegment gradient, MemorySegment firstMoment, MemorySegment secondMoment, long from,
            int n) {
        float gradientScale = (float) step.gradientScale();
        float beta1 = (float) step.beta1();
        float rest1 = (float) (1 - step.beta1());
        float beta2 = (float) step.beta2();
        float rest2 = (float) (1 - step.beta2());
        float rootScale = (float) step.rootScale();
        float eps = (float) step.eps();
        float decay = (float) step.decay();
        float rate = (float) step.rate();
        for (int i = 0; i < n; i += LANES) {
            long at = from + i;
            int left = n - i;
            FloatVector g = load(gradient, at, left).mul(gradientScale);
            FloatVector m = load(firstMoment, at, left).lanewise(FMA, FloatVector.broadcast(FLOATS, beta1), g.mul(rest1));
            FloatVector v = load(secondMoment, at, left).lanewise(FMA, FloatVector.broadcast(FLOATS, beta2), g.mul(g).mul(rest2));
            store(m, firstMoment, at, left);
            store(v, secondMoment, at, left);
            FloatVector change = m.mul(rate).div(v.sqrt().lanewise(FMA, rootScale, eps));
            store(load(parameter, at, left).mul(decay).sub(change), parameter, at, left);
        }
    }
}
