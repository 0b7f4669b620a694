/* What the kernels of the loss terms share. Element type T is float or double; sums over many terms are taken in double precision, in a fixed order. */
#pragma once

#include "common/device.cuh"

namespace losses {

template <typename T> struct Vector {
    T x, y, z;
};

template <typename T> __device__ __forceinline__ Vector<T> operator-(Vector<T> a, Vector<T> b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

template <typename T> __device__ __forceinline__ Vector<T> operator+(Vector<T> a, Vector<T> b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
}

template <typename T> __device__ __forceinline__ T dot(Vector<T> a, Vector<T> b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/** 1 / √x, and 0 for 0: points on top of each other have no direction to be pushed in. */
__device__ __forceinline__ float inverseLength(float square) {
    float inverse = rsqrtf(square);
    return square == 0 ? 0 : inverse;
}

__device__ __forceinline__ double inverseLength(double square) {
    return square == 0 ? 0 : 1 / sqrt(square);
}

template <typename T> __device__ __forceinline__ Vector<T> vectorAt(const T* values, long index) {
    return {values[3 * index], values[3 * index + 1], values[3 * index + 2]};
}

/** In double precision, whatever the element type. */
template <typename T> __device__ __forceinline__ Vector<double> exactAt(const T* values, long index) {
    return {static_cast<double>(values[3 * index]), static_cast<double>(values[3 * index + 1]), static_cast<double>(values[3 * index + 2])};
}

template <typename T> __device__ __forceinline__ Vector<T> rounded(Vector<double> v) {
    return {static_cast<T>(v.x), static_cast<T>(v.y), static_cast<T>(v.z)};
}

__device__ __forceinline__ float inverseRoot(float x) {
    return rsqrtf(x);
}

__device__ __forceinline__ double inverseRoot(double x) {
    return 1 / sqrt(x);
}

__device__ __forceinline__ float root(float x) {
    return sqrtf(x);
}

__device__ __forceinline__ double root(double x) {
    return sqrt(x);
}

__device__ __forceinline__ float smaller(float a, float b) {
    return fminf(a, b);
}

__device__ __forceinline__ double smaller(double a, double b) {
    return fmin(a, b);
}

__device__ __forceinline__ float larger(float a, float b) {
    return fmaxf(a, b);
}

__device__ __forceinline__ double larger(double a, double b) {
    return fmax(a, b);
}

/** The sequence s with starts[s] <= index < starts[s + 1]; sequences may be empty. */
__device__ __forceinline__ int sequenceOf(int index, const int32_t* starts, int sequences) {
    int low = 0;
    int high = sequences;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (starts[middle] <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

} // namespace losses
