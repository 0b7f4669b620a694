package org.bindrae.tensor.cpu;

import static jdk.incubator.vector.VectorOperators.FMA;
import static org.bindrae.tensor.vector.VectorMath.FLOATS;
import static org.bindrae.tensor.vector.VectorMath.LANES;
import static org.bindrae.tensor.vector.VectorMath.load;
import static org.bindrae.tensor.vector.VectorMath.store;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.vector.VectorMath;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Element-wise functions of floats with the Vector API; the rare ones go to {@code rare}. Each loop is a method of its own, and GELU, the longest, two loops
 * over a block: beyond some length the compiler no longer keeps all vectors in registers.
 */
record VectorFunctions(FunctionLoops rare) implements FunctionLoops {
    /** Elements of GELU at a time, a multiple of the lanes. */
    private static final int BLOCK = 1024;
    private static final float DENSITY_AT_ZERO = 0.3989422804014327f;

    @Override
    public void forward(Unary function, MemorySegment x, MemorySegment y, long from, int n) {
        switch (function) {
            case GELU -> gelu(x, y, from, n);
            case RELU -> relu(x, y, from, n);
            case SIGMOID -> sigmoid(x, y, from, n);
            case EXP -> exp(x, y, from, n);
            case SQRT -> sqrt(x, y, from, n);
            case SQUARE -> square(x, y, from, n);
            case TANH, SOFTPLUS, LOG, RECIPROCAL -> rare.forward(function, x, y, from, n);
        }
    }

    @Override
    public void backward(Unary function, MemorySegment x, MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        switch (function) {
            case GELU -> geluBackward(x, dy, dx, from, n);
            case RELU -> reluBackward(x, dy, dx, from, n);
            case SIGMOID -> sigmoidBackward(y, dy, dx, from, n);
            case EXP -> expBackward(y, dy, dx, from, n);
            case SQRT -> sqrtBackward(y, dy, dx, from, n);
            case SQUARE -> squareBackward(x, dy, dx, from, n);
            case TANH, SOFTPLUS, LOG, RECIPROCAL -> rare.backward(function, x, y, dy, dx, from, n);
        }
    }

    private static void gelu(MemorySegment x, MemorySegment y, long from, int n) {
        float[] gaussians = new float[BLOCK];
        for (int start = 0; start < n; start += BLOCK) {
            int count = Math.min(BLOCK, n - start);
            gaussians(x, from + start, count, gaussians);
            gelu(x, gaussians, y, from + start, count);
        }
    }

    private static void gaussians(MemorySegment x, long from, int n, float[] gaussians) {
        for (int i = 0; i < n; i += LANES) {
            VectorMath.gaussian(load(x, from + i, n - i)).intoArray(gaussians, i);
        }
    }

    private static void gelu(MemorySegment x, float[] gaussians, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(v.mul(VectorMath.normalCdf(v, FloatVector.fromArray(FLOATS, gaussians, i))), y, from + i, n - i);
        }
    }

    private static void relu(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(v.blend(0f, v.compare(VectorOperators.LT, 0f)), y, from + i, n - i);
        }
    }

    private static void sigmoid(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(FloatVector.broadcast(FLOATS, 1).div(VectorMath.exp(v.neg()).add(1)), y, from + i, n - i);
        }
    }

    private static void exp(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(VectorMath.exp(v), y, from + i, n - i);
        }
    }

    private static void sqrt(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(v.sqrt(), y, from + i, n - i);
        }
    }

    private static void square(MemorySegment x, MemorySegment y, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            store(v.mul(v), y, from + i, n - i);
        }
    }

    private static void geluBackward(MemorySegment x, MemorySegment dy, MemorySegment dx, long from, int n) {
        float[] gaussians = new float[BLOCK];
        for (int start = 0; start < n; start += BLOCK) {
            int count = Math.min(BLOCK, n - start);
            gaussians(x, from + start, count, gaussians);
            geluBackward(x, gaussians, dy, dx, from + start, count);
        }
    }

    private static void geluBackward(MemorySegment x, float[] gaussians, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            FloatVector gaussian = FloatVector.fromArray(FLOATS, gaussians, i);
            FloatVector slope = v.mul(DENSITY_AT_ZERO).lanewise(FMA, gaussian, VectorMath.normalCdf(v, gaussian));
            addProduct(slope, dy, dx, from + i, n - i);
        }
    }

    private static void reluBackward(MemorySegment x, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            addProduct(FloatVector.zero(FLOATS).blend(1f, v.compare(VectorOperators.GT, 0f)), dy, dx, from + i, n - i);
        }
    }

    private static void sigmoidBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, from + i, n - i);
            addProduct(v.mul(FloatVector.broadcast(FLOATS, 1).sub(v)), dy, dx, from + i, n - i);
        }
    }

    private static void expBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, from + i, n - i);
            addProduct(v, dy, dx, from + i, n - i);
        }
    }

    private static void sqrtBackward(MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, from + i, n - i);
            addProduct(FloatVector.broadcast(FLOATS, 0.5f).div(v), dy, dx, from + i, n - i);
        }
    }

    private static void squareBackward(MemorySegment x, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, from + i, n - i);
            addProduct(v.mul(2), dy, dx, from + i, n - i);
        }
    }

    private static void addProduct(FloatVector slope, MemorySegment dy, MemorySegment dx, long at, int left) {
        store(load(dy, at, left).lanewise(FMA, slope, load(dx, at, left)), dx, at, left);
    }
}
