/*
 * What rows exchange with groups of k rows each: sums, their way back, and the rows of the nodes at both ends of the edges of a graph. Blocks of 256 threads,
 * no shared memory, 32 registers (sumGroups 40). A thread handles 16 bytes of a row (of all rows of its group in a sum), in dotGroupsAdd a warp a row; bound by
 * memory.
 */
#include "common/real.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int GROUP_THREADS = 256;
/** Rows of a group that are on their way at a time. */
constexpr int ROWS_AHEAD = 4;

/** A pack of a matrix: the one of this thread, packs of a row next to each other. */
template <typename T> struct PackOfRow {
    int64_t row;
    /** First column. */
    int at;
    int columns;

    __device__ __forceinline__ explicit PackOfRow(int columns) : columns(columns) {
        int packs = (columns + Pack<T>::SIZE - 1) / Pack<T>::SIZE;
        int64_t i = globalThread();
        row = quotientOf(i, packs);
        at = remainderOf(i, packs) * Pack<T>::SIZE;
    }

    __device__ __forceinline__ bool isAligned(const T* matrix) const {
        return columns % Pack<T>::SIZE == 0 && packed(matrix);
    }

    /** The same columns of any row. */
    __device__ __forceinline__ Pack<T> load(const T* matrix, int64_t ofRow) const {
        return loadPack(matrix + ofRow * columns, at, columns, isAligned(matrix));
    }

    __device__ __forceinline__ void store(T* matrix, const Pack<T>& pack) const {
        storePack(matrix + row * columns, at, columns, isAligned(matrix), pack);
    }
};

/** sum += w·x */
template <typename T> __device__ __forceinline__ void addTimes(const Pack<T>& x, T w, Pack<T>& sum) {
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        sum.v[e] = fusedMultiplyAdd(x.v[e], w, sum.v[e]);
    }
}

template <typename T> __device__ __forceinline__ void applyGelu(Pack<T>& x) {
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        x.v[e] = gelu(x.v[e]);
    }
}

/** Sums of rows of x, or of gelu(x). */
template <typename T>
__device__ __forceinline__ void sumGroups(const T* __restrict__ x, const T* __restrict__ w, int ofGelu, int add, T* y, int rows, int k, int columns) {
    PackOfRow<T> place(columns);
    if (place.row >= rows) {
        return;
    }
    Pack<T> sum = {};
    if (add != 0) {
        sum = place.load(y, place.row);
    }
    int64_t first = place.row * k;
    for (int from = 0; from < k; from += ROWS_AHEAD) {
        Pack<T> members[ROWS_AHEAD];
        T weights[ROWS_AHEAD];
#pragma unroll
        for (int j = 0; j < ROWS_AHEAD; j++) {
            // the last one again where there are no more, times nothing
            int64_t member = first + (from + j < k ? from + j : k - 1);
            members[j] = place.load(x, member);
            weights[j] = w == nullptr ? T(1) : w[member];
        }
#pragma unroll
        for (int j = 0; j < ROWS_AHEAD; j++) {
            if (ofGelu != 0) {
                applyGelu(members[j]);
            }
            if (from + j < k) {
                addTimes(members[j], weights[j], sum);
            }
        }
    }
    place.store(y, sum);
}

/** Times gelu'(z) where there is a z. */
template <typename T>
__device__ __forceinline__ void spreadGroups(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ z, int add, T* y, int64_t rows, int k,
        int columns) {
    PackOfRow<T> place(columns);
    if (place.row >= rows) {
        return;
    }
    Pack<T> values = place.load(x, quotientOf(place.row, k));
    Pack<T> result = {};
    if (add != 0) {
        result = place.load(y, place.row);
    }
    if (z != nullptr) {
        Pack<T> at = place.load(z, place.row);
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            values.v[e] *= geluDerivative(at.v[e]);
        }
    }
    addTimes(values, w == nullptr ? T(1) : w[place.row], result);
    place.store(y, result);
}

template <typename T> __device__ __forceinline__ void dotGroupsAdd(const T* __restrict__ x, const T* __restrict__ y, T* w, int64_t rows, int k, int columns) {
    int64_t row = globalThread() / WARP;
    if (row >= rows) {
        return;
    }
    const T* a = x + quotientOf(row, k) * columns;
    const T* b = y + row * columns;
    bool whole = columns % Pack<T>::SIZE == 0;
    T sum = 0;
    FOR_PACKS_OF_ROW(T, at, columns) {
        Pack<T> left = loadPack(a, at, columns, whole && packed(x));
        Pack<T> right = loadPack(b, at, columns, whole && packed(y));
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            sum = fusedMultiplyAdd(left.v[e], right.v[e], sum);
        }
    }
    sum = warpSum(sum);
    if (threadIdx.x % WARP == 0) {
        w[row] += sum;
    }
}

/** y = gelu(z) where there is a y. */
template <typename T>
__device__ __forceinline__ void addEndpoints(const T* x, const T* __restrict__ targets, const T* __restrict__ sources, int sourceRows,
        const int* __restrict__ index, T* z, T* y, int64_t rows, int k, int columns) {
    PackOfRow<T> place(columns);
    if (place.row >= rows) {
        return;
    }
    int source = index[place.row];
    Pack<T> sum = place.load(x, place.row);
    addTimes(place.load(targets, quotientOf(place.row, k)), T(1), sum);
    if (source >= sourceRows) {
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            sum.v[e] = static_cast<T>(NAN);
        }
    } else if (source >= 0) {
        addTimes(place.load(sources, source), T(1), sum);
    }
    place.store(z, sum);
    if (y != nullptr) {
        applyGelu(sum);
        place.store(y, sum);
    }
}

} // namespace tensor

using namespace tensor;

#define OF_TYPE(SUFFIX, T) \
    KERNEL(GROUP_THREADS) tensor_sumGroups_##SUFFIX(const T* x, const T* w, int ofGelu, int add, T* y, int rows, int k, int columns) { \
        awaitPrevious(); \
        sumGroups(x, w, ofGelu, add, y, rows, k, columns); \
    } \
    EXPORT(tensor_sumGroups_##SUFFIX) \
    KERNEL(GROUP_THREADS) tensor_spreadGroups_##SUFFIX(const T* x, const T* w, const T* z, int add, T* y, int64_t rows, int k, int columns) { \
        awaitPrevious(); \
        spreadGroups(x, w, z, add, y, rows, k, columns); \
    } \
    EXPORT(tensor_spreadGroups_##SUFFIX) \
    KERNEL(GROUP_THREADS) tensor_dotGroupsAdd_##SUFFIX(const T* x, const T* y, T* w, int64_t rows, int k, int columns) { \
        awaitPrevious(); \
        dotGroupsAdd(x, y, w, rows, k, columns); \
    } \
    EXPORT(tensor_dotGroupsAdd_##SUFFIX) \
    KERNEL(GROUP_THREADS) tensor_addEndpoints_##SUFFIX(const T* x, const T* targets, const T* sources, int sourceRows, const int* index, T* z, T* y, \
            int64_t rows, int k, int columns) { \
        awaitPrevious(); \
        addEndpoints(x, targets, sources, sourceRows, index, z, y, rows, k, columns); \
    } \
    EXPORT(tensor_addEndpoints_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
