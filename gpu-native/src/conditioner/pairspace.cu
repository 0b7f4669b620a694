/*
 * The maps of the ligand attention between residues and pair space, all heads in one launch (org.bindrae.stage1.ConditionerKernels.toPairSpace and the others):
 * products with [W_h | b_h], D rows of c + 1 numbers per head. Blocks of 256 threads make a tile of 64 × 80 (a head of 64 channels and its bias fit into one), four by
 * five numbers per thread, 16 of the inner dimension at a time; static shared memory 9.5 KiB in fp32. Always in the tensors' own precision. The gradient of the
 * weights sums 128 residues per block into partials [chunks, heads, D, c + 1], which are then added in order.
 */
#include "common/device.cuh"

namespace conditioner {

constexpr int TILE_THREADS = 256;
constexpr int TILE_M = 64;
constexpr int TILE_N = 80;
constexpr int TILE_K = 16;
constexpr int ROWS_PER_THREAD = 4;
constexpr int COLUMNS_PER_THREAD = 5;
constexpr int SIDE = 16;
/** Residues that one block sums. */
constexpr int CHUNK = 128;

/** store(i, j, Σ_k a(i, k)·b(k, j)) for the tile from (m0, n0) on. A_FAST: whether neighbours in k lie side by side in a; B_FAST: likewise in b. */
template <typename T, bool A_FAST, bool B_FAST, typename A, typename B, typename Store>
__device__ __forceinline__ void tileProduct(int m0, int n0, int m, int n, int k, A a, B b, Store store) {
    __shared__ T left[TILE_K][TILE_M + 1];
    __shared__ T right[TILE_K][TILE_N + 1];
    T sums[ROWS_PER_THREAD][COLUMNS_PER_THREAD] = {};
    int row = threadIdx.x / SIDE;
    int column = threadIdx.x % SIDE;
    for (int k0 = 0; k0 < k; k0 += TILE_K) {
        for (int e = threadIdx.x; e < TILE_K * TILE_M; e += TILE_THREADS) {
            int kk = A_FAST ? e % TILE_K : e / TILE_M;
            int i = A_FAST ? e / TILE_K : e % TILE_M;
            left[kk][i] = m0 + i < m && k0 + kk < k ? a(m0 + i, k0 + kk) : T(0);
        }
        for (int e = threadIdx.x; e < TILE_K * TILE_N; e += TILE_THREADS) {
            int kk = B_FAST ? e % TILE_K : e / TILE_N;
            int j = B_FAST ? e / TILE_K : e % TILE_N;
            right[kk][j] = n0 + j < n && k0 + kk < k ? b(k0 + kk, n0 + j) : T(0);
        }
        __syncthreads();
#pragma unroll
        for (int kk = 0; kk < TILE_K; kk++) {
            T x[ROWS_PER_THREAD];
            T y[COLUMNS_PER_THREAD];
#pragma unroll
            for (int i = 0; i < ROWS_PER_THREAD; i++) {
                x[i] = left[kk][row + i * SIDE];
            }
#pragma unroll
            for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
                y[j] = right[kk][column + j * SIDE];
            }
#pragma unroll
            for (int i = 0; i < ROWS_PER_THREAD; i++) {
#pragma unroll
                for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
                    sums[i][j] += x[i] * y[j];
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < ROWS_PER_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < COLUMNS_PER_THREAD; j++) {
            int atRow = m0 + row + i * SIDE;
            int atColumn = n0 + column + j * SIDE;
            if (atRow < m && atColumn < n) {
                store(atRow, atColumn, sums[i][j]);
            }
        }
    }
}

/** [W_h | b_h] of one head. */
template <typename T> struct HeadWeight {
    const T* weight;
    const T* bias;
    int c;

    __device__ __forceinline__ T operator()(int channel, int inner) const {
        return inner < c ? weight[static_cast<int64_t>(channel) * c + inner] : bias[channel];
    }
};

/** Grid: tiles of rows, heads, tiles of columns. */
template <typename T> __device__ __forceinline__ void toPairSpace(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c,
        int add, T* y) {
    int head = blockIdx.y;
    HeadWeight<T> of = {weight + static_cast<int64_t>(head) * channels * c, bias + head * channels, c};
    auto outer = [=](int i, int k) { return x[static_cast<int64_t>(i) * heads * channels + head * channels + k]; };
    auto map = [=](int k, int j) { return of(k, j); };
    auto store = [=](int i, int j, T value) {
        T* target = y + static_cast<int64_t>(i) * heads * (c + 1) + head * (c + 1) + j;
        *target = add != 0 ? *target + value : value;
    };
    tileProduct<T, true, false>(blockIdx.x * TILE_M, blockIdx.z * TILE_N, rows, c + 1, channels, outer, map, store);
}

template <typename T> __device__ __forceinline__ void fromPairSpace(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c,
        int add, T* y) {
    int head = blockIdx.y;
    HeadWeight<T> of = {weight + static_cast<int64_t>(head) * channels * c, bias + head * channels, c};
    auto inner = [=](int i, int k) { return x[static_cast<int64_t>(i) * heads * (c + 1) + head * (c + 1) + k]; };
    auto map = [=](int k, int j) { return of(j, k); };
    auto store = [=](int i, int j, T value) {
        T* target = y + static_cast<int64_t>(i) * heads * channels + head * channels + j;
        *target = add != 0 ? *target + value : value;
    };
    tileProduct<T, true, true>(blockIdx.x * TILE_M, blockIdx.z * TILE_N, rows, channels, c + 1, inner, map, store);
}

/** Grid: chunks of residues, heads, tiles of D × tiles of c + 1. */
template <typename T> __device__ __forceinline__ void pairSpaceGradient(const T* x, const T* y, int rows, int heads, int channels, int c, T* partials) {
    int head = blockIdx.y;
    int tilesOfColumns = (c + TILE_N) / TILE_N;
    int first = blockIdx.x * CHUNK;
    int count = rows - first < CHUNK ? rows - first : CHUNK;
    auto outer = [=](int i, int k) { return x[static_cast<int64_t>(first + k) * heads * channels + head * channels + i]; };
    auto inner = [=](int k, int j) { return y[static_cast<int64_t>(first + k) * heads * (c + 1) + head * (c + 1) + j]; };
    auto store = [=](int i, int j, T value) {
        partials[((static_cast<int64_t>(blockIdx.x) * heads + head) * channels + i) * (c + 1) + j] = value;
    };
    tileProduct<T, false, false>(blockIdx.z / tilesOfColumns * TILE_M, blockIdx.z % tilesOfColumns * TILE_N, channels, c + 1, count, outer, inner, store);
}

template <typename T> __device__ __forceinline__ void addPairSpaceGradient(const T* partials, int chunks, int width, int c, T* dWeight, T* dBias) {
    int64_t i = static_cast<int64_t>(blockIdx.x) * TILE_THREADS + threadIdx.x;
    int64_t size = static_cast<int64_t>(width) * (c + 1);
    if (i < size) {
        T sum = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            sum += partials[chunk * size + i];
        }
        int64_t channel = i / (c + 1);
        int inner = static_cast<int>(i % (c + 1));
        T* target = inner < c ? dWeight + channel * c + inner : dBias + channel;
        *target += sum;
    }
}

}

