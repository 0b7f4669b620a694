/*
 * The maps of the ligand attention between residues and pair space, all heads in one launch (org.bindrae.stage1.ConditionerKernels.toPairSpace and the others):
 * products with [W_h | b_h], D rows of c + 1 numbers per head, always in the tensors' own precision. They are small, so what counts is that many blocks have
 * all that they need under way at once: a block copies its operands to shared memory asynchronously, as a whole for heads of up to 68 numbers in fp32, and
 * waits once.
 *
 * Maps:     128 threads make a tile of 16 × 80 (a head of 64 channels and its bias fit into one), two by five numbers per thread, and read both operands four
 *           of the inner dimension at a time. Static shared memory 25.5 KiB in fp32, 27 KiB in fp64.
 * Gradient: 256 threads sum 32 residues into a tile of 48 × 80 of the weights' gradient, four by four numbers per thread, and write partials [chunks, heads·D,
 *           c + 1 rounded up to a multiple of four]; addGradient adds the chunks in order, four threads for four neighbouring numbers. Static shared memory 16
 *           KiB in fp32.
 */
#include "common/mma.cuh"
#include "several.cuh"

namespace conditioner {

constexpr int MAP_THREADS = 128;
constexpr int GRADIENT_THREADS = 256;
/** Tile of a map. */
constexpr int TILE_M = 16;
constexpr int TILE_N = 80;
/** Threads side by side in a tile. */
constexpr int SIDE = 16;
constexpr int ROWS_PER_THREAD = TILE_M / (MAP_THREADS / SIDE);
constexpr int COLUMNS_PER_THREAD = TILE_N / SIDE;
/** Of the inner dimension at a time. The rows of eight neighbouring threads lie in different banks. */
template <typename T> constexpr int PANEL = sizeof(T) == sizeof(float) ? 68 : 36;
/** Residues that one block sums, and its tile. */
constexpr int CHUNK = 32;
constexpr int TILE_D = 48;
constexpr int TILE_J = 80;
/** Threads of addGradient that share the chunks of one sum. */
constexpr int PARTS = 4;

__device__ __forceinline__ int roundedUp(int n) {
    return (n + WIDE - 1) / WIDE * WIDE;
}

__device__ __forceinline__ void copyAsync(float* shared, const float* global, bool valid) {
    copyAsync4(shared, global, valid);
}

__device__ __forceinline__ void copyAsync(double* shared, const double* global, bool valid) {
    copyAsync8(shared, global, valid);
}

/** Begins to copy rows to shared memory, a warp for each; zeros for rows from {@code there} on and behind the end of a row. */
template <typename T, typename Place>
__device__ __forceinline__ void copyRows(T* shared, int stride, int rows, int there, int padded, int length, const T* any, Place place) {
    int warps = blockDim.x / WARP;
    for (int row = threadIdx.x / WARP; row < rows; row += warps) {
        for (int i = threadIdx.x % WARP; i < padded; i += WARP) {
            bool valid = row < there && i < length;
            copyAsync(shared + row * stride + i, valid ? place(row, i) : any, valid);
        }
    }
}

/** Y[i, j] = Σ_k left(i, k)·right(j, k), or added to Y; copyRight(shared, k0, padded) begins to copy what is there of the tile's rows of the right operand. */
template <typename T, typename Left, typename CopyRight, typename Target>
__device__ __forceinline__ void map(const T* x, int m, int n, int k, int add, Left left, CopyRight copyRight, Target target) {
    __shared__ __align__(16) T rows[TILE_M * PANEL<T>];
    __shared__ __align__(16) T columns[TILE_N * PANEL<T>];
    int row = threadIdx.x / SIDE;
    int column = threadIdx.x % SIDE;
    T sums[ROWS_PER_THREAD][COLUMNS_PER_THREAD] = {};
    for (int k0 = 0; k0 < k; k0 += PANEL<T>) {
        int length = k - k0 < PANEL<T> ? k - k0 : PANEL<T>;
        copyRows(rows, PANEL<T>, TILE_M, m, roundedUp(length), length, x, [&](int i, int kk) { return left(i, k0 + kk); });
        copyRight(columns, k0, length);
        copyAsyncCommit();
        if (k0 == 0 && add != 0) {
#pragma unroll
            for (int i = 0; i < ROWS_PER_THREAD; i++) {
#pragma unroll
                for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
                    if (row * ROWS_PER_THREAD + i < m && column + j * SIDE < n) {
                        sums[i][j] = *target(row * ROWS_PER_THREAD + i, column + j * SIDE);
                    }
                }
            }
        }
        copyAsyncWait<0>();
        __syncthreads();
        for (int kk = 0; kk < length; kk += WIDE) {
            Several<T, WIDE> a[ROWS_PER_THREAD];
#pragma unroll
            for (int i = 0; i < ROWS_PER_THREAD; i++) {
                a[i] = Several<T, WIDE>::load(rows + (row * ROWS_PER_THREAD + i) * PANEL<T> + kk);
            }
#pragma unroll
            for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
                if (j * SIDE < n) {
                    Several<T, WIDE> b = Several<T, WIDE>::load(columns + (column + j * SIDE) * PANEL<T> + kk);
#pragma unroll
                    for (int i = 0; i < ROWS_PER_THREAD; i++) {
#pragma unroll
                        for (int e = 0; e < WIDE; e++) {
                            sums[i][j] += a[i].v[e] * b.v[e];
                        }
                    }
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < ROWS_PER_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
            if (row * ROWS_PER_THREAD + i < m && column + j * SIDE < n) {
                *target(row * ROWS_PER_THREAD + i, column + j * SIDE) = sums[i][j];
            }
        }
    }
}

/** Grid: tiles of rows, heads, tiles of columns. */
template <typename T> __device__ __forceinline__ void toPairSpace(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c,
        int add, T* y) {
    int head = blockIdx.y;
    int m0 = blockIdx.x * TILE_M;
    int n0 = blockIdx.z * TILE_N;
    int n = c + 1 - n0 < TILE_N ? c + 1 - n0 : TILE_N;
    x += (static_cast<int64_t>(m0) * heads + head) * channels;
    y += (static_cast<int64_t>(m0) * heads + head) * (c + 1) + n0;
    weight += static_cast<int64_t>(head) * channels * c;
    bias += head * channels;
    auto left = [=](int i, int k) { return x + static_cast<int64_t>(i) * heads * channels + k; };
    auto target = [=](int i, int j) { return y + static_cast<int64_t>(i) * heads * (c + 1) + j; };
    // turned: eight columns and four of the inner dimension per warp, whole sectors of global memory and different banks of shared memory
    auto copyRight = [=](T* shared, int k0, int length) {
        constexpr int BESIDE = 8;
        constexpr int DEEP = WARP / BESIDE;
        int lane = threadIdx.x % WARP;
        for (int kk = threadIdx.x / WARP * DEEP + lane / BESIDE; kk < roundedUp(length); kk += MAP_THREADS / WARP * DEEP) {
            for (int j = lane % BESIDE; j < n; j += BESIDE) {
                int channel = k0 + kk;
                copyAsync(shared + j * PANEL<T> + kk, n0 + j < c ? weight + static_cast<int64_t>(channel) * c + n0 + j : bias + channel, kk < length);
            }
        }
    };
    map(x, rows - m0, n, channels, add, left, copyRight, target);
}

template <typename T> __device__ __forceinline__ void fromPairSpace(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c,
        int add, T* y) {
    int head = blockIdx.y;
    int m0 = blockIdx.x * TILE_M;
    int n0 = blockIdx.z * TILE_N;
    int n = channels - n0 < TILE_N ? channels - n0 : TILE_N;
    x += (static_cast<int64_t>(m0) * heads + head) * (c + 1);
    y += (static_cast<int64_t>(m0) * heads + head) * channels + n0;
    weight += (static_cast<int64_t>(head) * channels + n0) * c;
    bias += head * channels + n0;
    auto left = [=](int i, int k) { return x + static_cast<int64_t>(i) * heads * (c + 1) + k; };
    auto target = [=](int i, int j) { return y + static_cast<int64_t>(i) * heads * channels + j; };
    // of the weights 16 bytes at a time where they are aligned
    constexpr int PACK = 16 / sizeof(T);
    bool aligned = c % PACK == 0 && reinterpret_cast<uintptr_t>(weight) % 16 == 0;
    auto copyRight = [=](T* shared, int k0, int length) {
        int inPacks = !aligned ? 0 : c - k0 < length ? c - k0 : length;
        for (int j = threadIdx.x / SIDE; j < n; j += MAP_THREADS / SIDE) {
            T* row = shared + j * PANEL<T>;
            const T* from = weight + static_cast<int64_t>(j) * c + k0;
            int side = threadIdx.x % SIDE;
            for (int kk = side * PACK; kk < inPacks; kk += SIDE * PACK) {
                copyAsync16(row + kk, from + kk, true);
            }
            for (int kk = inPacks + side; kk < roundedUp(length); kk += SIDE) {
                copyAsync(row + kk, k0 + kk < c ? from + kk : bias + j, kk < length);
            }
        }
    };
    map(x, rows - m0, n, c + 1, add, left, copyRight, target);
}

/** Grid: chunks of residues, heads, tiles of D × tiles of c + 1. */
template <typename T> __device__ __forceinline__ void pairSpaceGradient(const T* x, const T* y, int rows, int heads, int channels, int c, T* partials) {
    __shared__ __align__(16) T left[CHUNK * TILE_D];
    __shared__ __align__(16) T right[CHUNK * TILE_J];
    int head = blockIdx.y;
    int tilesOfColumns = (c + TILE_J) / TILE_J;
    int d0 = static_cast<int>(blockIdx.z) / tilesOfColumns * TILE_D;
    int j0 = static_cast<int>(blockIdx.z) % tilesOfColumns * TILE_J;
    int d = channels - d0 < TILE_D ? channels - d0 : TILE_D;
    int j = c + 1 - j0 < TILE_J ? c + 1 - j0 : TILE_J;
    int first = blockIdx.x * CHUNK;
    x += (static_cast<int64_t>(first) * heads + head) * channels + d0;
    y += (static_cast<int64_t>(first) * heads + head) * (c + 1) + j0;
    copyRows(left, TILE_D, CHUNK, rows - first, roundedUp(d), d, x, [=](int i, int at) { return x + static_cast<int64_t>(i) * heads * channels + at; });
    copyRows(right, TILE_J, CHUNK, rows - first, roundedUp(j), j, y, [=](int i, int at) { return y + static_cast<int64_t>(i) * heads * (c + 1) + at; });
    copyAsyncCommit();
    copyAsyncWait<0>();
    __syncthreads();
    int beside = roundedUp(j) / WIDE;
    int ofD = static_cast<int>(threadIdx.x) / beside * WIDE;
    int ofJ = static_cast<int>(threadIdx.x) % beside * WIDE;
    if (ofD >= d) {
        return;
    }
    Several<T, WIDE> sums[WIDE] = {};
#pragma unroll 4
    for (int i = 0; i < CHUNK; i++) {
        Several<T, WIDE> a = Several<T, WIDE>::load(left + i * TILE_D + ofD);
        Several<T, WIDE> b = Several<T, WIDE>::load(right + i * TILE_J + ofJ);
#pragma unroll
        for (int e = 0; e < WIDE; e++) {
            sums[e].add(a.v[e], b);
        }
    }
    int stride = roundedUp(c + 1);
    T* target = partials + ((static_cast<int64_t>(blockIdx.x) * heads + head) * channels + d0 + ofD) * stride + j0 + ofJ;
#pragma unroll
    for (int e = 0; e < WIDE; e++) {
        if (ofD + e < d) {
            sums[e].store(target + static_cast<int64_t>(e) * stride);
        }
    }
}

template <typename T> __device__ __forceinline__ void addPairSpaceGradient(const T* partials, int chunks, int width, int c, T* dWeight, T* dBias) {
    constexpr int PACKS = GRADIENT_THREADS / PARTS;
    __shared__ Several<T, WIDE> shared[PARTS][PACKS];
    int stride = roundedUp(c + 1);
    int size = width * stride;
    int i = (blockIdx.x * PACKS + threadIdx.x % PACKS) * WIDE;
    int part = threadIdx.x / PACKS;
    Several<T, WIDE> sums = {};
    if (i < size) {
#pragma unroll 8
        for (int chunk = part; chunk < chunks; chunk += PARTS) {
            sums.add(1, Several<T, WIDE>::load(partials + static_cast<int64_t>(chunk) * size + i));
        }
    }
    shared[part][threadIdx.x % PACKS] = sums;
    __syncthreads();
    if (part == 0 && i < size) {
#pragma unroll
        for (int other = 1; other < PARTS; other++) {
            sums.add(1, shared[other][threadIdx.x]);
        }
        int64_t channel = i / stride;
        int inner = i % stride;
#pragma unroll
        for (int e = 0; e < WIDE; e++) {
            if (inner + e < c) {
                dWeight[channel * c + inner + e] += sums.v[e];
            } else if (inner + e == c) {
                dBias[channel] += sums.v[e];
            }
        }
    }
}

}

