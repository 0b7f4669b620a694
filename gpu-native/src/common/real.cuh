/* Functions of real numbers in both element types. The larger and the smaller of two numbers are max and min of the language. */
#pragma once

#include "normal.cuh"

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

template <typename T> __device__ __forceinline__ T gelu(T x) {
    return x * normalAt(x).below;
}

template <typename T> __device__ __forceinline__ T geluDerivative(T x) {
    Normal<T> normal = normalAt(x);
    return normal.below + x * normal.density;
}
