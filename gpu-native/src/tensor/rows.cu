/*
 * LayerNorm (forward) and softmax over the rows of a matrix: one warp per row, 8 rows per block of 256 threads, no shared memory. A row is read again from the
 * first-level cache for each pass over it; LayerNorm holds rows of up to three packs per lane in registers. Sums are those of the lanes, added by shuffles in
 * fixed order.
 */
#include "functions.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int ROW_THREADS = 256;
constexpr int ROWS = ROW_THREADS / WARP;

/** The row of this warp. */
__device__ __forceinline__ int64_t rowOfWarp() {
    return static_cast<int64_t>(blockIdx.x) * ROWS + threadIdx.x / WARP;
}

template <typename T> __device__ __forceinline__ T reciprocalRoot(T x) {
    return T(1) / squareRoot(x);
}

/** How a row is normalised: less centre + shift, times scale. */
template <typename T> struct Normalisation {
    T centre;
    T shift;
    T scale;

    /** @param rest what rounding left of the mean: without it, rows far from zero that hardly vary would come out wrong */
    __device__ __forceinline__ Normalisation(T centre, T rest, T squares, T eps, int columns) : centre(centre), shift(warpSum(rest) / columns) {
        T variance = warpSum(squares) / columns - shift * shift;
        scale = reciprocalRoot((variance > T(0) || variance != variance ? variance : T(0)) + eps);
    }

    __device__ __forceinline__ void apply(Pack<T>& values, const Pack<T>& gains, const Pack<T>& offsets) const {
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            values.v[e] = fusedMultiplyAdd((values.v[e] - centre - shift) * scale, gains.v[e], offsets.v[e]);
        }
    }
};

template <typename T> __device__ __forceinline__ void addPack(const Pack<T>& values, T& sum) {
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        sum += values.v[e];
    }
}

/** Adds the distances from the centre, and their squares, of the elements from at on. */
template <typename T> __device__ __forceinline__ void addDistances(const Pack<T>& values, int at, int columns, T centre, T& rest, T& squares) {
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        T d = at + e < columns ? values.v[e] - centre : T(0);
        rest += d;
        squares = fusedMultiplyAdd(d, d, squares);
    }
}

/** A row of up to PACKS packs per lane, all of which are loaded at once, with gamma and beta. */
template <typename T, int PACKS>
__device__ __forceinline__ Normalisation<T> layerNormRow(const T* in, const T* gamma, const T* beta, T eps, T* out, int columns) {
    bool whole = columns % Pack<T>::SIZE == 0;
    Pack<T> values[PACKS];
    Pack<T> gains[PACKS];
    Pack<T> offsets[PACKS];
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
        int at = packOfLane<T>(i);
        values[i] = loadPack(in, at, columns, whole && packed(in));
        gains[i] = loadPack(gamma, at, columns, packed(gamma));
        offsets[i] = loadPack(beta, at, columns, packed(beta));
    }
    T sum = 0;
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
        addPack(values[i], sum);
    }
    T centre = warpSum(sum) / columns;
    T rest = 0;
    T squares = 0;
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
        addDistances(values[i], packOfLane<T>(i), columns, centre, rest, squares);
    }
    Normalisation<T> normalisation(centre, rest, squares, eps, columns);
#pragma unroll
    for (int i = 0; i < PACKS; i++) {
        normalisation.apply(values[i], gains[i], offsets[i]);
        storePack(out, packOfLane<T>(i), columns, whole && packed(out), values[i]);
    }
    return normalisation;
}

/** A longer row, which is read three times. */
template <typename T>
__device__ __forceinline__ Normalisation<T> layerNormLongRow(const T* in, const T* gamma, const T* beta, T eps, T* out, int columns) {
    bool whole = columns % Pack<T>::SIZE == 0;
    bool aligned = whole && packed(in);
    T sum = 0;
    FOR_PACKS_OF_ROW(T, at, columns) {
        addPack(loadPack(in, at, columns, aligned), sum);
    }
    T centre = warpSum(sum) / columns;
    T rest = 0;
    T squares = 0;
    FOR_PACKS_OF_ROW(T, at, columns) {
        addDistances(loadPack(in, at, columns, aligned), at, columns, centre, rest, squares);
    }
    Normalisation<T> normalisation(centre, rest, squares, eps, columns);
    FOR_PACKS_OF_ROW(T, at, columns) {
        Pack<T> values = loadPack(in, at, columns, aligned);
        normalisation.apply(values, loadPack(gamma, at, columns, packed(gamma)), loadPack(beta, at, columns, packed(beta)));
        storePack(out, at, columns, whole && packed(out), values);
    }
    return normalisation;
}

