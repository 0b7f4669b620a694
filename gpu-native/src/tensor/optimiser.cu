/*
 * AdamW with clipping, moving averages and clearing of gradients over all parameters of a model at once. A list of tensors is an array of addresses; together
 * they are cut into chunks of CHUNK elements: chunks[2·c] is the tensor of chunk c and chunks[2·c + 1] the number of the chunk inside it. One block of 256
 * threads per chunk, 16 bytes per access. What depends on the gradients is decided on the device.
 */
#include "common/real.cuh"
#include "pack.cuh"

namespace tensor {

constexpr int LIST_THREADS = 256;
/** Elements of a chunk, as in CudaTensorList. */
constexpr int CHUNK = 4096;
constexpr int CLIP_THREADS = 1024;

/** Elements of the optimiser's state, as in Kernels. */
enum State { NORM, STEPS, COUNTED, GRADIENT_SCALE, RATE, ROOT_SCALE };

/** One chunk of a list. */
struct Chunk {
    int tensor;
    int64_t from;
    int64_t to;

    __device__ __forceinline__ Chunk(const int* chunks, const int64_t* sizes, int number) {
        tensor = chunks[2 * number];
        from = static_cast<int64_t>(chunks[2 * number + 1]) * CHUNK;
        to = from + CHUNK < sizes[tensor] ? from + CHUNK : sizes[tensor];
    }
};

#define FOR_PACKS_OF_CHUNK(T, at, chunk) \
    for (int64_t at = (chunk).from + threadIdx.x * Pack<T>::SIZE; at < (chunk).to; at += LIST_THREADS * Pack<T>::SIZE)

template <typename T> __device__ __forceinline__ T* tensorOf(const int64_t* list, int tensor) {
    return reinterpret_cast<T*>(list[tensor]);
}

template <typename T> __device__ __forceinline__ void fillList(const int64_t* list, const int64_t* sizes, const int* chunks, T value) {
    Chunk chunk(chunks, sizes, blockIdx.x);
    T* y = tensorOf<T>(list, chunk.tensor);
    Pack<T> pack;
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        pack.v[e] = value;
    }
    FOR_PACKS_OF_CHUNK(T, at, chunk) {
        storePack(y, at, chunk.to, packed(y), pack);
    }
}

/** partial[chunk] = Σ x² over the chunk. */
template <typename T> __device__ __forceinline__ void squaresOfList(const int64_t* list, const int64_t* sizes, const int* chunks, double* partial) {
    Chunk chunk(chunks, sizes, blockIdx.x);
    const T* x = tensorOf<T>(list, chunk.tensor);
    double sum = 0;
    FOR_PACKS_OF_CHUNK(T, at, chunk) {
        Pack<T> values = loadPack(x, at, chunk.to, packed(x));
#pragma unroll
        for (int e = 0; e < Pack<T>::SIZE; e++) {
            double value = values.v[e];
            sum = fma(value, value, sum);
        }
    }
    sum = blockSum<LIST_THREADS>(sum);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
    }
}

__device__ __forceinline__ double sumOf(const double* partial, int count) {
    return blockSumOf<CLIP_THREADS>(partial, count);
}

/** p = p·decay − rate·m / (√v·rootScale + eps), all in the element type. */
template <typename T> struct Update {
    T gradientScale;
    T beta1;
    T rest1;
    T beta2;
    T rest2;
    T rate;
    T rootScale;
    T eps;
    T decay;

    __device__ __forceinline__ void apply(T gradient, T& parameter, T& first, T& second) const {
        T g = gradient * gradientScale;
        T m = fusedMultiplyAdd(first, beta1, g * rest1);
        T v = fusedMultiplyAdd(second, beta2, g * g * rest2);
        first = m;
        second = v;
        parameter = parameter * decay - m * rate / fusedMultiplyAdd(squareRoot(v), rootScale, eps);
    }
};

template <typename T>
__device__ __forceinline__ void applyTo(const Update<T>& update, T* parameters, const T* gradients, T* firsts, T* seconds, int64_t at, int64_t end) {
    Pack<T> p = loadPack(parameters, at, end, packed(parameters));
    Pack<T> g = loadPack(gradients, at, end, packed(gradients));
    Pack<T> m = loadPack(firsts, at, end, packed(firsts));
    Pack<T> v = loadPack(seconds, at, end, packed(seconds));
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        update.apply(g.v[e], p.v[e], m.v[e], v.v[e]);
    }
    storePack(parameters, at, end, packed(parameters), p);
    storePack(firsts, at, end, packed(firsts), m);
    storePack(seconds, at, end, packed(seconds), v);
}

template <typename T>
__device__ __forceinline__ void adamWList(const int64_t* parameters, const int64_t* gradients, const int64_t* firsts, const int64_t* seconds,
    const int64_t* sizes, const int* chunks, const double* weightDecays, const double* state, double learningRate, double beta1, double beta2, double eps) {
    if (state[COUNTED] == 0) {
        return;
    }
    Chunk chunk(chunks, sizes, blockIdx.x);
    Update<T> update = {static_cast<T>(state[GRADIENT_SCALE]), static_cast<T>(beta1), static_cast<T>(1 - beta1), static_cast<T>(beta2),
        static_cast<T>(1 - beta2), static_cast<T>(state[RATE]), static_cast<T>(state[ROOT_SCALE]), static_cast<T>(eps),
        static_cast<T>(1 - learningRate * weightDecays[chunk.tensor])};
    T* p = tensorOf<T>(parameters, chunk.tensor);
    const T* g = tensorOf<T>(gradients, chunk.tensor);
    T* m = tensorOf<T>(firsts, chunk.tensor);
    T* v = tensorOf<T>(seconds, chunk.tensor);
    FOR_PACKS_OF_CHUNK(T, at, chunk) {
        applyTo(update, p, g, m, v, at, chunk.to);
    }
}

