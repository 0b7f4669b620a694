package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.AdamWStep;
import org.bindrae.tensor.Kernels.Dropout;
import org.bindrae.tensor.Philox;

/** Plain loops in double precision on elements of either floating type. */
record ScalarElements(DType type) implements ElementLoops {
    @Override
    public void axpby(double a, MemorySegment x, double b, MemorySegment y, long from, int n) {
        for (long i = from; i < from + n; i++) {
            double ax = a * type.get(x, i);
            type.set(y, i, b == 0 ? ax : ax + b * type.get(y, i));
        }
    }

    @Override
    public void combine(Combination operation, MemorySegment x, long xFrom, MemorySegment b, long bFrom, MemorySegment y, long yFrom, int n) {
        for (int i = 0; i < n; i++) {
            combineOne(operation, type.get(x, xFrom + i), type.get(b, bFrom + i), y, yFrom + i);
        }
    }

    @Override
    public void combine(Combination operation, MemorySegment x, long xFrom, double b, MemorySegment y, long yFrom, int n) {
        for (int i = 0; i < n; i++) {
            combineOne(operation, type.get(x, xFrom + i), b, y, yFrom + i);
        }
    }

    private void combineOne(Combination operation, double x, double b, MemorySegment y, long at) {
        type.set(y, at, switch (operation) {
            case ADD -> x + b;
            case MULTIPLY -> x * b;
            case MULTIPLY_ADD -> Math.fma(x, b, type.get(y, at));
        });
    }

    @Override
    public double dot(MemorySegment x, long xFrom, MemorySegment w, long wFrom, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += w == null ? type.get(x, xFrom + i) : type.get(x, xFrom + i) * type.get(w, wFrom + i);
        }
        return sum;
    }

    @Override
    public void columnSums(MemorySegment x, MemorySegment w, int fromRow, int toRow, double[] sums) {
        for (int row = fromRow; row < toRow; row++) {
            long start = (long) row * sums.length;
            for (int j = 0; j < sums.length; j++) {
                sums[j] += w == null ? type.get(x, start + j) : type.get(x, start + j) * type.get(w, start + j);
            }
        }
    }

    @Override
    public double sumOfSquares(MemorySegment x, long from, int n) {
        return dot(x, from, x, from, n);
    }

    @Override
    public boolean allFinite(MemorySegment x, long from, int n) {
        for (long i = from; i < from + n; i++) {
            if (!Double.isFinite(type.get(x, i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void dropout(MemorySegment x, Dropout dropout, boolean add, MemorySegment y, long from, int n) {
        int threshold = dropout.threshold();
        double scale = dropout.scale();
        int[] words = new int[4];
        long drawn = -1;
        for (long i = from; i < from + n; i++) {
            if (i >>> 2 != drawn) {
                drawn = i >>> 2;
                Philox.block(dropout.seed(), dropout.stream(), drawn, words);
            }
            double before = add ? type.get(y, i) : 0;
            boolean kept = words[(int) (i & 3)] >>> 8 >= threshold;
            type.set(y, i, kept ? Math.fma(type.get(x, i), scale, before) : before);
        }
    }

    @Override
    public void adamW(AdamWStep step, MemorySegment parameter, MemorySegment gradient, MemorySegment firstMoment, MemorySegment secondMoment, long from,
            int n) {
        double rate = step.rate();
        double rootScale = step.rootScale();
        double decay = step.decay();
        for (long i = from; i < from + n; i++) {
            double g = type.get(gradient, i) * step.gradientScale();
            double m = Math.fma(step.beta1(), type.get(firstMoment, i), (1 - step.beta1()) * g);
            double v = Math.fma(step.beta2(), type.get(secondMoment, i), (1 - step.beta2()) * g * g);
            type.set(firstMoment, i, m);
            type.set(secondMoment, i, v);
            double denominator = Math.fma(Math.sqrt(v), rootScale, step.eps());
            type.set(parameter, i, type.get(parameter, i) * decay - rate * m / denominator);
        }
    }
}
