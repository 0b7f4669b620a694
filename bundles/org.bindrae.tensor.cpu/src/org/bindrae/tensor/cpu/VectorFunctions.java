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

/** Element-wise functions of floats with the Vector API; the rare ones go to {@code rare}. */
record VectorFunctions(FunctionLoops rare) implements FunctionLoops {
    private static final float DENSITY_AT_ZERO = 0.3989422804014327f;

    @Override
    public void forward(Unary function, MemorySegment x, MemorySegment y, long from, int n) {
        switch (function) {
            case GELU -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(x, from + i, n - i);
                    store(v.mul(VectorMath.normalCdf(v, VectorMath.gaussian(v))), y, from + i, n - i);
                }
            }
            case RELU -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(x, from + i, n - i);
                    store(v.blend(0f, v.compare(VectorOperators.LT, 0f)), y, from + i, n - i);
                }
            }
            case SIGMOID -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector e = VectorMath.exp(load(x, from + i, n - i).neg());
                    store(FloatVector.broadcast(FLOATS, 1).div(e.add(1)), y, from + i, n - i);
                }
            }
            case EXP -> {
                for (int i = 0; i < n; i += LANES) {
                    store(VectorMath.exp(load(x, from + i, n - i)), y, from + i, n - i);
                }
            }
            case SQRT -> {
                for (int i = 0; i < n; i += LANES) {
                    store(load(x, from + i, n - i).sqrt(), y, from + i, n - i);
                }
            }
            case SQUARE -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(x, from + i, n - i);
                    store(v.mul(v), y, from + i, n - i);
                }
            }
            case TANH, SOFTPLUS, LOG, RECIPROCAL -> rare.forward(function, x, y, from, n);
        }
    }

    @Override
    public void backward(Unary function, MemorySegment x, MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        switch (function) {
            case GELU -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(x, from + i, n - i);
                    FloatVector gaussian = VectorMath.gaussian(v);
                    FloatVector slope = v.mul(DENSITY_AT_ZERO).lanewise(FMA, gaussian, VectorMath.normalCdf(v, gaussian));
                    addProduct(slope, dy, dx, from + i, n - i);
                }
            }
            case RELU -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(x, from + i, n - i);
                    addProduct(FloatVector.zero(FLOATS).blend(1f, v.compare(VectorOperators.GT, 0f)), dy, dx, from + i, n - i);
                }
            }
            case SIGMOID -> {
                for (int i = 0; i < n; i += LANES) {
                    FloatVector v = load(y, from + i, n - i);
                    addProduct(v.mul(FloatVector.broadcast(FLOATS, 1).sub(v)), dy, dx, from + i, n - i);
                }
            }
            case EXP -> {
                for (int i = 0; i < n; i += LANES) {
                    addProduct(load(y, from + i, n - i), dy, dx, from + i, n - i);
                }
            }
            case SQRT -> {
                for (int i = 0; i < n; i += LANES) {
                    addProduct(FloatVector.broadcast(FLOATS, 0.5f).div(load(y, from + i, n - i)), dy, dx, from + i, n - i);
                }
            }
            case SQUARE -> {
                for (int i = 0; i < n; i += LANES) {
                    addProduct(load(x, from + i, n - i).mul(2), dy, dx, from + i, n - i);
                }
            }
            case TANH, SOFTPLUS, LOG, RECIPROCAL -> rare.backward(function, x, y, dy, dx, from, n);
        }
    }

    private static void addProduct(FloatVector slope, MemorySegment dy, MemorySegment dx, long at, int left) {
        store(load(dy, at, left).lanewise(FMA, slope, load(dx, at, left)), dx, at, left);
    }
}
