/* The element-wise functions of org.bindrae.tensor.Kernels.Unary and their derivatives. */
#pragma once

#include "common/real.cuh"

namespace tensor {

/** Ordinals of Kernels.Unary. */
enum Function { GELU, RELU, SIGMOID, TANH, SOFTPLUS, EXP, LOG, SQRT, RECIPROCAL, SQUARE };

/** f(x). FUNCTION is one of Function. */
template <int FUNCTION, typename T> __device__ __forceinline__ T valueOf(T x) {
    switch (FUNCTION) {
        case GELU: return gelu(x);
        case RELU: return x < T(0) ? T(0) : x;
        case SIGMOID: return sigmoid(x);
        case TANH: return hyperbolicTangent(x);
        case SOFTPLUS: return softplus(x);
        case EXP: return exponential(x);
        case LOG: return logarithm(x);
        case SQRT: return squareRoot(x);
        case RECIPROCAL: return T(1) / x;
        default: return x * x;
    }
}

/** f'(x), where y = f(x). */
template <int FUNCTION, typename T> __device__ __forceinline__ T derivativeOf(T x, T y) {
    switch (FUNCTION) {
        case GELU: return geluDerivative(x);
        case RELU: return x > T(0) ? T(1) : T(0);
        case SIGMOID: return y * (T(1) - y);
        case TANH: return T(1) - y * y;
        case SOFTPLUS: return sigmoid(x);
        case EXP: return y;
        case LOG: return T(1) / x;
        case SQRT: return T(0.5) / y;
        case RECIPROCAL: return -y * y;
        default: return T(2) * x;
    }
}

} // namespace tensor
