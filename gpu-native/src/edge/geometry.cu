/*
 * What residues see of their neighbours (org.bindrae.edge.EdgeKernels.localGeometry): per pair Gaussians of the distances of their atoms, the atoms and axes
 * of the neighbour in the frame of the residue, the step along the chain. A warp per pair: its lanes take a distance each and a number of the frame, and then
 * write the row side by side, the Gaussians of one centre always by the same lane. Eight pairs per block, no shared memory, 32 registers; bound by the memory it
 * writes. Distances and frames are computed in double precision, the Gaussians of their offsets in that of the result.
 */
#include "common/real.cuh"
#include "common/vectors.cuh"

namespace edge {

constexpr int PAIR_THREADS = 256;

/* As in org.bindrae.edge.LocalGeometry. */
constexpr int ATOMS = 5;
constexpr int ALPHA = 1;
constexpr int GAUSSIANS = 16;
/** Å */
constexpr double LAST_CENTRE = 20;
/** Å */
constexpr double DEVIATION = LAST_CENTRE / GAUSSIANS;
constexpr int LONGEST_STEP = 32;
constexpr int OTHER_CHAIN = 2 * LONGEST_STEP + 1;
constexpr int POSITIONS = ATOMS * ATOMS * GAUSSIANS;
constexpr int AXES = POSITIONS + 3 * ATOMS;
constexpr int STEPS = AXES + 9;
constexpr int ROW = (STEPS + OTHER_CHAIN + 1 + 3) / 4 * 4;

static_assert(ATOMS * ATOMS <= WARP && STEPS - POSITIONS <= WARP, "one for each lane");
static_assert(WARP % GAUSSIANS == 0, "each lane has one centre");

__device__ __forceinline__ Vector<double> atomOf(const double* backbone, int residue, int atom) {
    return loadPoint(backbone, static_cast<int64_t>(residue) * ATOMS + atom);
}

/** Å; infinite where one of the atoms has no position. */
__device__ __forceinline__ double distanceOfAtoms(const double* backbone, int i, int j, int pair) {
    Vector<double> between = atomOf(backbone, j, pair % ATOMS) - atomOf(backbone, i, pair / ATOMS);
    double squares = dot(between, between);
    return squares != squares ? INFINITY : sqrt(squares);
}

/** An axis of a residue's frame: a column of its rotation. */
__device__ __forceinline__ Vector<double> axisOf(const double* rotations, int residue, int axis) {
    const double* r = rotations + static_cast<int64_t>(residue) * 9 + axis;
    return {r[0], r[3], r[6]};
}

/** The number at POSITIONS + place. */
__device__ __forceinline__ double inFrame(const double* backbone, const double* rotations, int i, int j, int place) {
    if (place >= AXES - POSITIONS) {
        int entry = place - (AXES - POSITIONS);
        return dot(axisOf(rotations, i, entry / 3), axisOf(rotations, j, entry % 3));
    }
    // Å to nm
    double along = dot(axisOf(rotations, i, place % 3), atomOf(backbone, j, place / 3) - atomOf(backbone, i, ALPHA)) * 0.1;
    return along != along ? 0 : along;
}

__device__ __forceinline__ int stepClass(const int* places, const int* chains, int i, int j) {
    int difference = places[j] - places[i];
    return chains[i] == chains[j] ? min(max(difference, -LONGEST_STEP), LONGEST_STEP) + LONGEST_STEP : OTHER_CHAIN;
}

template <typename T>
__device__ __forceinline__ void localGeometry(const double* __restrict__ backbone, const double* __restrict__ rotations, const int* __restrict__ indices,
        const int* __restrict__ places, const int* __restrict__ chains, int k, T* __restrict__ features, int64_t pairs) {
    int64_t pair = static_cast<int64_t>(blockIdx.x) * (PAIR_THREADS / WARP) + threadIdx.x / WARP;
    if (pair >= pairs) {
        return;
    }
    int lane = threadIdx.x % WARP;
    int j = indices[pair];
    T* row = features + pair * ROW;
    if (j < 0) {
        for (int at = lane; at < ROW; at += WARP) {
            row[at] = 0;
        }
        return;
    }
    int i = static_cast<int>(pair / k);
    double distance = lane < ATOMS * ATOMS ? distanceOfAtoms(backbone, i, j, lane) : 0;
    T frame = lane < STEPS - POSITIONS ? static_cast<T>(inFrame(backbone, rotations, i, j, lane)) : T(0);
    int step = STEPS + stepClass(places, chains, i, j);
    double centre = lane % GAUSSIANS * (LAST_CENTRE / (GAUSSIANS - 1));
#pragma unroll
    for (int from = 0; from < ROW; from += WARP) {
        int at = from + lane;
        T value = at == step ? 1 : 0;
        if (from < POSITIONS) {
            T offset = static_cast<T>((__shfl_sync(ALL_LANES, distance, at / GAUSSIANS % WARP) - centre) * (1 / DEVIATION));
            value = exponential(-offset * offset);
        }
        if (from + WARP > POSITIONS && from < STEPS) {
            T number = __shfl_sync(ALL_LANES, frame, (at - POSITIONS) & (WARP - 1));
            value = at >= POSITIONS && at < STEPS ? number : value;
        }
        if (at < ROW) {
            row[at] = value;
        }
    }
}

}

#define GEOMETRY_KERNELS(T, TYPE) \
    KERNEL(edge::PAIR_THREADS) edge_local_geometry_##TYPE(const double* backbone, const double* rotations, const int* indices, const int* places, \
            const int* chains, int k, T* features, int64_t pairs) { \
        awaitPrevious(); \
        edge::localGeometry(backbone, rotations, indices, places, chains, k, features, pairs); \
    } \
    EXPORT(edge_local_geometry_##TYPE)

GEOMETRY_KERNELS(float, f32)
GEOMETRY_KERNELS(double, f64)
