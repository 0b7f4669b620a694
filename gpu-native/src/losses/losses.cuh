/* What the kernels of the loss terms share. Element type T is float or double; sums over many terms are taken in double precision, in a fixed order. */
#pragma once

#include "common/real.cuh"
#include "common/sequences.cuh"
#include "common/vectors.cuh"

namespace losses {

/** 1 / √x, and 0 for 0: points on top of each other have no direction to be pushed in. */
template <typename T> __device__ __forceinline__ T inverseLength(T square) {
    T inverse = inverseSquareRoot(square);
    return square == T(0) ? T(0) : inverse;
}

template <typename T> __device__ __forceinline__ Vector<T> vectorAt(const T* values, long index) {
    return {values[3 * index], values[3 * index + 1], values[3 * index + 2]};
}

template <typename T> __device__ __forceinline__ Vector<T> rounded(Vector<double> v) {
    return {static_cast<T>(v.x), static_cast<T>(v.y), static_cast<T>(v.z)};
}

} // namespace losses
