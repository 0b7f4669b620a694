/* Points, directions and rigid frames in double precision: residues are few, and what they hold decides where atoms lie. */
#pragma once

#include "common/vectors.cuh"

namespace geometry {

using Vec3 = Vector<double>;

__device__ __forceinline__ Vec3 cross(Vec3 a, Vec3 b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

template <typename T> __device__ __forceinline__ void storePoint(T* points, int64_t index, Vec3 value) {
    points[3 * index] = static_cast<T>(value.x);
    points[3 * index + 1] = static_cast<T>(value.y);
    points[3 * index + 2] = static_cast<T>(value.z);
}

/** Zero without points. */
template <typename T> __device__ __forceinline__ Vec3 loadPointIfAny(const T* points, int64_t index) {
    return points == nullptr ? Vec3{0, 0, 0} : loadPoint(points, index);
}

/** points[index] += value, rounded once; nothing without points. */
template <typename T> __device__ __forceinline__ void addPoint(T* points, int64_t index, Vec3 value) {
    if (points != nullptr) {
        storePoint(points, index, loadPoint(points, index) + value);
    }
}

/** A matrix by its columns, the axes of a frame. */
struct Matrix3 {
    Vec3 ex;
    Vec3 ey;
    Vec3 ez;
};

/** R·v */
__device__ __forceinline__ Vec3 rotate(const Matrix3& r, Vec3 v) {
    return r.ex * v.x + r.ey * v.y + r.ez * v.z;
}

/** Rᵀ·v */
__device__ __forceinline__ Vec3 rotateBack(const Matrix3& r, Vec3 v) {
    return {dot(r.ex, v), dot(r.ey, v), dot(r.ez, v)};
}

/** Matrix index of packed ones [T, 9], row by row. */
template <typename T> __device__ __forceinline__ Matrix3 loadMatrix(const T* packed, int64_t index) {
    const T* r = packed + 9 * index;
    return {{static_cast<double>(r[0]), static_cast<double>(r[3]), static_cast<double>(r[6])},
            {static_cast<double>(r[1]), static_cast<double>(r[4]), static_cast<double>(r[7])},
            {static_cast<double>(r[2]), static_cast<double>(r[5]), static_cast<double>(r[8])}};
}

/** Zero without matrices. */
template <typename T> __device__ __forceinline__ Matrix3 loadMatrixIfAny(const T* packed, int64_t index) {
    return packed == nullptr ? Matrix3{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}} : loadMatrix(packed, index);
}

template <typename T> __device__ __forceinline__ void storeMatrix(T* packed, int64_t index, const Matrix3& m) {
    T* r = packed + 9 * index;
    r[0] = static_cast<T>(m.ex.x);
    r[1] = static_cast<T>(m.ey.x);
    r[2] = static_cast<T>(m.ez.x);
    r[3] = static_cast<T>(m.ex.y);
    r[4] = static_cast<T>(m.ey.y);
    r[5] = static_cast<T>(m.ez.y);
    r[6] = static_cast<T>(m.ex.z);
    r[7] = static_cast<T>(m.ey.z);
    r[8] = static_cast<T>(m.ez.z);
}

/** packed[index] += m, rounded once; nothing without an array. */
template <typename T> __device__ __forceinline__ void addMatrix(T* packed, int64_t index, const Matrix3& m) {
    if (packed != nullptr) {
        Matrix3 before = loadMatrix(packed, index);
        storeMatrix(packed, index, {before.ex + m.ex, before.ey + m.ey, before.ez + m.ez});
    }
}

/** m += a·bᵀ: the gradient of R, of y = R·b with gradient a of y. */
__device__ __forceinline__ void addOuter(Matrix3& m, Vec3 a, Vec3 b) {
    m.ex = m.ex + a * b.x;
    m.ey = m.ey + a * b.y;
    m.ez = m.ez + a * b.z;
}

using ::laneSum;

template <int LANES> __device__ __forceinline__ Vec3 laneSum(Vec3 v) {
    return {laneSum<LANES>(v.x), laneSum<LANES>(v.y), laneSum<LANES>(v.z)};
}

}
