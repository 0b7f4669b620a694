/* Points and directions. */
#pragma once

#include "device.cuh"

template <typename T> struct Vector {
    T x;
    T y;
    T z;
};

template <typename T> __device__ __forceinline__ Vector<T> operator+(Vector<T> a, Vector<T> b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
}

template <typename T> __device__ __forceinline__ Vector<T> operator-(Vector<T> a, Vector<T> b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

template <typename T> __device__ __forceinline__ Vector<T> operator*(Vector<T> a, T factor) {
    return {a.x * factor, a.y * factor, a.z * factor};
}

template <typename T> __device__ __forceinline__ T dot(Vector<T> a, Vector<T> b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/** Point index of points [·, 3], in double precision whatever the element type. */
template <typename T> __device__ __forceinline__ Vector<double> loadPoint(const T* points, int64_t index) {
    return {static_cast<double>(points[3 * index]), static_cast<double>(points[3 * index + 1]), static_cast<double>(points[3 * index + 2])};
}
