/*
 * Sums over the rows of a matrix, in one launch. A block of 256 threads takes a tile of columns, or of packs of columns (16 bytes), and a slab of rows; its
 * threads are spread over columns × rows, sum their rows in the element type, several loads ahead, and are added up in shared memory in double precision. Where
 * there are several slabs, the last block of a tile to finish, which a counter tells, adds them in order, so that the result does not depend on which block
 * that is; counters are zero before and after. That costs as much as a thousand rows more, so slabs are as long as a block can have all their loads under way.
 * Shared memory: 2 KiB per sum of a thread, up to 20 KiB.
 */
#include "common/real.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int SUM_THREADS = 256;

/**
 * Adds the values of all threads with the same column of the tile, in fixed order; the result is in the first {@code width} threads, a power of two. Up to 32
 * threads share one of the width·COUNT sums.
 */
template <int COUNT> __device__ __forceinline__ void addUpColumns(double (&sums)[COUNT], double* shared, int width) {
#pragma unroll
    for (int s = 0; s < COUNT; s++) {
        shared[s * SUM_THREADS + threadIdx.x] = sums[s];
    }
    __syncthreads();
    int outputs = COUNT * width;
    int parts = SUM_THREADS / outputs < WARP ? SUM_THREADS / outputs : WARP;
    int output = threadIdx.x / parts;
    int part = threadIdx.x % parts;
    double sum = 0;
    if (output < outputs) {
        const double* values = shared + output / width * SUM_THREADS + output % width;
#pragma unroll 4
        for (int at = part * width; at < SUM_THREADS; at += parts * width) {
            sum += values[at];
        }
    }
    for (int step = parts / 2; step > 0; step /= 2) {
        sum += __shfl_xor_sync(ALL_LANES, sum, step);
    }
    __syncthreads();
    if (output < outputs && part == 0) {
        shared[output] = sum;
    }
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < width) {
#pragma unroll
        for (int s = 0; s < COUNT; s++) {
            sums[s] = shared[s * width + threadIdx.x];
        }
    }
    __syncthreads();
}

/**
 * Column sums of COUNT values per element.
 *
 * @param AHEAD rows of a thread whose loads are under way together
 * @param width columns of a tile, a power of two up to 32
 * @param slabRows rows of a slab
 * @param tile number of the tile of this block
 * @param slab number of the slab of this block, out of slabs
 * @param partial [slabs][COUNT][columns]
 * @param counters one per tile
 * @param values values(row, column, out) adds the COUNT values of an element
 * @param finish finish(column, sums) takes the COUNT sums of a column, in thread column − tile·width
 */
