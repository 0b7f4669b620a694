/*
 * Element-wise kernels of org.bindrae.tensor.Kernels. One thread handles 16 bytes (4 floats or 2 doubles) in blocks of 256 threads, without shared memory.
 * They are bound by memory, or for small tensors by the launch. Arrays that are not aligned to 16 bytes are read element by element.
 */
#include "functions.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int THREADS = 256;

/** Ordinals of Kernels.Broadcast. */
enum Spread { NONE, ROW, COLUMN, SCALAR };

/** What combine does. */
enum Combination { ADD, MULTIPLY, MULTIPLY_ADD };

/** Calls body(at) for the first element of each thread's pack. */
#define FOR_PACK(T, at, n) \
    int64_t at = globalThread() * Pack<T>::SIZE; \
    if (at < (n))

template <typename T> __device__ __forceinline__ void fill(T* y, T value, int64_t n) {
    FOR_PACK(T, at, n) {
        Pack<T> pack;
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            pack.v[e] = value;
        }
        storePack(y, at, n, packed(y), pack);
    }
}

template <typename T> __device__ __forceinline__ void copy(const T* x, T* y, int64_t n) {
    FOR_PACK(T, at, n) {
        storePack(y, at, n, packed(y), loadPack(x, at, n, packed(x)));
    }
}

template <typename T> __device__ __forceinline__ T converted(double value) {
    return static_cast<T>(value);
}

/** Towards zero; NaN gives zero and what is too large the nearest integer, as in Java. */
template <> __device__ __forceinline__ int converted<int>(double value) {
    if (value != value) {
        return 0;
    }
    if (value >= 2147483647.0) {
        return 2147483647;
    }
    return value <= -2147483648.0 ? -2147483647 - 1 : static_cast<int>(value);
}

template <typename S, typename T> __device__ __forceinline__ void cast(const S* x, T* y, int64_t n) {
    int64_t at = globalThread();
    if (at < n) {
        y[at] = converted<T>(static_cast<double>(x[at]));
    }
}

/** y = a·x + b·y; with b = 0 the old y does not matter. */
template <typename T> __device__ __forceinline__ void axpby(T a, const T* x, T b, T* y, int64_t n) {
    FOR_PACK(T, at, n) {
        Pack<T> values = loadPack(x, at, n, packed(x));
        Pack<T> result = b == T(0) ? Pack<T>() : loadPack(y, at, n, packed(y));
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            T ax = a * values.v[e];
            result.v[e] = b == T(0) ? ax : fusedMultiplyAdd(b, result.v[e], ax);
        }
        storePack(y, at, n, packed(y), result);
    }
}

template <typename T> __device__ __forceinline__ T spreadValue(const T* b, int spread, int64_t i, int columns) {
    switch (spread) {
        case NONE: return b[i];
        case ROW: return b[remainderOf(i, columns)];
        case COLUMN: return b[quotientOf(i, columns)];
        default: return b[0];
    }
}

/** The values that spread(b) has at [at, at + SIZE). */
template <typename T> __device__ __forceinline__ Pack<T> loadSpread(const T* b, int spread, int64_t at, int64_t n, int columns) {
    if (spread == NONE) {
        return loadPack(b, at, n, packed(b));
    }
    // a pack lies in one row where rows are whole packs
    bool inOneRow = columns % Pack<T>::SIZE == 0;
    if (spread == ROW && inOneRow) {
        return loadPack(b, remainderOf(at, columns), columns, packed(b));
    }
    Pack<T> pack;
    if (spread == SCALAR || (spread == COLUMN && inOneRow)) {
        T value = spreadValue(b, spread, at, columns);
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            pack.v[e] = value;
        }
        return pack;
    }
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        pack.v[e] = at + e < n ? spreadValue(b, spread, at + e, columns) : T(0);
    }
    return pack;
}

/** y = x + spread(b), y = x ∘ spread(b) or y += x ∘ spread(b). x, b and y may be the same. */
template <typename T> __device__ __forceinline__ void combine(int operation, const T* x, const T* b, int spread, T* y, int64_t n, int columns) {
    FOR_PACK(T, at, n) {
        Pack<T> values = loadPack(x, at, n, packed(x));
        Pack<T> others = loadSpread(b, spread, at, n, columns);
        Pack<T> result = operation == MULTIPLY_ADD ? loadPack(y, at, n, packed(y)) : Pack<T>();
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            result.v[e] = operation == ADD ? values.v[e] + others.v[e]
                : operation == MULTIPLY ? values.v[e] * others.v[e] : fusedMultiplyAdd(values.v[e], others.v[e], result.v[e]);
        }
        storePack(y, at, n, packed(y), result);
    }
}

template <int FUNCTION, typename T> __device__ __forceinline__ void unaryOf(const T* x, T* y, int64_t at, int64_t n) {
    Pack<T> values = loadPack(x, at, n, packed(x));
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        values.v[e] = valueOf<FUNCTION>(values.v[e]);
    }
    storePack(y, at, n, packed(y), values);
}

