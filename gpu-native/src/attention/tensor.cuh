/*
 * Tensor-core attention of IPA: what the kernels share.
 *
 * fp32 rows per head (see RowLayout):  Q, K row [ scalars S = C + r | coordinates 3P ],  V, O row [ C | coordinates 3V | r·cd ].
 * fp16 rows, padded with zeros to the compiled number of columns:
 *   Q16 [ scalars | ph | pl | 1 | 0 | ph | 0… ]     scalars times log2(e); p = sqrt(w·log2(e)) · coordinate = ph + pl
 *   K16 [ scalars | pl | ph | 0 | 1 | ph | 0… ]     so that Q16·K16 has the three products hi·lo, lo·hi, hi·hi of the points
 *   V16 [ unique columns | low parts of the coordinates | 0… ] in slab 0, further unique columns in slabs 1, 2, …
 *   G16 (gradients of O) as V16, the coordinates again in the place of the low parts, all times a power of two
 * The ones give the row and column sums of dS as columns of the gradients' products.
 *
 * fp16 rows lie in groups of 8 rows of a sequence, a group as blocks of 8 rows × 8 columns (128 bytes): what ldmatrix and wgmma read at once is contiguous, a
 * tile of rows is one piece of memory, and nothing meets bank conflicts. The last group of a sequence is filled with zeros.
 */
#pragma once

#include "common/mma.cuh"