template <typename T, int COUNT, int AHEAD, typename V, typename F>
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
        for (int64_t row = from + first; row < to; row += AHEAD * step) {
#pragma unroll
            for (int i = 0; i < AHEAD; i++) {
                if (row + i * step < to) {
                    values(row + i * step, column, own);
                }
            }
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
#pragma unroll 4
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

/** What the sums of a column, or pack of SIZE columns, are added to, read before there are any; zeros without y, and in threads that do not take sums. */
template <typename T, int SIZE> struct Before {
    T v[SIZE];

    __device__ __forceinline__ Before(const T* y, int tile, int width, int columns) {
        int column = tile * width + threadIdx.x;
        bool there = y != nullptr && static_cast<int>(threadIdx.x) < width && column < columns;
#pragma unroll
        for (int e = 0; e < SIZE; e++) {
            v[e] = there ? y[column * SIZE + e] : T(0);
        }
    }

    /** y = what was there + sums */
    __device__ __forceinline__ void add(T* y, int column, const double* sums) const {
#pragma unroll
        for (int e = 0; e < SIZE; e++) {
            y[column * SIZE + e] = static_cast<T>(v[e] + sums[e]);
        }
    }
};

/** SIZE elements of a row from column on, one pack or one element. */
template <int SIZE, typename T> __device__ __forceinline__ void loadColumns(const T* x, int64_t at, T (&values)[SIZE]) {
    if constexpr (SIZE == 1) {
        values[0] = x[at];
    } else {
        Pack<T> pack = loadPack(x, at, at + SIZE, true);
#pragma unroll
        for (int e = 0; e < SIZE; e++) {
            values[e] = pack.v[e];
        }
    }
}

/** y += Σ x ∘ w over the rows; w may be null for 1. A column of the sums is SIZE columns: a pack of aligned arrays, or one. */
template <typename T, int SIZE>
__device__ __forceinline__ void columnSumsOf(const T* x, const T* w, T* y, int64_t rows, int columns, int width, int64_t slabRows, double* partial,
    int* counters) {
    Before<T, SIZE> before(y, blockIdx.x, width, columns);
    columnSums<T, SIZE, 9>(rows, columns, width, slabRows, blockIdx.x, blockIdx.y, gridDim.y, partial, counters,
        [&](int64_t row, int column, T* sums) {
            int64_t at = (row * columns + column) * SIZE;
            T values[SIZE];
            loadColumns<SIZE>(x, at, values);
            T factors[SIZE];
            if (w != nullptr) {
                loadColumns<SIZE>(w, at, factors);
            }
#pragma unroll
            for (int e = 0; e < SIZE; e++) {
                sums[e] = w == nullptr ? sums[e] + values[e] : fusedMultiplyAdd(values[e], factors[e], sums[e]);
            }
        },
        [&](int column, const double* sums) { before.add(y, column, sums); });
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
    Before<T, 1> before(own.y, tile, WARP, own.columns);
    columnSums<T, 1, 8>(rows, own.columns, WARP, slabRows, tile, slab, slabs, partial, counters,
        [&](int64_t row, int column, T* sums) { sums[0] += own.x[row * own.columns + column]; },
        [&](int column, const double* sums) { before.add(own.y, column, sums); });
}

/** dgamma += Σ dy·(x − mean)·rstd, dbeta += Σ dy over the rows; each may be null. A column of the sums is SIZE columns: a pack of aligned arrays, or one. */
template <typename T, int SIZE>
__device__ __forceinline__ void layerNormGains(const T* x, const T* mean, const T* rstd, const T* dy, T* dgamma, T* dbeta, int64_t rows, int columns,
    int width, int64_t slabRows, int tile, int slab, int slabs, double* partial, int* counters) {
    Before<T, SIZE> gains(dgamma, tile, width, columns);
    Before<T, SIZE> offsets(dbeta, tile, width, columns);
    columnSums<T, 2 * SIZE, 5>(rows, columns, width, slabRows, tile, slab, slabs, partial, counters,
        [&](int64_t row, int column, T* sums) {
            int64_t at = (row * columns + column) * SIZE;
            T values[SIZE];
            T above[SIZE];
            loadColumns<SIZE>(x, at, values);
            loadColumns<SIZE>(dy, at, above);
            T centre = mean[row];
            T scale = rstd[row];
#pragma unroll
            for (int e = 0; e < SIZE; e++) {
                sums[e] = fusedMultiplyAdd((values[e] - centre) * scale, above[e], sums[e]);
                sums[SIZE + e] += above[e];
            }
        },
        [&](int column, const double* sums) {
            if (dgamma != nullptr) {
                gains.add(dgamma, column, sums);
            }
            if (dbeta != nullptr) {
                offsets.add(dbeta, column, sums + SIZE);
            }
        });
}

/** dx = or += (g − Σ g/columns − x̂·Σ g·x̂/columns)·rstd with g = dy·gamma, one warp per row of up to PACKS packs per lane, all of which it loads at once. */
template <typename T, int PACKS>
__device__ __forceinline__ void layerNormRow(const T* x, const T* gamma, T centre, T scale, const T* dy, int add, T* dx, int columns) {
    constexpr int SIZE = Pack<T>::SIZE;
    bool whole = columns % SIZE == 0;
    bool dxAligned = whole && packed(dx);
    Pack<T> values[PACKS];
    Pack<T> above[PACKS];
    Pack<T> gains[PACKS];
    Pack<T> below[PACKS];
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
        int at = packOfLane<T>(i);
        values[i] = loadPack(x, at, columns, whole && packed(x));
        above[i] = loadPack(dy, at, columns, whole && packed(dy));
        gains[i] = loadPack(gamma, at, columns, packed(gamma));
        below[i] = add != 0 ? loadPack(dx, at, columns, dxAligned) : Pack<T>();
    }
    T sum = 0;
    T along = 0;
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
#pragma unroll
        for (int e = 0; e < SIZE; e++) {
            T g = above[i].v[e] * gains[i].v[e];
            sum += g;
            along = fusedMultiplyAdd(g, values[i].v[e] - centre, along);
        }
    }
    T meanGradient = warpSum(sum) / columns;
    T meanAlong = warpSum(along) * scale / columns;
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
#pragma unroll
        for (int e = 0; e < SIZE; e++) {
            T across = above[i].v[e] * gains[i].v[e] - meanGradient - (values[i].v[e] - centre) * scale * meanAlong;
            below[i].v[e] = fusedMultiplyAdd(across, scale, below[i].v[e]);
        }
        storePack(dx, packOfLane<T>(i), columns, dxAligned, below[i]);
    }
}

