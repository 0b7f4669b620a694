/* What the kernels of the loss terms share. Element type T is float or double; sums over many terms are taken in double precision, in a fixed order. */
#pragma once

#include "common/real.cuh"
#include "common/sequences.cuh"

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
template <typename T> __device__ __forceinline__ T inverseLength(T square) {
    T inverse = inverseSquareRoot(square);
    return square == T(0) ? T(0) : inverse;
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

} // namespace losses