namespace tensorcore {

constexpr float LOG2E = 1.4426950408889634f;
constexpr float LN2 = 0.6931471805599453f;
/** Logit of a pair that does not exist, and of no pair so far. */
constexpr float NOTHING = -1e30f;
/** Weights of the backward pass are held times this, as most are smaller than the normal numbers of fp16. */
constexpr float WEIGHT_RANGE = 16384;
/** Rows and columns of a block of an fp16 matrix, and its bytes. */
constexpr int EDGE = 8;
constexpr int BLOCK = EDGE * EDGE * 2;

/** Rows of a head in fp16 matrices and in arrays with a value per row: residues of all sequences, each sequence from a multiple of EDGE on. */
__device__ __forceinline__ int paddedRows(int residues, int sequences) {
    return (residues + EDGE * sequences + EDGE - 1) / EDGE * EDGE;
}

/** First row of a sequence there: not before the end of the one before, as each has EDGE rows to spare. */
__device__ __forceinline__ int paddedStart(int start, int sequence) {
    return (start + EDGE * sequence) / EDGE * EDGE;
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

    /** Columns of fp16 that hold something; zeros follow. */
    __device__ __forceinline__ int used(int slab) const {
        return slab == 0 ? first + coordinates : count(slab);
    }

    /** Where a column of the fp32 row lies if slabs of so many columns follow one another. */
    __device__ __forceinline__ int place(int column, int columns) const {
        if (column < first) {
            return column;
        }
        int slab = (column - first) / further;
        return (slab + 1) * columns + column - first - slab * further;
    }
};

/** What the kernels of the forward pass are given. */
struct ForwardArguments {
    const uint16_t* q;
    const uint16_t* k;
    const uint16_t* v;
    const float* keyBias;
    const int* starts;
    float* o;
    float* minusLse;
    int residues;
    int heads;
    ValueSlabs slabs;
};

/** What all kernels of the backward pass are given. */
struct BackwardArguments {
    const uint16_t* q;
    const uint16_t* k;
    const uint16_t* v;
    const uint16_t* g;
    const float* keyBias;
    const float* minusLse;
    const float* minusD;
    const float* w;
    const unsigned* largest;
    const int* starts;
    /** dQ, or dK. */
    float* scoreGradients;
    float* valueGradients;
    /** Shares of the blocks in dw [H][2][B][tiles], the keys' first. */
    float* weightGradients;
    int residues;
    int heads;
    int scalars;
    int coordinates;
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
 * Begins to copy the groups with the rows [0, rows) of an fp16 matrix of COLUMNS columns to shared memory and zeros up to row ROWS. All THREADS threads take
 * part.
 */
template <int ROWS, int COLUMNS, int THREADS> __device__ __forceinline__ void copyRows(unsigned char* shared, const uint16_t* global, int rows, int thread) {
    constexpr int CHUNKS = ROWS * COLUMNS / EDGE;
    int valid = (rows + EDGE - 1) / EDGE * COLUMNS;
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

/** Where the block at this row and column (multiples of EDGE) lies in an fp16 matrix of so many columns, in bytes. */
__device__ __forceinline__ constexpr int blockOffset(int columns, int row, int column) {
    return row / EDGE * columns * EDGE * 2 + column / EDGE * BLOCK;
}

/** Address of this lane for ldmatrix4 of 16 rows × 16 columns of a left factor (rows × depth), or of a transposed right factor (depth × columns). */
__device__ __forceinline__ int leftOffset(int columns, int lane) {
    return lane % 8 * 16 + lane / 8 % 2 * columns * EDGE * 2 + lane / 16 * BLOCK;
}

/** The same for 16 rows × 16 of depth of a right factor stored as columns × depth. */
__device__ __forceinline__ int rightOffset(int columns, int lane) {
    return lane % 8 * 16 + lane / 8 % 2 * BLOCK + lane / 16 * columns * EDGE * 2;
}

/** Place of an element in an fp16 matrix of so many columns. */
__device__ __forceinline__ int elementAt(int columns, int row, int column) {
    return (row / EDGE * columns + column / EDGE * EDGE + row % EDGE) * EDGE + column % EDGE;
}

/**
 * The lanes of a warp write ROWS rows of O from sums of fp16 columns, PITCH apart: low parts are added to high parts. o: the first row, where the slab begins.
 */
template <int ROWS, int PITCH>
__device__ __forceinline__ void writeSums(float* o, const float* sums, int rows, const ValueSlabs& slabs, int slab, int lane) {
    int count = slabs.count(slab);
    for (int column = lane; column < count; column += WARP) {
        bool point = slab == 0 && column >= slabs.channels && column < slabs.channels + slabs.coordinates;
        int low = point ? slabs.first + column - slabs.channels : column;
        float values[ROWS];
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
            values[row] = sums[row * PITCH + column] + (point ? sums[row * PITCH + low] : 0);
        }
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
            if (row < rows) {
                o[static_cast<int64_t>(row) * slabs.width + column] = values[row];
            }
        }
    }
}

/** What the gradients of query or key rows are made with. */
struct ScoreGradients {
    int scalars;
    int coordinates;
    /** Point weight of the head. */
    float w;
    /** What undoes the scale of gradients. */
    float unscale;
};

/**
 * The lanes of a warp write ROWS rows of dQ, or of dK (KEYS), from the products of dS with fp16 rows, PITCH apart, the points corrected by the sum of the row's
 * dS: w·(Σ dS·p' − p·Σ dS). Returns the lane's part of the rows' share of dw: of queries Σ qp·(Σ_j dS kp_j) − ½|qp|²·Σ_j dS, of keys −½|kp|²·Σ_i dS.
 * coordinate(row, d): of the row, times the root of w·log2(e).
 */
template <bool KEYS, int ROWS, int PITCH, typename Coordinate>
__device__ __forceinline__ float writeScores(float* out, const float* products, int rows, const ScoreGradients& with, int lane, Coordinate coordinate) {
    int width = with.scalars + with.coordinates;
    float scalarFactor = KEYS ? with.unscale * LN2 : with.unscale;
    for (int column = lane; column < with.scalars; column += WARP) {
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
            float value = products[row * PITCH + column] * scalarFactor;
            if (row < rows) {
                out[row * width + column] = value;
            }
        }
    }
    float pointScale = sqrtf(with.w * LOG2E);
    float inverse = pointScale > 0 ? 1 / pointScale : 0;
    float pointFactor = with.w * with.unscale;
    /* The column of the one in the streamed rows. */
    int one = with.scalars + 2 * with.coordinates + (KEYS ? 0 : 1);
    float share = 0;
    for (int d = lane; d < with.coordinates; d += WARP) {
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
            const float* from = products + row * PITCH;
            float total = from[one];
            float other = (from[with.scalars + d] + from[with.scalars + with.coordinates + d]) * inverse;
            float own = coordinate(row, d) * inverse;
            if (row < rows) {
                out[row * width + with.scalars + d] = pointFactor * (other - own * total);
                share += KEYS ? -0.5f * own * own * total : own * (other - 0.5f * own * total);
            }
        }
    }
    return share * with.unscale;
}

} // namespace tensorcore