template <int FUNCTION, typename T>
__device__ __forceinline__ void unaryBackwardOf(const T* x, const T* y, const T* dy, int add, T* dx, int64_t at, int64_t n) {
    Pack<T> values = loadPack(x, at, n, packed(x));
    Pack<T> results = loadPack(y, at, n, packed(y));
    Pack<T> above = loadPack(dy, at, n, packed(dy));
    Pack<T> below = add != 0 ? loadPack(dx, at, n, packed(dx)) : Pack<T>();
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        below.v[e] = fusedMultiplyAdd(above.v[e], derivativeOf<FUNCTION>(values.v[e], results.v[e]), below.v[e]);
    }
    storePack(dx, at, n, packed(dx), below);
}

#define EACH_FUNCTION(function, call) \
    switch (function) { \
        case GELU: call(GELU); break; \
        case RELU: call(RELU); break; \
        case SIGMOID: call(SIGMOID); break; \
        case TANH: call(TANH); break; \
        case SOFTPLUS: call(SOFTPLUS); break; \
        case EXP: call(EXP); break; \
        case LOG: call(LOG); break; \
        case SQRT: call(SQRT); break; \
        case RECIPROCAL: call(RECIPROCAL); break; \
        default: call(SQUARE); break; \
    }

template <typename T> __device__ __forceinline__ void unary(int function, const T* x, T* y, int64_t n) {
    FOR_PACK(T, at, n) {
#define CALL(F) unaryOf<F>(x, y, at, n)
        EACH_FUNCTION(function, CALL)
#undef CALL
    }
}

template <typename T> __device__ __forceinline__ void unaryBackward(int function, const T* x, const T* y, const T* dy, int add, T* dx, int64_t n) {
    FOR_PACK(T, at, n) {
#define CALL(F) unaryBackwardOf<F>(x, y, dy, add, dx, at, n)
        EACH_FUNCTION(function, CALL)
#undef CALL
    }
}

/** y = base + dropout(x), where base may be null for 0 and y itself. */
template <typename T>
__device__ __forceinline__ void dropout(const T* base, const T* x, int threshold, T scale, uint64_t seed, uint64_t stream, T* y, int64_t n) {
    FOR_PACK(T, at, n) {
        unsigned kept = philoxAtLeast(seed, stream, at >> 2, threshold) >> (at & 3);
        Pack<T> values = loadPack(x, at, n, packed(x));
        Pack<T> result = base == nullptr ? Pack<T>() : loadPack(base, at, n, packed(base));
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            T before = base == nullptr ? T(0) : result.v[e];
            result.v[e] = (kept >> e & 1) != 0 ? fusedMultiplyAdd(values.v[e], scale, before) : before;
        }
        storePack(y, at, n, packed(y), result);
    }
}

/** Columns x[r, xColumn + j] for j < count that go to y[r, yColumn + j]. */
template <typename T> struct ColumnCopy {
    const T* x;
    int xColumns, xColumn;
    T* y;
    int yColumns, yColumn, count;
};

/** Copies or adds. One thread for SIZE elements beside each other, which have one access where SIZE is that of a pack. */
template <int SIZE, typename T> __device__ __forceinline__ void copyColumns(const ColumnCopy<T>& copy, int rows, int add) {
    int64_t i = globalThread();
    int width = copy.count / SIZE;
    if (i < static_cast<int64_t>(rows) * width) {
        int64_t row = quotientOf(i, width);
        int column = remainderOf(i, width) * SIZE;
        const T* source = copy.x + row * copy.xColumns + copy.xColumn + column;
        T* target = copy.y + row * copy.yColumns + copy.yColumn + column;
        if (SIZE == 1) {
            *target = add != 0 ? *target + *source : *source;
        } else {
            Pack<T> pack = loadPack(source, 0, SIZE, true);
            if (add != 0) {
                Pack<T> before = loadPack(target, 0, SIZE, true);
#pragma unroll
                for (int e = 0; e < SIZE; e++) {
                    pack.v[e] += before.v[e];
                }
            }
            storePack(target, 0, SIZE, true, pack);
        }
    }
}

/** What stands for a row that is not there. */
template <typename T> __device__ __forceinline__ T nothing() {
    return static_cast<T>(NAN);
}

template <> __device__ __forceinline__ int nothing<int>() {
    return -1;
}

/** y[i] = x[index[i]] by rows; zeros for a negative index, and what shows that something is wrong for one beyond the rows. */
template <typename T> __device__ __forceinline__ void gatherRows(const T* x, int xRows, const int* index, T* y, int rows, int columns) {
    int64_t i = globalThread();
    if (i < static_cast<int64_t>(rows) * columns) {
        int64_t row = quotientOf(i, columns);
        int source = index[row];
        y[i] = source < 0 ? T(0) : source >= xRows ? nothing<T>() : x[static_cast<int64_t>(source) * columns + remainderOf(i, columns)];
    }
}

} // namespace tensor