#define PAIR_SPACE_KERNELS(T, TYPE) \
    KERNEL(conditioner::TILE_THREADS) conditioner_to_pair_space_##TYPE(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c, \
            int add, T* y) { \
        awaitPrevious(); \
        conditioner::toPairSpace(x, weight, bias, rows, heads, channels, c, add, y); \
    } \
    EXPORT(conditioner_to_pair_space_##TYPE) \
    KERNEL(conditioner::TILE_THREADS) conditioner_from_pair_space_##TYPE(const T* x, const T* weight, const T* bias, int rows, int heads, int channels, int c, \
            int add, T* y) { \
        awaitPrevious(); \
        conditioner::fromPairSpace(x, weight, bias, rows, heads, channels, c, add, y); \
    } \
    EXPORT(conditioner_from_pair_space_##TYPE) \
    KERNEL(conditioner::TILE_THREADS) conditioner_pair_space_gradient_##TYPE(const T* x, const T* y, int rows, int heads, int channels, int c, T* partials) { \
        awaitPrevious(); \
        conditioner::pairSpaceGradient(x, y, rows, heads, channels, c, partials); \
    } \
    EXPORT(conditioner_pair_space_gradient_##TYPE) \
    KERNEL(conditioner::TILE_THREADS) conditioner_add_pair_space_gradient_##TYPE(const T* partials, int chunks, int width, int c, T* dWeight, T* dBias) { \
        awaitPrevious(); \
        conditioner::addPairSpaceGradient(partials, chunks, width, c, dWeight, dBias); \
    } \
    EXPORT(conditioner_add_pair_space_gradient_##TYPE)

PAIR_SPACE_KERNELS(float, f32)
PAIR_SPACE_KERNELS(double, f64)