#define PAIR_SPACE_KERNELS(T, TYPE) \
    KERNEL(conditioner::MAP_THREADS) conditioner_to_pair_space_##TYPE(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c, \
            int add, T* y) { \
        awaitPrevious(); \
        conditioner::toPairSpace(x, weight, bias, rows, heads, channels, c, add, y); \
    } \
    EXPORT(conditioner_to_pair_space_##TYPE) \
    KERNEL(conditioner::MAP_THREADS) conditioner_from_pair_space_##TYPE(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c, \
            int add, T* y) { \
        awaitPrevious(); \
        conditioner::fromPairSpace(x, weight, bias, rows, heads, channels, c, add, y); \
    } \
    EXPORT(conditioner_from_pair_space_##TYPE) \
    KERNEL(conditioner::GRADIENT_THREADS) conditioner_pair_space_gradient_##TYPE(const T* x, const T* y, int rows, int heads, int channels, int c, \
            T* partials) { \
        awaitPrevious(); \
        conditioner::pairSpaceGradient(x, y, rows, heads, channels, c, partials); \
    } \
    EXPORT(conditioner_pair_space_gradient_##TYPE) \
    KERNEL(conditioner::GRADIENT_THREADS) conditioner_add_pair_space_gradient_##TYPE(const T* partials, int chunks, int width, int c, T* dWeight, T* dBias) { \
        awaitPrevious(); \
        conditioner::addPairSpaceGradient(partials, chunks, width, c, dWeight, dBias); \
    } \
    EXPORT(conditioner_add_pair_space_gradient_##TYPE)

PAIR_SPACE_KERNELS(float, f32)
PAIR_SPACE_KERNELS(double, f64)
