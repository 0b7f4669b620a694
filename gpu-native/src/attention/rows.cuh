/*
 * What the kernels between the inputs of the attention (org.bindrae.attention.AttentionInputs), its rows and its result share. Coordinates are turned and
 * gradients of the frames added up in double precision.
 */
#pragma once

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

/** Values that lie one after the other and are read or written at once. */
template <typename E, int N> struct alignas(N * sizeof(E)) Values {
    E at[N];

    static __device__ __forceinline__ Values of(const E* from) {
        return *reinterpret_cast<const Values*>(from);
    }
    __device__ __forceinline__ void to(E* target) const {
        *reinterpret_cast<Values*>(target) = *this;
    }
    /** Adds itself to what is there, or takes its place where that is fresh. */
    __device__ __forceinline__ void addTo(E* target, bool fresh) const {
        Values sum = *this;
        if (!fresh) {
            Values before = of(target);
#pragma unroll
            for (int i = 0; i < N; i++) {
                sum.at[i] += before.at[i];
            }
        }
        sum.to(target);
    }
};

/** Whether N values at once can be read from rows of this width that begin here; null counts as good. */
template <int N, typename E> __device__ __forceinline__ bool inStep(const E* rows, int width) {
    return width % N == 0 && reinterpret_cast<uintptr_t>(rows) % (N * sizeof(E)) == 0;
}

/** This lane's entry of a residue's frame: what all lanes load at once and shareFrame hands to all of the warp. */
template <typename E> __device__ __forceinline__ E frameEntry(const E* rotations, const E* origins, int64_t residue, int lane) {
    return lane < ORIGIN ? rotations[9 * residue + lane] : lane < FRAME ? origins[3 * residue + lane - ORIGIN] : E(0);
}

/** The frame of this warp from the entries of its lanes. Once in a kernel. */
__device__ __forceinline__ const double* shareFrame(double entry, int lane) {
    __shared__ double frames[ROW_WARPS][FRAME];
    double* frame = frames[threadIdx.x / WARP];
    if (lane < FRAME) {
        frame[lane] = entry;
    }
    __syncwarp();
    return frame;
}

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

/** Rᵀ(o − t), a value point of a row of sums in the residue's frame; arm gets o − t. */
template <typename E> __device__ __forceinline__ void ownPoint(const double* frame, const E coordinates[3], double arm[3], double point[3]) {
    for (int m = 0; m < 3; m++) {
        arm[m] = coordinates[m] - frame[ORIGIN + m];
    }
    for (int k = 0; k < 3; k++) {
        point[k] = frame[k] * arm[0] + frame[3 + k] * arm[1] + frame[6 + k] * arm[2];
    }
}

__device__ __forceinline__ double squaredNorm(const double point[3]) {
    return point[0] * point[0] + point[1] * point[1] + point[2] * point[2] + NORM_EPS;
}

__device__ __forceinline__ double inverseRoot(double x) {
    return 1 / sqrt(x);
}

/** To the last place: a division takes a call, and registers that are needed elsewhere. */
__device__ __forceinline__ float inverseRoot(float x) {
    float root = rsqrtf(x);
    return fmaf(root, fmaf(-0.5f * x * root, root, 0.5f), root);
}

/** What this thread finds for the gradient of its residue's frame, in shared memory: there it takes no registers from what a thread does next. */
struct FrameShare {
    /** Memory for so many frames; threads from this one on find nothing. */
    double* shared;
    int holders;
    bool any = false;

    __device__ __forceinline__ FrameShare(double* memory, int count) : shared(memory), holders(count) {
    }

    __device__ __forceinline__ void put(int entry, double value) {
        double& slot = shared[entry * holders + static_cast<int>(threadIdx.x)];
        slot = any ? slot + value : value;
    }

    /** What a product R·local, or its transpose Rᵀ·global, passes on to R: global·localᵀ; and what the origin gets. */
    __device__ __forceinline__ void add(const double global[3], const double local[3], const double origin[3]) {
#pragma unroll
        for (int m = 0; m < 3; m++) {
#pragma unroll
            for (int k = 0; k < 3; k++) {
                put(3 * m + k, global[m] * local[k]);
            }
            put(ORIGIN + m, origin[m]);
        }
        any = true;
    }

    /**
     * Adds up the block in a fixed order, and the sum to the gradients that are there. All threads call it once. Sixteen threads add up an entry: fewer steps
     * than with twelve entries passed between lanes.
     */
    template <typename E> __device__ __forceinline__ void addUp(E* dRotations, bool freshRotations, E* dOrigins, bool freshOrigins, int residue) {
        constexpr int ADDERS = 16;
        static_assert(FRAME * ADDERS <= ROW_THREADS && FRAME * ADDERS % WARP == 0, "whole warps add up");
        int thread = static_cast<int>(threadIdx.x);
        if (thread < holders && !any) {
            for (int i = 0; i < FRAME; i++) {
                put(i, 0);
            }
        }
        __syncthreads();
        int entry = thread / ADDERS;
        if (entry < FRAME) {
            double sum = 0;
#pragma unroll 4
            for (int holder = thread % ADDERS; holder < holders; holder += ADDERS) {
                sum += shared[entry * holders + holder];
            }
#pragma unroll
            for (int step = ADDERS / 2; step > 0; step /= 2) {
                sum += __shfl_xor_sync(ALL_LANES, sum, step);
            }
            if (thread % ADDERS == 0) {
                if (entry < ORIGIN && dRotations != nullptr) {
                    attention::add(dRotations[9 * static_cast<int64_t>(residue) + entry], static_cast<E>(sum), freshRotations);
                } else if (entry >= ORIGIN && dOrigins != nullptr) {
                    attention::add(dOrigins[3 * static_cast<int64_t>(residue) + entry - ORIGIN], static_cast<E>(sum), freshOrigins);
                }
            }
        }
    }
};

/**
 * The way back through the epilogue for one point: its gradient, of the sums, from that of the result (x, y, z, norm); adds what the frame gets.
 * coordinates: of the point in the row of sums
 */
template <typename E>
__device__ __forceinline__ void pointBackward(const double* frame, const E coordinates[3], const E dResult[4], FrameShare& share, double dArm[3]) {
    double arm[3];
    double point[3];
    double dPoint[3];
    double dOrigin[3];
    ownPoint(frame, coordinates, arm, point);
    double perNorm = dResult[3] * inverseRoot(static_cast<E>(squaredNorm(point)));
    for (int k = 0; k < 3; k++) {
        dPoint[k] = dResult[k] + perNorm * point[k];
    }
    for (int m = 0; m < 3; m++) {
        dArm[m] = frame[3 * m] * dPoint[0] + frame[3 * m + 1] * dPoint[1] + frame[3 * m + 2] * dPoint[2];
        dOrigin[m] = -dArm[m];
    }
    share.add(arm, dPoint, dOrigin);
}

/** y + offset, or null for null. */
template <typename E> __device__ __forceinline__ E* shifted(E* y, int64_t offset) {
    return y == nullptr ? nullptr : y + offset;
}

} // namespace attention