using namespace tensor;

KERNEL(THREADS) tensor_fill_f32(float* y, float value, int64_t n) {
    awaitPrevious();
    fill(y, value, n);
}
EXPORT(tensor_fill_f32)

KERNEL(THREADS) tensor_fill_f64(double* y, double value, int64_t n) {
    awaitPrevious();
    fill(y, value, n);
}
EXPORT(tensor_fill_f64)

KERNEL(THREADS) tensor_fill_i32(int* y, int value, int64_t n) {
    awaitPrevious();
    fill(y, value, n);
}
EXPORT(tensor_fill_i32)

/** For every type: n elements of 4 bytes. */
KERNEL(THREADS) tensor_copy_i32(const int* x, int* y, int64_t n) {
    awaitPrevious();
    copy(x, y, n);
}
EXPORT(tensor_copy_i32)

#define CAST(name, S, T) \
    KERNEL(THREADS) name(const S* x, T* y, int64_t n) { \
        awaitPrevious(); \
        cast(x, y, n); \
    } \
    EXPORT(name)

CAST(tensor_cast_f32_f64, float, double)
CAST(tensor_cast_f32_i32, float, int)
CAST(tensor_cast_f64_f32, double, float)
CAST(tensor_cast_f64_i32, double, int)
CAST(tensor_cast_i32_f32, int, float)
CAST(tensor_cast_i32_f64, int, double)

KERNEL(THREADS) tensor_gatherRows_i32(const int* x, int xRows, const int* index, int* y, int rows, int columns) {
    awaitPrevious();
    gatherRows(x, xRows, index, y, rows, columns);
}
EXPORT(tensor_gatherRows_i32)

/** Parameters of a ColumnCopy; one for each row of blocks is looked at. */
#define COLUMN_COPY(T, i) const T *x##i, int xColumns##i, int xColumn##i, T *y##i, int yColumns##i, int yColumn##i, int count##i
#define COLUMN_COPY_OF(T, i) ColumnCopy<T>{x##i, xColumns##i, xColumn##i, y##i, yColumns##i, yColumn##i, count##i}

#define OF_TYPE(SUFFIX, T) \
    KERNEL(THREADS) tensor_axpby_##SUFFIX(T a, const T* x, T b, T* y, int64_t n) { \
        awaitPrevious(); \
        axpby(a, x, b, y, n); \
    } \
    EXPORT(tensor_axpby_##SUFFIX) \
    KERNEL(THREADS) tensor_combine_##SUFFIX(int operation, const T* x, const T* b, int spread, T* y, int64_t n, int columns) { \
        awaitPrevious(); \
        combine(operation, x, b, spread, y, n, columns); \
    } \
    EXPORT(tensor_combine_##SUFFIX) \
    KERNEL(THREADS) tensor_unary_##SUFFIX(int function, const T* x, T* y, int64_t n) { \
        awaitPrevious(); \
        unary(function, x, y, n); \
    } \
    EXPORT(tensor_unary_##SUFFIX) \
    KERNEL(THREADS) tensor_unaryBackward_##SUFFIX(int function, const T* x, const T* y, const T* dy, int add, T* dx, int64_t n) { \
        awaitPrevious(); \
        unaryBackward(function, x, y, dy, add, dx, n); \
    } \
    EXPORT(tensor_unaryBackward_##SUFFIX) \
    KERNEL(THREADS) tensor_dropout_##SUFFIX(const T* base, const T* x, int threshold, T scale, int64_t seed, int64_t stream, T* y, int64_t n) { \
        awaitPrevious(); \
        dropout(base, x, threshold, scale, static_cast<uint64_t>(seed), static_cast<uint64_t>(stream), y, n); \
    } \
    EXPORT(tensor_dropout_##SUFFIX) \
    KERNEL(THREADS) tensor_copyColumns_##SUFFIX(COLUMN_COPY(T, 0), COLUMN_COPY(T, 1), COLUMN_COPY(T, 2), COLUMN_COPY(T, 3), int rows, int add, int packs) { \
        awaitPrevious(); \
        const ColumnCopy<T> copy = blockIdx.y == 0 ? COLUMN_COPY_OF(T, 0) : blockIdx.y == 1 ? COLUMN_COPY_OF(T, 1) : blockIdx.y == 2 ? COLUMN_COPY_OF(T, 2) \
            : COLUMN_COPY_OF(T, 3); \
        if (packs != 0) { \
            copyColumns<Pack<T>::SIZE>(copy, rows, add); \
        } else { \
            copyColumns<1>(copy, rows, add); \
        } \
    } \
    EXPORT(tensor_copyColumns_##SUFFIX) \
    KERNEL(THREADS) tensor_gatherRows_##SUFFIX(const T* x, int xRows, const int* index, T* y, int rows, int columns) { \
        awaitPrevious(); \
        gatherRows(x, xRows, index, y, rows, columns); \
    } \
    EXPORT(tensor_gatherRows_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
