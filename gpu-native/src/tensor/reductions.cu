/*
 * Sums over the rows of a matrix, in one launch. A block of 256 threads takes a tile of up to 32 columns and a slab of rows; its threads are spread over
 * columns × rows, sum their rows in the element type, and are added up in shared memory (256 values per sum) in double precision. The last block of a tile to
 * finish, which a counter tells, adds the slabs of its tile in order, so that the result does not depend on which block that is. Counters are zero before and
 * after. Shared memory: 2 KiB per sum, up to
 * 8 KiB.
 */
#include "common/real.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int SUM_THREADS = 256;

/** Adds the values of all threads with the same column of the tile, in fixed order; the result is in the first {@code width} threads. */
template <int COUNT> __device__ __forceinline__ void addUpColumns(double (&sums)[COUNT], double* shared, int width) {
#pragma unroll
    for (int s = 0; s < COUNT; s++) {
        shared[s * SUM_THREADS + threadIdx.x] = sums[s];
    }
    __syncthreads();
    for (int half = SUM_THREADS / 2; half >= width; half /= 2) {
        if (static_cast<int>(threadIdx.x) < half) {
#pragma unroll
            for (int s = 0; s < COUNT; s++) {
                shared[s * SUM_THREADS + threadIdx.x] += shared[s * SUM_THREADS + threadIdx.x + half];
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int s = 0; s < COUNT; s++) {
        sums[s] = shared[s * SUM_THREADS + threadIdx.x];
    }
    __syncthreads();
}

/**
 * Column sums of COUNT values per element.
 *
 * @param width columns of a tile, a power of two up to 32
 * @param slabRows rows of a slab
 * @param tile number of the tile of this block
 * @param slab number of the slab of this block, out of slabs
 * @param partial [slabs][COUNT][columns]
 * @param counters one per tile
 * @param values values(row, column, out) gives the COUNT values of an element
 * @param finish finish(column, sums) takes the COUNT sums of a column
 */
template <typename T, int COUNT, typename V, typename F>
__device__ __forceinline__ void columnSums(int64_t rows, int columns, int width, int64_t slabRows, int tile, int slab, int slabs, double* partial,
    int* counters, V values, F finish) {
    __shared__ double shared[COUNT * SUM_THREADS];
    __shared__ int last;
    int column = tile * width + threadIdx.x % width;
    int first = threadIdx.x / width;
    int step = SUM_THREADS / width;
    int64_t from = static_cast<int64_t>(slab) * slabRows;
    int64_t to = from + slabRows < rows ? from + slabRows : rows;
    T own[COUNT] = {};
    if (column < columns) {
#pragma unroll 4
        for (int64_t row = from + first; row < to; row += step) {
            values(row, column, own);
        }
    }
    double sums[COUNT];
#pragma unroll
    for (int s = 0; s < COUNT; s++) {
        sums[s] = own[s];
    }
    addUpColumns<COUNT>(sums, shared, width);
    bool holds = static_cast<int>(threadIdx.x) < width && column < columns;
    if (slabs == 1) {
        if (holds) {
            finish(column, sums);
        }
        return;
    }
    if (holds) {
#pragma unroll
        for (int s = 0; s < COUNT; s++) {
            partial[(static_cast<int64_t>(slab) * COUNT + s) * columns + column] = sums[s];
        }
    }
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(&counters[tile], 1) == slabs - 1 ? 1 : 0;
    }
    __syncthreads();
    if (last == 0) {
        return;
    }
    __threadfence();
#pragma unroll
    for (int s = 0; s < COUNT; s++) {
        sums[s] = 0;
    }
    if (column < columns) {
        for (int other = first; other < slabs; other += step) {
#pragma unroll
            for (int s = 0; s < COUNT; s++) {
                sums[s] += partial[(static_cast<int64_t>(other) * COUNT + s) * columns + column];
            }
        }
    }
    addUpColumns<COUNT>(sums, shared, width);
    if (holds) {
        finish(column, sums);
    }
    if (threadIdx.x == 0) {
        counters[tile] = 0;
    }
}

/** y[column] += Σ x ∘ w over the rows; w may be null for 1. */
template <typename T>
__device__ __forceinline__ void columnSumsOf(const T* x, const T* w, T* y, int64_t rows, int columns, int width, int64_t slabRows, double* partial,
    int* counters) {
    columnSums<T, 1>(rows, columns, width, slabRows, blockIdx.x, blockIdx.y, gridDim.y, partial, counters,
        [&](int64_t row, int column, T* sums) {
            int64_t at = row * columns + column;
            sums[0] = w == nullptr ? sums[0] + x[at] : fusedMultiplyAdd(x[at], w[at], sums[0]);
        },
        [&](int column, const double* sums) { y[column] = static_cast<T>(y[column] + sums[0]); });
}

/** A matrix and where its column sums go. */
template <typename T> struct ColumnSum {
    const T* x;
    T* y;
    int columns;

    __device__ __forceinline__ int tiles() const {
        return (columns + WARP - 1) / WARP;
    }
};

/** y += Σ x over the rows for four matrices of the same rows, some of which may have no columns; blocks are slabs of all tiles of all matrices. */
template <typename T>
__device__ __forceinline__ void columnSumsOfFour(const ColumnSum<T> (&all)[4], int64_t rows, int64_t slabRows, int slabs, double* partial, int* counters) {
    int tiles = all[0].tiles() + all[1].tiles() + all[2].tiles() + all[3].tiles();
    int tile = blockIdx.x % tiles;
    int slab = blockIdx.x / tiles;
    ColumnSum<T> own = all[0];
#pragma unroll
    for (int i = 1; i < 4; i++) {
        if (tile >= own.tiles()) {
            tile -= own.tiles();
            counters += own.tiles();
            partial += static_cast<int64_t>(slabs) * own.columns;
            own = all[i];
        }
    }
    columnSums<T, 1>(rows, own.columns, WARP, slabRows, tile, slab, slabs, partial, counters,
        [&](int64_t row, int column, T* sums) { sums[0] += own.x[row * own.columns + column]; },
        [&](int column, const double* sums) { own.y[column] = static_cast<T>(own.y[column] + sums[0]); });
}

/** dgamma += Σ dy·(x − mean)·rstd, dbeta += Σ dy over the rows; each may be null. */
template <typename T>
__device__ __forceinline__ void layerNormGains(const T* x, const T* mean, const T* rstd, const T* dy, T* dgamma, T* dbeta, int64_t rows, int columns,
    int width, int64_t slabRows, int tile, int slab, int slabs, double* partial, int* counters) {
    columnSums<T, 2>(rows, columns, width, slabRows, tile, slab, slabs, partial, counters,
        [&](int64_t row, int column, T* sums) {
            int64_t at = row * columns + column;
            T above = dy[at];
            sums[0] = fusedMultiplyAdd((x[at] - mean[row]) * rstd[row], above, sums[0]);
            sums[1] += above;
        },
        [&](int column, const double* sums) {
            if (dgamma != nullptr) {
                dgamma[column] = static_cast<T>(dgamma[column] + sums[0]);
            }
            if (dbeta != nullptr) {
                dbeta[column] = static_cast<T>(dbeta[column] + sums[1]);
            }
        });
}

/** dx += (g − Σ g/columns − x̂·Σ g·x̂/columns)·rstd with g = dy·gamma, one warp per row. */
template <typename T>
__device__ __forceinline__ void layerNormRows(const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx, int64_t row, int columns) {
    int64_t start = row * columns;
    bool whole = columns % Pack<T>::SIZE == 0;
    bool xAligned = whole && packed(x);
    bool dyAligned = whole && packed(dy);
    T centre = mean[row];
    T scale = rstd[row];
    T sum = 0;
    T along = 0;
    FOR_PACKS_OF_ROW(T, at, columns) {
        Pack<T> values = loadPack(x + start, at, columns, xAligned);
        Pack<T> above = loadPack(dy + start, at, columns, dyAligned);
        Pack<T> gains = loadPack(gamma, at, columns, packed(gamma));
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            T g = above.v[e] * gains.v[e];
            sum += g;
            along = fusedMultiplyAdd(g, values.v[e] - centre, along);
        }
    }
    T meanGradient = warpSum(sum) / columns;
    T meanAlong = warpSum(along) * scale / columns;
    bool dxAligned = whole && packed(dx);
    FOR_PACKS_OF_ROW(T, at, columns) {
        Pack<T> values = loadPack(x + start, at, columns, xAligned);
        Pack<T> above = loadPack(dy + start, at, columns, dyAligned);
        Pack<T> gains = loadPack(gamma, at, columns, packed(gamma));
        Pack<T> below = loadPack(dx + start, at, columns, dxAligned);
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            T across = above.v[e] * gains.v[e] - meanGradient - (values.v[e] - centre) * scale * meanAlong;
            below.v[e] = fusedMultiplyAdd(across, scale, below.v[e]);
        }
        storePack(dx + start, at, columns, dxAligned, below);
    }
}

