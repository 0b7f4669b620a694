/*
 * Points seen from residues (org.bindrae.geometry.LocalPoints), points about their mean (CentredPoints) and (sin, cos) pairs of length 1 (UnitTorsions). Threads
 * per point or pair in blocks of 256; sums over the points of a residue by one warp, over a sequence by one block, in double precision and a fixed order.
 *
 * Offsets [3, B + 1]: first residue, first point and first (residue, point) pair of each sequence, and the totals.
 */
#include "common/sequences.cuh"
#include "vectors.cuh"

namespace geometry {

constexpr int THREADS = 256;
constexpr int SUM_THREADS = 128;
/** Squared length below which a pair is divided by a constant instead. */
constexpr double SMALLEST = 1e-12;

template <typename T> __device__ __forceinline__ void localPoints(const T* rotations, const T* translations, const T* points, const int* offsets,
        int sequences, T* local, int pairs) {
    int pair = blockIdx.x * THREADS + threadIdx.x;
    if (pair >= pairs) {
        return;
    }
    const int* pointStarts = offsets + sequences + 1;
    const int* pairStarts = pointStarts + sequences + 1;
    int s = sequenceOf(pair, pairStarts, sequences);
    int count = pointStarts[s + 1] - pointStarts[s];
    int residue = offsets[s] + (pair - pairStarts[s]) / count;
    int point = pointStarts[s] + (pair - pairStarts[s]) % count;
    storePoint(local, pair, rotateBack(loadMatrix(rotations, residue), loadPoint(points, point) - loadPoint(translations, residue)));
}

template <typename T> __device__ __forceinline__ void localPointsBackward(const T* rotations, const T* translations, const T* points, const int* offsets,
        int sequences, const T* dLocal, T* dRotations, T* dTranslations, int residues) {
    int residue = blockIdx.x * (SUM_THREADS / WARP) + threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (residue >= residues) {
        return;
    }
    const int* pointStarts = offsets + sequences + 1;
    const int* pairStarts = pointStarts + sequences + 1;
    int s = sequenceOf(residue, offsets, sequences);
    int count = pointStarts[s + 1] - pointStarts[s];
    int64_t row = pairStarts[s] + static_cast<int64_t>(residue - offsets[s]) * count;
    Vec3 origin = loadPoint(translations, residue);
    Vec3 sum = {0, 0, 0};
    Matrix3 ofRotation = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    for (int k = lane; k < count; k += WARP) {
        Vec3 dy = loadPoint(dLocal, row + k);
        addOuter(ofRotation, loadPoint(points, pointStarts[s] + k) - origin, dy);
        sum = sum + dy;
    }
    sum = laneSum<WARP>(sum);
    ofRotation = {laneSum<WARP>(ofRotation.ex), laneSum<WARP>(ofRotation.ey), laneSum<WARP>(ofRotation.ez)};
    if (lane == 0) {
        addMatrix(dRotations, residue, ofRotation);
        addPoint(dTranslations, residue, rotate(loadMatrix(rotations, residue), sum) * -1.0);
    }
}

/** The sum over a block, in all threads; fixed order. */
__device__ __forceinline__ Vec3 blockSum(Vec3 value) {
    __shared__ Vec3 sums[THREADS / WARP];
    value = laneSum<WARP>(value);
    if (threadIdx.x % WARP == 0) {
        sums[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    value = sums[0];
#pragma unroll
    for (int warp = 1; warp < THREADS / WARP; warp++) {
        value = value + sums[warp];
    }
    return value;
}

template <typename T> __device__ __forceinline__ void centre(const T* points, const int* offsets, double unit, T* centred) {
    int start = offsets[blockIdx.x];
    int end = offsets[blockIdx.x + 1];
    Vec3 sum = {0, 0, 0};
#pragma unroll 2
    for (int i = start + threadIdx.x; i < end; i += THREADS) {
        sum = sum + loadPoint(points, i);
    }
    Vec3 mean = blockSum(sum) * (1.0 / (end > start ? end - start : 1));
    for (int i = start + threadIdx.x; i < end; i += THREADS) {
        storePoint(centred, i, (loadPoint(points, i) - mean) * unit);
    }
}

/** (sin, cos), read at once. */
template <typename T> struct alignas(2 * sizeof(T)) Pair {
    T x;
    T y;
};

template <typename T> __device__ __forceinline__ void unitTorsions(const Pair<T>* pairs, Pair<T>* unit, int64_t count) {
    int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
    if (i < count) {
        Pair<T> pair = pairs[i];
        double x = pair.x;
        double y = pair.y;
        double length = sqrt(fmax(x * x + y * y, SMALLEST));
        unit[i] = {static_cast<T>(x / length), static_cast<T>(y / length)};
    }
}

template <typename T> __device__ __forceinline__ void unitTorsionsBackward(const Pair<T>* pairs, const Pair<T>* dUnit, Pair<T>* dPairs, int64_t count) {
    int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
    if (i < count) {
        Pair<T> pair = pairs[i];
        Pair<T> upstream = dUnit[i];
        Pair<T> before = dPairs[i];
        double x = pair.x;
        double y = pair.y;
        double squares = x * x + y * y;
        double length = sqrt(fmax(squares, SMALLEST));
        double dx = upstream.x;
        double dy = upstream.y;
        // of a pair divided by the constant the radial part stays
        double radial = squares <= SMALLEST ? 0 : (dx * x + dy * y) / length;
        dPairs[i] = {static_cast<T>(before.x + (dx - radial * x / length) / length), static_cast<T>(before.y + (dy - radial * y / length) / length)};
    }
}

}

#define POINT_KERNELS(T, TYPE) \
    KERNEL(geometry::THREADS) geometry_local_points_##TYPE(const T* rotations, const T* translations, const T* points, const int* offsets, int sequences, \
            T* local, int pairs) { \
        awaitPrevious(); \
        geometry::localPoints(rotations, translations, points, offsets, sequences, local, pairs); \
    } \
    EXPORT(geometry_local_points_##TYPE) \
    KERNEL(geometry::SUM_THREADS) geometry_local_points_backward_##TYPE(const T* rotations, const T* translations, const T* points, const int* offsets, \
            int sequences, const T* dLocal, T* dRotations, T* dTranslations, int residues) { \
        awaitPrevious(); \
        geometry::localPointsBackward(rotations, translations, points, offsets, sequences, dLocal, dRotations, dTranslations, residues); \
    } \
    EXPORT(geometry_local_points_backward_##TYPE) \
    KERNEL(geometry::THREADS) geometry_centre_##TYPE(const T* points, const int* offsets, double unit, T* centred) { \
        awaitPrevious(); \
        geometry::centre(points, offsets, unit, centred); \
    } \
    EXPORT(geometry_centre_##TYPE) \
    KERNEL(geometry::THREADS) geometry_unit_torsions_##TYPE(const geometry::Pair<T>* pairs, geometry::Pair<T>* unit, int64_t count) { \
        awaitPrevious(); \
        geometry::unitTorsions(pairs, unit, count); \
    } \
    EXPORT(geometry_unit_torsions_##TYPE) \
    KERNEL(geometry::THREADS) geometry_unit_torsions_backward_##TYPE(const geometry::Pair<T>* pairs, const geometry::Pair<T>* dUnit, \
            geometry::Pair<T>* dPairs, int64_t count) { \
        awaitPrevious(); \
        geometry::unitTorsionsBackward(pairs, dUnit, dPairs, count); \
    } \
    EXPORT(geometry_unit_torsions_backward_##TYPE)

POINT_KERNELS(float, f32)
POINT_KERNELS(double, f64)