/** The same for longer rows, which it reads twice. */
template <typename T>
__device__ __forceinline__ void layerNormLongRow(const T* x, const T* gamma, T centre, T scale, const T* dy, int add, T* dx, int columns) {
    bool whole = columns % Pack<T>::SIZE == 0;
    bool xAligned = whole && packed(x);
    bool dyAligned = whole && packed(dy);
    T sum = 0;
    T along = 0;
    FOR_PACKS_OF_ROW(T, at, columns) {
        Pack<T> values = loadPack(x, at, columns, xAligned);
        Pack<T> above = loadPack(dy, at, columns, dyAligned);
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
        Pack<T> values = loadPack(x, at, columns, xAligned);
        Pack<T> above = loadPack(dy, at, columns, dyAligned);
        Pack<T> gains = loadPack(gamma, at, columns, packed(gamma));
        Pack<T> below = add != 0 ? loadPack(dx, at, columns, dxAligned) : Pack<T>();
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            T across = above.v[e] * gains.v[e] - meanGradient - (values.v[e] - centre) * scale * meanAlong;
            below.v[e] = fusedMultiplyAdd(across, scale, below.v[e]);
        }
        storePack(dx, at, columns, dxAligned, below);
    }
}

/**
 * Sums for gamma and beta, and dx, in one launch: the first tiles·slabs blocks sum over rows, as they take longer, the others are for dx, eight rows each.
 * 'packs' tells whether columns of the sums are packs.
 */
template <typename T>
__device__ __forceinline__ void layerNormBackward(const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, int add, T* dx, T* dgamma, T* dbeta,
    int rows, int columns, int packs, int width, int64_t slabRows, int tiles, int slabs, double* partial, int* counters) {
    constexpr int SIZE = Pack<T>::SIZE;
    int block = blockIdx.x;
    if (block < tiles * slabs) {
        int tile = block % tiles;
        int slab = block / tiles;
        if (packs != 0) {
            layerNormGains<T, SIZE>(x, mean, rstd, dy, dgamma, dbeta, rows, columns / SIZE, width, slabRows, tile, slab, slabs, partial, counters);
        } else {
            layerNormGains<T, 1>(x, mean, rstd, dy, dgamma, dbeta, rows, columns, width, slabRows, tile, slab, slabs, partial, counters);
        }
        return;
    }
    int64_t row = static_cast<int64_t>(block - tiles * slabs) * (SUM_THREADS / WARP) + threadIdx.x / WARP;
    if (row < rows) {
        int64_t start = row * columns;
        T centre = mean[row];
        T scale = rstd[row];
        if (columns <= WARP * SIZE) {
            layerNormRow<T, 1>(x + start, gamma, centre, scale, dy + start, add, dx + start, columns);
        } else if (columns <= PACKS_OF_ROW * WARP * SIZE) {
            layerNormRow<T, PACKS_OF_ROW>(x + start, gamma, centre, scale, dy + start, add, dx + start, columns);
        } else {
            layerNormLongRow(x + start, gamma, centre, scale, dy + start, add, dx + start, columns);
        }
    }
}

/** y[0] = Σ x² in double precision. */
template <typename T>
__device__ __forceinline__ void sumOfSquares(const T* x, double* y, int64_t n, int64_t slabRows, double* partial, int* counters) {
    columnSums<double, 1, 8>(n, 1, 1, slabRows, blockIdx.x, blockIdx.y, gridDim.y, partial, counters,
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
    KERNEL(SUM_THREADS, 3) tensor_columnSums_##SUFFIX(const T* x, const T* w, T* y, int64_t rows, int columns, int packs, int width, int64_t slabRows, \
        double* partial, int* counters) { \
        awaitPrevious(); \
        if (packs != 0) { \
            columnSumsOf<T, Pack<T>::SIZE>(x, w, y, rows, columns / Pack<T>::SIZE, width, slabRows, partial, counters); \
        } else { \
            columnSumsOf<T, 1>(x, w, y, rows, columns, width, slabRows, partial, counters); \
        } \
    } \
    EXPORT(tensor_columnSums_##SUFFIX) \
    KERNEL(SUM_THREADS) tensor_columnSumsOfFour_##SUFFIX(const T* x0, T* y0, int columns0, const T* x1, T* y1, int columns1, const T* x2, T* y2, int columns2, \
        const T* x3, T* y3, int columns3, int64_t rows, int64_t slabRows, int slabs, double* partial, int* counters) { \
        awaitPrevious(); \
        const ColumnSum<T> all[4] = {{x0, y0, columns0}, {x1, y1, columns1}, {x2, y2, columns2}, {x3, y3, columns3}}; \
        columnSumsOfFour(all, rows, slabRows, slabs, partial, counters); \
    } \
    EXPORT(tensor_columnSumsOfFour_##SUFFIX) \
    KERNEL(SUM_THREADS, 3) tensor_layerNormBackward_##SUFFIX(const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, int add, T* dx, \
        T* dgamma, T* dbeta, int rows, int columns, int packs, int width, int64_t slabRows, int tiles, int slabs, double* partial, int* counters) { \
        awaitPrevious(); \
        layerNormBackward(x, gamma, mean, rstd, dy, add, dx, dgamma, dbeta, rows, columns, packs, width, slabRows, tiles, slabs, partial, counters); \
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