/** Both of the above in one launch: the first tiles·slabs blocks sum over rows, as they take longer, the others are for dx. */
template <typename T>
__device__ __forceinline__ void layerNormBackward(const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, int rows,
    int columns, int width, int64_t slabRows, int tiles, int slabs, double* partial, int* counters) {
    int block = blockIdx.x;
    if (block < tiles * slabs) {
        layerNormGains(x, mean, rstd, dy, dgamma, dbeta, rows, columns, width, slabRows, block % tiles, block / tiles, slabs, partial, counters);
        return;
    }
    int64_t row = static_cast<int64_t>(block - tiles * slabs) * (SUM_THREADS / WARP) + threadIdx.x / WARP;
    if (row < rows) {
        layerNormRows(x, gamma, mean, rstd, dy, dx, row, columns);
    }
}

/** y[0] = Σ x² in double precision. */
template <typename T>
__device__ __forceinline__ void sumOfSquares(const T* x, double* y, int64_t n, int64_t slabRows, double* partial, int* counters) {
    columnSums<double, 1>(n, 1, 1, slabRows, blockIdx.x, blockIdx.y, gridDim.y, partial, counters,
        [&](int64_t row, int, double* sums) {
            double value = x[row];
            sums[0] = fma(value, value, sums[0]);
        },
        [&](int, const double* sums) { y[0] = sums[0]; });
}

