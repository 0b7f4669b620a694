/*
 * What the kernels between the inputs of the attention (org.bindrae.attention.AttentionInputs), its rows and its result share. Coordinates are turned and
 * gradients of the frames added up in double precision.
 */
#pragma once

#include "common/mma.cuh"
#include "common/real.cuh"

namespace attention {

constexpr int ROW_THREADS = 256;
constexpr int ROW_WARPS = ROW_THREADS / WARP;
/** Entries of a frame: rotation (row-major), then origin. */
constexpr int FRAME = 12;
constexpr int ORIGIN = 9;
/** AttentionBackend.NORM_EPS */
constexpr double NORM_EPS = 1e-8;

/** RowLayout, and the columns of the result as IpaConfig has them. */
struct Layout {
    int residues;
    int heads;
    int channels;
    int rank;
    int qkPoints;
    int vPoints;
    int cDown;

    __device__ __forceinline__ int logitColumns() const {
        return channels + rank;
    }
    __device__ __forceinline__ int keyWidth() const {
        return logitColumns() + 3 * qkPoints;
    }
    __device__ __forceinline__ int valueFactors() const {
        return channels + 3 * vPoints;
    }
    __device__ __forceinline__ int factorWidth() const {
        return rank * cDown;
    }
    __device__ __forceinline__ int valueWidth() const {
        return valueFactors() + factorWidth();
    }
    __device__ __forceinline__ int row(int head, int residue) const {
        return head * residues + residue;
    }
    __device__ __forceinline__ int64_t keyRow(int head, int residue) const {
        return static_cast<int64_t>(row(head, residue)) * keyWidth();
    }
    __device__ __forceinline__ int64_t valueRow(int head, int residue) const {
        return static_cast<int64_t>(row(head, residue)) * valueWidth();
    }
    /** Points of a head in a row of kvPoints. */
    __device__ __forceinline__ int pairPoints() const {
        return qkPoints + vPoints;
    }
    __device__ __forceinline__ int scalarColumn(int head) const {
        return head * channels;
    }
    __device__ __forceinline__ int pointColumn(int axis, int head) const {
        return heads * (channels + axis * vPoints) + head * vPoints;
    }
    __device__ __forceinline__ int collectedColumn(int head) const {
        return heads * (channels + 4 * vPoints) + head * cDown;
    }
    __device__ __forceinline__ int64_t resultRow(int residue) const {
        return static_cast<int64_t>(residue) * collectedColumn(heads);
    }
};

#define LAYOUT_PARAMETERS int residues, int heads, int channels, int rank, int qkPoints, int vPoints, int cDown
#define LAYOUT_ARGUMENTS {residues, heads, channels, rank, qkPoints, vPoints, cDown}

/**
 * Begins to copy values to shared memory, by the lanes of a warp, and gives their new place: so that what a warp reads of a row arrives at once. Gives the old
 * place where there is no shared memory for them (null).
 */
template <typename E> __device__ __forceinline__ const E* bring(E*& shared, const E* values, int count, int lane) {
    if (shared == nullptr) {
        return values;
    }
    for (int i = lane; i < count; i += WARP) {
        if (sizeof(E) == 8) {
            copyAsync8(shared + i, values + i, true);
        } else {
            copyAsync4(shared + i, values + i, true);
        }
    }
    const E* brought = shared;
    shared += count;
    return brought;
}

/** Waits for what this warp brings. */
__device__ __forceinline__ void awaitBrought() {
    copyAsyncCommit();
    copyAsyncWait<0>();
    __syncwarp();
}

/** The frame of a residue to shared memory, for all threads. */
template <typename E> __device__ __forceinline__ void loadFrame(double* frame, const E* rotations, const E* origins, int residue) {
    int entry = threadIdx.x;
    if (entry < FRAME) {
        frame[entry] = entry < ORIGIN ? rotations[9 * static_cast<int64_t>(residue) + entry] : origins[3 * static_cast<int64_t>(residue) + entry - ORIGIN];
    }
    __syncthreads();
}

/** Coordinates of points in a residue's frame: x, y, z lie a stride apart. */
template <typename E> struct LocalPoints {
    E* x;
    int stride;

    __device__ __forceinline__ double get(int point, int axis) const {
        return x[axis * stride + point];
    }
};

/** The arrays of gradients of a kernel whose content is overwritten and not added to, by the order of its parameters. */
struct Fresh {
    int bits;

    __device__ __forceinline__ bool operator[](int array) const {
        return (bits >> array & 1) != 0;
    }
};

/** y += value, or y = value where there is nothing yet. */
template <typename E> __device__ __forceinline__ void add(E& y, E value, bool fresh) {
    y = fresh ? value : y + value;
}

/** Rᵀ(o − t), the value point p of a row of sums in the residue's frame; arm gets o − t. */
template <typename E> __device__ __forceinline__ void ownPoint(const double* frame, const E* coordinates, int p, double arm[3], double point[3]) {
    for (int m = 0; m < 3; m++) {
        arm[m] = coordinates[3 * p + m] - frame[ORIGIN + m];
    }
    for (int k = 0; k < 3; k++) {
        point[k] = frame[k] * arm[0] + frame[3 + k] * arm[1] + frame[6 + k] * arm[2];
    }
}

__device__ __forceinline__ double norm(const double point[3]) {
    return sqrt(point[0] * point[0] + point[1] * point[1] + point[2] * point[2] + NORM_EPS);
}

/** What the threads of a block found for the gradient of its residue's frame. */
struct FrameGradient {
    double entries[FRAME];

