/*
 * y[index[i]] += x[i] by rows, every sum in the order of i, without floating-point atomics. Two ways:
 *
 * tensor_scatterScan: one warp per row of y reads all of index; for few rows or few indices. One launch.
 *
 * tensor_scatterCount, …Place, …List, …Apply: the indices are sorted by target first. Which slots a target gets and in which order its list is filled depends
 * on the order of threads, but …Apply takes each list in ascending order, so that the result does not.
 *
 * Blocks of 256 threads, no shared memory. Targets outside [0, rows) are skipped.
 */
#include "pack.cuh"

namespace tensor {

constexpr int SCATTER_THREADS = 256;
constexpr int WARPS = SCATTER_THREADS / WARP;
/** Columns that a lane sums, WARP apart. */
constexpr int LANE_COLUMNS = 4;
constexpr int SCATTER_COLUMNS = WARP * LANE_COLUMNS;
/** Groups of WARP indices that are on their way at a time. */
constexpr int AHEAD = 4;

/** The columns of one row of y that a lane adds to. */
template <typename T> struct RowSum {
    T sums[LANE_COLUMNS];
    int first;
    int columns;

    __device__ __forceinline__ RowSum(const T* y, int64_t row, int columns) : first(blockIdx.y * SCATTER_COLUMNS + threadIdx.x % WARP), columns(columns) {
#pragma unroll
        for (int k = 0; k < LANE_COLUMNS; k++) {
            int column = first + k * WARP;
            sums[k] = column < columns ? y[row * columns + column] : T(0);
        }
    }

    __device__ __forceinline__ void add(const T* x, int64_t row) {
#pragma unroll
        for (int k = 0; k < LANE_COLUMNS; k++) {
            int column = first + k * WARP;
            if (column < columns) {
                sums[k] += x[row * columns + column];
            }
        }
    }

    __device__ __forceinline__ void store(T* y, int64_t row) const {
#pragma unroll
        for (int k = 0; k < LANE_COLUMNS; k++) {
            int column = first + k * WARP;
            if (column < columns) {
                y[row * columns + column] = sums[k];
            }
        }
    }
};

template <typename T> __device__ __forceinline__ void scatterScan(const T* x, const int* index, T* y, int n, int rows, int columns) {
    int row = blockIdx.x * WARPS + threadIdx.x / WARP;
    if (row >= rows) {
        return;
    }
    int lane = threadIdx.x % WARP;
    RowSum<T> sum(y, row, columns);
    bool any = false;
    for (int from = 0; from < n; from += AHEAD * WARP) {
        int targets[AHEAD];
#pragma unroll
        for (int g = 0; g < AHEAD; g++) {
            int i = from + g * WARP + lane;
            targets[g] = i < n ? index[i] : -1;
        }
#pragma unroll
        for (int g = 0; g < AHEAD; g++) {
            unsigned hits = __ballot_sync(ALL_LANES, targets[g] == row);
            any = any || hits != 0;
            while (hits != 0) {
                sum.add(x, from + g * WARP + __ffs(static_cast<int>(hits)) - 1);
                hits &= hits - 1;
            }
        }
    }
    if (any) {
        sum.store(y, row);
    }
}

template <typename T>
__device__ __forceinline__ void scatterApply(const T* x, const int* starts, const int* lengths, const int* list, T* y, int rows, int columns) {
    int row = blockIdx.x * WARPS + threadIdx.x / WARP;
    if (row >= rows || lengths[row] == 0) {
        return;
    }
    int lane = threadIdx.x % WARP;
    int start = starts[row];
    int length = lengths[row];
    RowSum<T> sum(y, row, columns);
    int done = -1;
    for (int k = 0; k < length; k++) {
        int next = 0x7FFFFFFF;
        for (int j = lane; j < length; j += WARP) {
            int i = list[start + j];
            next = i > done && i < next ? i : next;
        }
#pragma unroll
        for (int step = WARP / 2; step > 0; step /= 2) {
            int other = __shfl_xor_sync(ALL_LANES, next, step);
            next = other < next ? other : next;
        }
        sum.add(x, next);
        done = next;
    }
    sum.store(y, row);
}

} // namespace tensor

using namespace tensor;

/** counts[target] = how often it occurs; zero before. */
KERNEL(SCATTER_THREADS) tensor_scatterCount(const int* index, int n, int rows, int* counts) {
    awaitPrevious();
    int64_t i = globalThread();
    if (i < n && index[i] >= 0 && index[i] < rows) {
        atomicAdd(&counts[index[i]], 1);
    }
}
EXPORT(tensor_scatterCount)

/** Gives each target as many slots of the list as it needs: starts and lengths. {@code taken} counts slots, from zero. */
KERNEL(SCATTER_THREADS) tensor_scatterPlace(const int* counts, int rows, int* starts, int* lengths, int* taken) {
    awaitPrevious();
    int64_t row = globalThread();
    int lane = threadIdx.x % WARP;
    int length = row < rows ? counts[row] : 0;
    int end = length;
#pragma unroll
    for (int step = 1; step < WARP; step *= 2) {
        int before = __shfl_up_sync(ALL_LANES, end, step);
        end += lane >= step ? before : 0;
    }
    int start = 0;
    if (lane == WARP - 1) {
        start = atomicAdd(taken, end);
    }
    start = __shfl_sync(ALL_LANES, start, WARP - 1);
    if (row < rows) {
        starts[row] = start + end - length;
        lengths[row] = length;
    }
}
EXPORT(tensor_scatterPlace)

/** Writes the indices of each target into its slots, in any order; counts go down to zero. */
KERNEL(SCATTER_THREADS) tensor_scatterList(const int* index, int n, int rows, const int* starts, int* counts, int* list) {
    awaitPrevious();
    int64_t i = globalThread();
    if (i < n && index[i] >= 0 && index[i] < rows) {
        int slot = atomicAdd(&counts[index[i]], -1) - 1;
        list[starts[index[i]] + slot] = static_cast<int>(i);
    }
}
EXPORT(tensor_scatterList)

#define OF_TYPE(SUFFIX, T) \
    KERNEL(SCATTER_THREADS) tensor_scatterScan_##SUFFIX(const T* x, const int* index, T* y, int n, int rows, int columns) { \
        awaitPrevious(); \
        scatterScan(x, index, y, n, rows, columns); \
    } \
    EXPORT(tensor_scatterScan_##SUFFIX) \
    KERNEL(SCATTER_THREADS) tensor_scatterApply_##SUFFIX(const T* x, const int* starts, const int* lengths, const int* list, T* y, int rows, int columns) { \
        awaitPrevious(); \
        scatterApply(x, starts, lengths, list, y, rows, columns); \
    } \
    EXPORT(tensor_scatterApply_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
