/*
 * Tensor-core attention of IPA: what the kernels share.
 *
 * fp32 rows per head (see attention's row layout):  Q, K row [ scalars S = C + r | coordinates 3P ],  V, O row [ C | coordinates 3V | r·cd ].
 * fp16 rows, padded with zeros, whose pitch in global memory is that of shared memory (an odd number of 16-byte chunks, so that ldmatrix meets no bank conflict):
 *   Q16 [ scalars | ph | pl | 1 | 0 | ph | 0… ]     scalars times log2(e); p = sqrt(w·log2(e)) · coordinate = ph + pl
 *   K16 [ scalars | pl | ph | 0 | 1 | ph | 0… ]     so that Q16·K16 has the three products hi·lo, lo·hi, hi·hi of the points
 *   V16 [ unique columns | low parts of the coordinates | 0… ] in slab 0, further unique columns in slabs 1, 2, …
 *   G16 (gradients of O) as V16, the coordinates again in the place of the low parts, all times a power of two
 * The ones give the row and column sums of dS as columns of the gradients' products.
 */
#pragma once

#include "common/mma.cuh"

namespace tensorcore {

constexpr float LOG2E = 1.4426950408889634f;
constexpr float LN2 = 0.6931471805599453f;
/** Logit of a pair that does not exist, and of no pair so far. */
constexpr float NOTHING = -1e30f;
/** Rows of fp32 that one block of a row kernel converts, one per warp. */
constexpr int ROW_WARPS = 8;

/** Elements between the rows of a matrix of so many columns (a multiple of 8). */
constexpr int pitchOf(int columns) {
    return columns / 8 % 2 == 0 ? columns + 8 : columns;
}

/** fp16 of a float, as a float. */
__device__ __forceinline__ float roundHalf(float value) {
    return unpackHalf2(packHalf2(value, 0)).x;
}

/** How the columns of V, O and their gradients lie in slabs of fp16 columns. */
struct ValueSlabs {
    /** Columns of the fp32 row. */
    int width;
    /** First coordinate column. */
    int channels;
    /** 3V. */
    int coordinates;
    /** Columns of the fp32 row in slab 0, which the low parts of the coordinates follow. */
    int first;
    /** Columns of the fp32 row in each further slab. */
    int further;

    __device__ __forceinline__ int begin(int slab) const {
        return slab == 0 ? 0 : first + (slab - 1) * further;
    }

    /** Columns of the fp32 row in this slab. */
    __device__ __forceinline__ int count(int slab) const {
        int size = slab == 0 ? first : further;
        int left = width - begin(slab);
        return size < left ? size : left;
    }

    /** Whether this column of slab 0 holds a low part. */
    __device__ __forceinline__ bool low(int slab, int column) const {
        return slab == 0 && column >= first && column < first + coordinates;
    }
};

/** Factor of the gradients of O in fp16: the largest power of two that leaves dS in range, from the largest norms of a row of V and of dO (bits of floats). */
__device__ __forceinline__ float gradientScale(unsigned largestValue, unsigned largestGradient) {
    constexpr float RANGE = 3e4f;
    float bound = fmaxf(__uint_as_float(largestValue), 1.0f) * __uint_as_float(largestGradient);
    float scale = RANGE / bound;
    if (!(scale < 1e30f)) {
        return 1;
    }
    return __uint_as_float(__float_as_uint(fmaxf(scale, 1e-30f)) & 0x7F800000u);
}

/**
 * Begins to copy rows [0, rows) of a matrix of PITCH fp16 columns to shared memory and zeros up to row ROWS. All THREADS threads take part.
 */
template <int ROWS, int PITCH, int THREADS> __device__ __forceinline__ void copyRows(unsigned char* shared, const uint16_t* global, int rows, int thread) {
    constexpr int CHUNKS = ROWS * PITCH / 8;
    int valid = rows * (PITCH / 8);
    const unsigned char* from = reinterpret_cast<const unsigned char*>(global);
#pragma unroll
    for (int i = 0; i < (CHUNKS + THREADS - 1) / THREADS; i++) {
        int chunk = thread + i * THREADS;
        if (CHUNKS % THREADS == 0 || i < CHUNKS / THREADS || chunk < CHUNKS) {
            bool there = chunk < valid;
            copyAsync16(shared + chunk * 16, there ? from + static_cast<int64_t>(chunk) * 16 : from, there);
        }
    }
}

/** Begins to copy values [0, count) to shared memory and zeros up to COUNT. */
template <int COUNT> __device__ __forceinline__ void copyValues(float* shared, const float* global, int count, int thread) {
    if (thread < COUNT) {
        bool there = thread < count;
        copyAsync4(shared + thread, there ? global + thread : global, there);
    }
}

/** Address of this lane for ldmatrix4 of a 16×16 block of the left factor (rows × depth), or of a transposed right factor (depth × columns). */
__device__ __forceinline__ int leftOffset(int pitch, int lane) {
    return ((lane % 16) * pitch + lane / 16 * 8) * 2;
}

/** The same for 16 rows × 16 of depth of a right factor stored as columns × depth. */
__device__ __forceinline__ int rightOffset(int pitch, int lane) {
    return ((lane % 8 + lane / 16 * 8) * pitch + lane / 8 % 2 * 8) * 2;
}

} // namespace tensorcore
