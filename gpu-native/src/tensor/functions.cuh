/* The element-wise functions of org.bindrae.tensor.Kernels.Unary and their derivatives. */
#pragma once

#include "common/device.cuh"

namespace tensor {

/** Ordinals of Kernels.Unary. */
enum Function { GELU, RELU, SIGMOID, TANH, SOFTPLUS, EXP, LOG, SQRT, RECIPROCAL, SQUARE };

__device__ __forceinline__ float exponential(float x) {
    return expf(x);
}

__device__ __forceinline__ double exponential(double x) {
    return exp(x);
}

__device__ __forceinline__ float logarithm(float x) {
    return logf(x);
}

__device__ __forceinline__ double logarithm(double x) {
    return log(x);
}

__device__ __forceinline__ float squareRoot(float x) {
    return sqrtf(x);
}

__device__ __forceinline__ double squareRoot(double x) {
    return sqrt(x);
}

__device__ __forceinline__ float hyperbolicTangent(float x) {
    return tanhf(x);
}

__device__ __forceinline__ double hyperbolicTangent(double x) {
    return tanh(x);
}

__device__ __forceinline__ float logarithmOfOnePlus(float x) {
    return log1pf(x);
}

__device__ __forceinline__ double logarithmOfOnePlus(double x) {
    return log1p(x);
}

/** The standard normal distribution function, accurate in the lower tail too. */
__device__ __forceinline__ float normalCdf(float x) {
    return 0.5f * erfcf(x * -0.70710678118654752f);
}

__device__ __forceinline__ double normalCdf(double x) {
    return 0.5 * erfc(x * -0.70710678118654752440);
}

template <typename T> __device__ __forceinline__ T normalDensity(T x) {
    return T(0.39894228040143267794) * exponential(T(-0.5) * x * x);
}

template <typename T> __device__ __forceinline__ T sigmoid(T x) {
    T e = exponential(x < T(0) ? x : -x);
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <typename T> __device__ __forceinline__ T gelu(T x) {
    return x * normalCdf(x);
}

template <typename T> __device__ __forceinline__ T geluDerivative(T x) {
    return normalCdf(x) + x * normalDensity(x);
}

/** f(x). FUNCTION is one of Function. */
template <int FUNCTION, typename T> __device__ __forceinline__ T valueOf(T x) {
    switch (FUNCTION) {
        case GELU: return gelu(x);
        case RELU: return x < T(0) ? T(0) : x;
        case SIGMOID: return sigmoid(x);
        case TANH: return hyperbolicTangent(x);
        case SOFTPLUS: return (x > T(0) ? x : T(0)) + logarithmOfOnePlus(exponential(x < T(0) ? x : -x));
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