/** average = keep·average + (1 − keep)·parameter; updates[0] counts the calls that changed something, updates[1] is left alone. */
template <typename T>
__device__ __forceinline__ void averageList(const int64_t* parameters, const int64_t* averages, const int64_t* sizes, const int* chunks, double decay,
    double* updates, const double* state, int* counter) {
    double before = updates[0];
    bool counted = state == nullptr || state[COUNTED] != 0;
    if (counted) {
        double early = (1 + before) / (10 + before);
        double keep = decay < early ? decay : early;
        T kept = static_cast<T>(keep);
        T added = static_cast<T>(1 - keep);
        Chunk chunk(chunks, sizes, blockIdx.x);
        const T* p = tensorOf<T>(parameters, chunk.tensor);
        T* a = tensorOf<T>(averages, chunk.tensor);
        FOR_PACKS_OF_CHUNK(T, at, chunk) {
            Pack<T> values = loadPack(p, at, chunk.to, packed(p));
            Pack<T> result = loadPack(a, at, chunk.to, packed(a));
#pragma unroll
            for (int e = 0; e < Pack<T>::SIZE; e++) {
                result.v[e] = fusedMultiplyAdd(result.v[e], kept, values.v[e] * added);
            }
            storePack(a, at, chunk.to, packed(a), result);
        }
    }
    // all threads of this block have read the number of updates; the last block of all counts
    __syncthreads();
    __threadfence();
    if (threadIdx.x == 0 && atomicAdd(counter, 1) == static_cast<int>(gridDim.x) - 1) {
        *counter = 0;
        updates[0] = counted ? before + 1 : before;
    }
}

} // namespace tensor

using namespace tensor;

/** y[0] = Σ partial. One block. */
KERNEL(CLIP_THREADS) tensor_sumPartial(const double* partial, int count, double* y) {
    awaitPrevious();
    double sum = sumOf(partial, count);
    if (threadIdx.x == 0) {
        y[0] = sum;
    }
}
EXPORT(tensor_sumPartial)

/** Decides from the sum of squares of the gradients what this step of AdamW does, and counts it if it does anything. One block. */
KERNEL(CLIP_THREADS)
tensor_clip(const double* partial, int count, double learningRate, double beta1, double beta2, double gradientScale, double largestNorm, double* state) {
    awaitPrevious();
    double norm = sqrt(sumOf(partial, count)) * gradientScale;
    if (threadIdx.x == 0) {
        bool finite = norm * 0 == 0;
        state[NORM] = norm;
        state[COUNTED] = finite ? 1 : 0;
        if (finite) {
            double steps = state[STEPS] + 1;
            state[STEPS] = steps;
            state[GRADIENT_SCALE] = norm > largestNorm ? gradientScale * (largestNorm / norm) : gradientScale;
            state[RATE] = learningRate / (1 - pow(beta1, steps));
            state[ROOT_SCALE] = 1 / sqrt(1 - pow(beta2, steps));
        }
    }
}
EXPORT(tensor_clip)

#define OF_TYPE(SUFFIX, T) \
    KERNEL(LIST_THREADS) tensor_fillList_##SUFFIX(const int64_t* list, const int64_t* sizes, const int* chunks, T value) { \
        awaitPrevious(); \
        fillList(list, sizes, chunks, value); \
    } \
    EXPORT(tensor_fillList_##SUFFIX) \
    KERNEL(LIST_THREADS) tensor_squaresOfList_##SUFFIX(const int64_t* list, const int64_t* sizes, const int* chunks, double* partial) { \
        awaitPrevious(); \
        squaresOfList<T>(list, sizes, chunks, partial); \
    } \
    EXPORT(tensor_squaresOfList_##SUFFIX) \
    KERNEL(LIST_THREADS) tensor_adamWList_##SUFFIX(const int64_t* parameters, const int64_t* gradients, const int64_t* firsts, const int64_t* seconds, \
        const int64_t* sizes, const int* chunks, const double* weightDecays, const double* state, double learningRate, double beta1, double beta2, \
        double eps) { \
        awaitPrevious(); \
        adamWList<T>(parameters, gradients, firsts, seconds, sizes, chunks, weightDecays, state, learningRate, beta1, beta2, eps); \
    } \
    EXPORT(tensor_adamWList_##SUFFIX) \
    KERNEL(LIST_THREADS) tensor_averageList_##SUFFIX(const int64_t* parameters, const int64_t* averages, const int64_t* sizes, const int* chunks, \
        double decay, double* updates, const double* state, int* counter) { \
        awaitPrevious(); \
        averageList<T>(parameters, averages, sizes, chunks, decay, updates, state, counter); \
    } \
    EXPORT(tensor_averageList_##SUFFIX) \
    KERNEL(LIST_THREADS) tensor_adamW_##SUFFIX(T* parameter, const T* gradient, T* first, T* second, int64_t n, T gradientScale, T beta1, T rest1, T beta2, \
        T rest2, T rate, T rootScale, T eps, T decay) { \
        awaitPrevious(); \
        int64_t at = globalThread() * Pack<T>::SIZE; \
        if (at < n) { \
            Update<T> update = {gradientScale, beta1, rest1, beta2, rest2, rate, rootScale, eps, decay}; \
            applyTo(update, parameter, gradient, first, second, at, n); \
        } \
    } \
    EXPORT(tensor_adamW_##SUFFIX)

OF_TYPE(f32, float)
OF_TYPE(f64, double)