/** found[0] = 1 if an element is not finite; otherwise it stays as it is. */
template <typename T> __device__ __forceinline__ void findNotFinite(const T* x, int* found, int64_t n) {
    bool finite = true;
    for (int64_t i = globalThread(); i < n; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
        // 0·x is NaN for an infinite x and for NaN
        finite = finite && x[i] * T(0) == T(0);
    }
    if (!finite) {
        atomicMax(found, 1);
    }
}

} // namespace tensor

using namespace tensor;

#define OF_TYPE(SUFFIX, T) \
    KERNEL(SUM_THREADS) tensor_columnSums_##SUFFIX(const T* x, const T* w, T* y, int64_t rows, int columns, int width, int64_t slabRows, double* partial, \
        int* counters) { \
        awaitPrevious(); \
        columnSumsOf(x, w, y, rows, columns, width, slabRows, partial, counters); \
    } \
    EXPORT(tensor_columnSums_##SUFFIX) \
    KERNEL(SUM_THREADS) tensor_columnSumsOfFour_##SUFFIX(const T* x0, T* y0, int columns0, const T* x1, T* y1, int columns1, const T* x2, T* y2, int columns2, \
        const T* x3, T* y3, int columns3, int64_t rows, int64_t slabRows, int slabs, double* partial, int* counters) { \
        awaitPrevious(); \
        const ColumnSum<T> all[4] = {{x0, y0, columns0}, {x1, y1, columns1}, {x2, y2, columns2}, {x3, y3, columns3}}; \
        columnSumsOfFour(all, rows, slabRows, slabs, partial, counters); \
    } \
    EXPORT(tensor_columnSumsOfFour_##SUFFIX) \
    KERNEL(SUM_THREADS) tensor_layerNormBackward_##SUFFIX(const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, \
        int rows, int columns, int width, int64_t slabRows, int tiles, int slabs, double* partial, int* counters) { \
        awaitPrevious(); \
        layerNormBackward(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, columns, width, slabRows, tiles, slabs, partial, counters); \
    } \
    EXPORT(tensor_layerNormBackward_##SUFFIX) \
    KERNEL(SUM_THREADS) tensor_sumOfSquares_##SUFFIX(const T* x, double* y, int64_t n, int64_t slabRows, double* partial, int* counters) { \
        awaitPrevious(); \
        sumOfSquares(x, y, n, slabRows, partial, counters); \
    } \
    EXPORT(tensor_sumOfSquares_##SUFFIX) \
    KERNEL(SUM_THREADS) tensor_findNotFinite_##SUFFIX(const T* x, int* found, int64_t n) { \
        awaitPrevious(); \
        findNotFinite(x, found, n); \
    } \
    EXPORT(tensor_findNotFinite_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