    __device__ __forceinline__ FrameGradient() {
        for (int i = 0; i < FRAME; i++) {
            entries[i] = 0;
        }
    }

    /** What a product R·local, or its transpose Rᵀ·global, passes on to R: global·localᵀ. */
    __device__ __forceinline__ void addOuter(const double global[3], const double local[3]) {
        for (int m = 0; m < 3; m++) {
            for (int k = 0; k < 3; k++) {
                entries[3 * m + k] += global[m] * local[k];
            }
        }
    }

    /** Adds up the block in a fixed order, and the sum to the gradients that are there. All threads call it once. */
    template <typename E> __device__ __forceinline__ void addTo(E* dRotations, bool freshRotations, E* dOrigins, bool freshOrigins, int residue) const {
        __shared__ double sums[ROW_WARPS][FRAME];
        for (int i = 0; i < FRAME; i++) {
            double sum = warpSum(entries[i]);
            if (threadIdx.x % WARP == 0) {
                sums[threadIdx.x / WARP][i] = sum;
            }
        }
        __syncthreads();
        int entry = threadIdx.x;
        if (entry < FRAME) {
            double sum = 0;
            for (int warp = 0; warp < ROW_WARPS; warp++) {
                sum += sums[warp][entry];
            }
            if (entry < ORIGIN && dRotations != nullptr) {
                add(dRotations[9 * static_cast<int64_t>(residue) + entry], static_cast<E>(sum), freshRotations);
            } else if (entry >= ORIGIN && dOrigins != nullptr) {
                add(dOrigins[3 * static_cast<int64_t>(residue) + entry - ORIGIN], static_cast<E>(sum), freshOrigins);
            }
        }
    }
};

/** What the gradient of the result, of one residue, has of a head. */
template <typename E> struct HeadResult {
    const E* scalars;
    /** x, y, z and norms lie a stride apart. */
    const E* points;
    int axis;
    const E* collected;

    __device__ __forceinline__ HeadResult(const Layout& layout, const E* row, int head)
        : scalars(row + layout.scalarColumn(head)), points(row + layout.pointColumn(0, head)), axis(layout.heads * layout.vPoints),
          collected(row + layout.collectedColumn(head)) {
    }

    /** Begins to bring it to shared memory. */
    __device__ __forceinline__ void bringTo(E*& shared, const Layout& layout, int lane) {
        scalars = bring(shared, scalars, layout.channels, lane);
        if (shared != nullptr) {
            const E* first = shared;
            for (int k = 0; k < 4; k++) {
                bring(shared, points + k * axis, layout.vPoints, lane);
            }
            points = first;
            axis = layout.vPoints;
        }
        if (layout.rank > 0) {
            collected = bring(shared, collected, layout.cDown, lane);
        }
    }
};

/**
 * The way back through the epilogue for one head: gives the gradient of each column of the row of sums to put(column, value), once, and adds what the frame
 * gets.
 * factors: the residue's row of d1.
 */
template <typename E, typename Put>
__device__ __forceinline__ void epilogueBackward(const Layout& layout, const double* frame, const HeadResult<E>& result, const E* own, const E* factors,
    int lane, FrameGradient& frameGradient, Put put) {
    for (int c = lane; c < layout.channels; c += WARP) {
        put(c, static_cast<double>(result.scalars[c]));
    }
    for (int p = lane; p < layout.vPoints; p += WARP) {
        double arm[3];
        double point[3];
        double dPoint[3];
        ownPoint(frame, own + layout.channels, p, arm, point);
        double perNorm = result.points[3 * result.axis + p] / norm(point);
        for (int k = 0; k < 3; k++) {
            dPoint[k] = result.points[k * result.axis + p] + perNorm * point[k];
        }
        frameGradient.addOuter(arm, dPoint);
        for (int m = 0; m < 3; m++) {
            double dArm = frame[3 * m] * dPoint[0] + frame[3 * m + 1] * dPoint[1] + frame[3 * m + 2] * dPoint[2];
            frameGradient.entries[ORIGIN + m] -= dArm;
            put(layout.channels + 3 * p + m, dArm);
        }
    }
    for (int e = lane; e < layout.factorWidth(); e += WARP) {
        E gradient = result.collected[e % layout.cDown] * factors[e];
        put(layout.valueFactors() + e, static_cast<double>(gradient));
    }
}

/** y + offset, or null for null. */
template <typename E> __device__ __forceinline__ E* shifted(E* y, int64_t offset) {
    return y == nullptr ? nullptr : y + offset;
}

/** The gradient of d1, added to a row that is not null unless it is fresh. */
template <typename E>
__device__ __forceinline__ void epilogueBackwardFactors(const Layout& layout, const E* row, const E* sums, int residue, E* dD1, bool fresh) {
    if (dD1 != nullptr) {
        for (int e = threadIdx.x; e < layout.factorWidth(); e += ROW_THREADS) {
            E sum = 0;
#pragma unroll 4
            for (int head = 0; head < layout.heads; head++) {
                sum += row[layout.collectedColumn(head) + e % layout.cDown] * sums[layout.valueRow(head, residue) + layout.valueFactors() + e];
            }
            add(dD1[static_cast<int64_t>(residue) * layout.factorWidth() + e], sum, fresh);
        }
    }
}

} // namespace attention
