/* Functions of real numbers in both element types. The larger and the smaller of two numbers are max and min of the language. */
#pragma once

#include "mma.cuh"

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

/** log(1 + x) */
__device__ __forceinline__ float logarithmOfOnePlus(float x) {
    return log1pf(x);
}

__device__ __forceinline__ double logarithmOfOnePlus(double x) {
    return log1p(x);
}

__device__ __forceinline__ float squareRoot(float x) {
    return sqrtf(x);
}

__device__ __forceinline__ double squareRoot(double x) {
    return sqrt(x);
}

/** 1/√x; in single precision the hardware's. */
__device__ __forceinline__ float inverseSquareRoot(float x) {
    return rsqrtf(x);
}

__device__ __forceinline__ double inverseSquareRoot(double x) {
    return 1 / sqrt(x);
}

__device__ __forceinline__ float hyperbolicTangent(float x) {
    return tanhf(x);
}

__device__ __forceinline__ double hyperbolicTangent(double x) {
    return tanh(x);
}

/** a·b + c, rounded once. */
__device__ __forceinline__ float fusedMultiplyAdd(float a, float b, float c) {
    return fmaf(a, b, c);
}

__device__ __forceinline__ double fusedMultiplyAdd(double a, double b, double c) {
    return fma(a, b, c);
}

template <typename T> __device__ __forceinline__ T sigmoid(T x) {
    T e = exponential(x < T(0) ? x : -x);
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

/** log(1 + exp(x)), whose derivative is sigmoid. */
template <typename T> __device__ __forceinline__ T softplus(T x) {
    return (x > T(0) ? x : T(0)) + logarithmOfOnePlus(exponential(x < T(0) ? x : -x));
}

/** Of the standard normal distribution at x: Φ(x), accurate in the lower tail too, and φ(x). */
template <typename T> struct Normal {
    T below;
    T density;
};

/**
 * With t = 1/(1 + |x|/4), Φ(−|x|) = exp(−x²/2)·t·(c₀ + c₁·t + … + c₉·t⁹); the coefficients, a minimax fit of ours, leave 4·10⁻⁸ of that, rounding 2·10⁻⁷ of Φ. A third
 * of the instructions of erfcf and expf.
 */
__device__ __forceinline__ Normal<float> normalAt(float x) {
    float t = reciprocalFast(fmaf(0.25f, fabsf(x), 1.0f));
    float series = 0.0197819975f;
    series = fmaf(series, t, -0.0808772614f);
    series = fmaf(series, t, 0.0955969922f);
    series = fmaf(series, t, -0.0317174269f);
    series = fmaf(series, t, 0.0636990512f);
    series = fmaf(series, t, 0.0589751721f);
    series = fmaf(series, t, 0.0816031042f);
    series = fmaf(series, t, 0.0934663558f);
    series = fmaf(series, t, 0.0997364316f);
    series = fmaf(series, t, 0.0997355667f);
    float exponential = exp2Fast(x * x * -0.72134752044448170f);
    float tail = exponential * t * series;
    return {x < 0 ? tail : 1 - tail, exponential * 0.39894228040143268f};
}

__device__ __forceinline__ Normal<double> normalAt(double x) {
    return {0.5 * erfc(x * -0.70710678118654752440), 0.39894228040143267794 * exp(-0.5 * x * x)};
}

template <typename T> __device__ __forceinline__ T gelu(T x) {
    return x * normalAt(x).below;
}

template <typename T> __device__ __forceinline__ T geluDerivative(T x) {
    Normal<T> normal = normalAt(x);
    return normal.below + x * normal.density;
}