template <typename T>
__device__ __forceinline__ void layerNorm(const T* x, const T* gamma, const T* beta, T eps, T* y, T* mean, T* rstd, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    const T* in = x + row * columns;
    T* out = y + row * columns;
    Normalisation<T> normalisation = columns <= WARP * Pack<T>::SIZE ? layerNormRow<T, 1>(in, gamma, beta, eps, out, columns)
        : columns <= PACKS_OF_ROW * WARP * Pack<T>::SIZE             ? layerNormRow<T, PACKS_OF_ROW>(in, gamma, beta, eps, out, columns)
                                                                     : layerNormLongRow(in, gamma, beta, eps, out, columns);
    if (threadIdx.x % WARP == 0) {
        mean[row] = normalisation.centre + normalisation.shift;
        rstd[row] = normalisation.scale;
    }
}

/** The largest value of a row, in all lanes. */
template <typename T> __device__ __forceinline__ T largestOfRow(const T* row, int columns) {
    T largest = -INFINITY;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        largest = row[column] > largest ? row[column] : largest;
    }
    return warpMax(largest);
}

template <typename T> __device__ __forceinline__ void softmax(const T* x, T* y, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    const T* in = x + row * columns;
    T* out = y + row * columns;
    T largest = largestOfRow(in, columns);
    T sum = 0;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        sum += exponential(in[column] - largest);
    }
    T factor = T(1) / warpSum(sum);
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        out[column] = exponential(in[column] - largest) * factor;
    }
}

template <typename T> __device__ __forceinline__ void softmaxBackward(const T* y, const T* dy, T* dx, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    int64_t start = row * columns;
    T along = 0;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        along = fusedMultiplyAdd(y[start + column], dy[start + column], along);
    }
    along = warpSum(along);
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        dx[start + column] = fusedMultiplyAdd(y[start + column], dy[start + column] - along, dx[start + column]);
    }
}

template <typename T> __device__ __forceinline__ void logSoftmax(const T* x, T* y, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    const T* in = x + row * columns;
    T* out = y + row * columns;
    T largest = largestOfRow(in, columns);
    T sum = 0;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        sum += exponential(in[column] - largest);
    }
    T normaliser = logarithm(warpSum(sum));
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        out[column] = in[column] - largest - normaliser;
    }
}

template <typename T> __device__ __forceinline__ void logSoftmaxBackward(const T* y, const T* dy, T* dx, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    int64_t start = row * columns;
    T sum = 0;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        sum += dy[start + column];
    }
    sum = warpSum(sum);
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        dx[start + column] += dy[start + column] - exponential(y[start + column]) * sum;
    }
}

/** y[row] += Σ x ∘ w over the columns; w may be null for 1. */
template <typename T> __device__ __forceinline__ void rowSums(const T* x, const T* w, T* y, int rows, int columns) {
    int64_t row = rowOfWarp();
    if (row >= rows) {
        return;
    }
    int64_t start = row * columns;
    T sum = 0;
    for (int column = threadIdx.x % WARP; column < columns; column += WARP) {
        sum = w == nullptr ? sum + x[start + column] : fusedMultiplyAdd(x[start + column], w[start + column], sum);
    }
    sum = warpSum(sum);
    if (threadIdx.x % WARP == 0) {
        y[row] += sum;
    }
}

} // namespace tensor

using namespace tensor;

#define OF_TYPE(SUFFIX, T) \
    KERNEL(ROW_THREADS) tensor_layerNorm_##SUFFIX(const T* x, const T* gamma, const T* beta, T eps, T* y, T* mean, T* rstd, int rows, int columns) { \
        awaitPrevious(); \
        layerNorm(x, gamma, beta, eps, y, mean, rstd, rows, columns); \
    } \
    EXPORT(tensor_layerNorm_##SUFFIX) \
    KERNEL(ROW_THREADS) tensor_softmax_##SUFFIX(const T* x, T* y, int rows, int columns) { \
        awaitPrevious(); \
        softmax(x, y, rows, columns); \
    } \
    EXPORT(tensor_softmax_##SUFFIX) \
    KERNEL(ROW_THREADS) tensor_softmaxBackward_##SUFFIX(const T* y, const T* dy, T* dx, int rows, int columns) { \
        awaitPrevious(); \
        softmaxBackward(y, dy, dx, rows, columns); \
    } \
    EXPORT(tensor_softmaxBackward_##SUFFIX) \
    KERNEL(ROW_THREADS) tensor_logSoftmax_##SUFFIX(const T* x, T* y, int rows, int columns) { \
        awaitPrevious(); \
        logSoftmax(x, y, rows, columns); \
    } \
    EXPORT(tensor_logSoftmax_##SUFFIX) \
    KERNEL(ROW_THREADS) tensor_logSoftmaxBackward_##SUFFIX(const T* y, const T* dy, T* dx, int rows, int columns) { \
        awaitPrevious(); \
        logSoftmaxBackward(y, dy, dx, rows, columns); \
    } \
    EXPORT(tensor_logSoftmaxBackward_##SUFFIX) \
    KERNEL(ROW_THREADS) tensor_rowSums_##SUFFIX(const T* x, const T* w, T* y, int rows, int columns) { \
        awaitPrevious(); \
        rowSums(x, w, y, rows, columns); \
    } \
    EXPORT(tensor_rowSums_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
