package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.RealMath;

/** Element-wise functions in double precision on elements of either floating type. */
record ScalarFunctions(DType type) implements FunctionLoops {
    @Override
    public void forward(Unary function, MemorySegment x, MemorySegment y, long from, int n) {
        for (long i = from; i < from + n; i++) {
            type.set(y, i, value(function, type.get(x, i)));
        }
    }

    @Override
    public void backward(Unary function, MemorySegment x, MemorySegment y, MemorySegment dy, MemorySegment dx, long from, int n) {
        for (long i = from; i < from + n; i++) {
            double slope = derivative(function, type.get(x, i), type.get(y, i));
            type.set(dx, i, Math.fma(type.get(dy, i), slope, type.get(dx, i)));
        }
    }

    private static double value(Unary function, double x) {
        return switch (function) {
            case GELU -> x * RealMath.normalCdf(x);
            case RELU -> Math.max(x, 0);
            case SIGMOID -> RealMath.sigmoid(x);
            case TANH -> StrictMath.tanh(x);
            case SOFTPLUS -> RealMath.softplus(x);
            case EXP -> StrictMath.exp(x);
            case LOG -> StrictMath.log(x);
            case SQRT -> Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case SQUARE -> x * x;
        };
    }

    private static double derivative(Unary function, double x, double y) {
        return switch (function) {
            case GELU -> Math.fma(x, RealMath.normalDensity(x), RealMath.normalCdf(x));
            case RELU -> x > 0 ? 1 : 0;
            case SIGMOID -> y * (1 - y);
            case TANH -> 1 - y * y;
            case SOFTPLUS -> RealMath.sigmoid(x);
            case EXP -> y;
            case LOG -> 1 / x;
            case SQRT -> 0.5 / y;
            case RECIPROCAL -> -y * y;
            case SQUARE -> 2 * x;
        };
    }
}
