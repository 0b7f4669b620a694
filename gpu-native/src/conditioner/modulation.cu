/*
 * Feature-wise modulation behind a gate (org.bindrae.stage1.ConditionerKernels.modulate): y = s + σ·k·(γ∘s + β), with a number k per row and one σ for all, in
 * one pass over memory, and all gradients in one. Blocks of 256 threads, V neighbouring numbers of a row per thread: four where rows are multiples of that,
 * otherwise one. The gradient of σ is summed per block in double precision and then over the blocks by a second kernel, in a fixed order.
 */
#include "several.cuh"

namespace conditioner {

constexpr int MODULATION_THREADS = 256;
/** Bits that say which gradients are overwritten instead of added to. */
constexpr int FRESH_S = 1;
constexpr int FRESH_GAMMA = 2;
constexpr int FRESH_BETA = 4;

/** The first number of this thread. */
template <int V> __device__ __forceinline__ int64_t firstNumber() {
    return (static_cast<int64_t>(blockIdx.x) * MODULATION_THREADS + threadIdx.x) * V;
}

/** i / n for a non-negative i, in 32 bits where they suffice. */
__device__ __forceinline__ int64_t rowOf(int64_t i, int n) {
    return i >> 32 == 0 ? static_cast<uint32_t>(i) / static_cast<uint32_t>(n) : i / n;
}

template <typename T, int V> __device__ __forceinline__ void modulate(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, int columns,
        int64_t size, T* y) {
    int64_t i = firstNumber<V>();
    if (i >= size) {
        return;
    }
    Several<T, V> own = Several<T, V>::load(s + i);
    Several<T, V> factor = Several<T, V>::load(gamma + i);
    Several<T, V> shift = Several<T, V>::load(beta + i);
    T change = (scale == nullptr ? T(1) : scale[0]) * weights[rowOf(i, columns)];
#pragma unroll
    for (int e = 0; e < V; e++) {
        own.v[e] += change * (factor.v[e] * own.v[e] + shift.v[e]);
    }
    own.store(y + i);
}

/** What a gradient has so far. */
template <typename T, int V> __device__ __forceinline__ Several<T, V> gradientSoFar(const T* gradient, int64_t i, bool fresh) {
    return Several<T, V>::loadIf(gradient != nullptr && !fresh, gradient + i);
}

template <typename T, int V> __device__ __forceinline__ void modulateBackward(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale,
        const T* dy, int columns, int64_t size, int fresh, T* dS, T* dGamma, T* dBeta, double* partials) {
    int64_t i = firstNumber<V>();
    double sum = 0;
    if (i < size) {
        Several<T, V> own = Several<T, V>::load(s + i);
        Several<T, V> factor = Several<T, V>::load(gamma + i);
        Several<T, V> shift = Several<T, V>::load(beta + i);
        Several<T, V> upstream = Several<T, V>::load(dy + i);
        Several<T, V> ofS = gradientSoFar<T, V>(dS, i, (fresh & FRESH_S) != 0);
        Several<T, V> ofGamma = gradientSoFar<T, V>(dGamma, i, (fresh & FRESH_GAMMA) != 0);
        Several<T, V> ofBeta = gradientSoFar<T, V>(dBeta, i, (fresh & FRESH_BETA) != 0);
        T weight = weights[rowOf(i, columns)];
        T sigma = scale == nullptr ? T(1) : scale[0];
#pragma unroll
        for (int e = 0; e < V; e++) {
            T change = upstream.v[e] * sigma * weight;
            ofS.v[e] += upstream.v[e] + change * factor.v[e];
            ofGamma.v[e] += change * own.v[e];
            ofBeta.v[e] += change;
            sum += static_cast<double>(upstream.v[e]) * weight * (factor.v[e] * own.v[e] + shift.v[e]);
        }
        if (dS != nullptr) {
            ofS.store(dS + i);
        }
        if (dGamma != nullptr) {
            ofGamma.store(dGamma + i);
        }
        if (dBeta != nullptr) {
            ofBeta.store(dBeta + i);
        }
    }
    if (partials != nullptr) {
        sum = blockSum<MODULATION_THREADS>(sum);
        if (threadIdx.x == 0) {
            partials[blockIdx.x] = sum;
        }
    }
}

/** One block. */
template <typename T> __device__ __forceinline__ void addSum(const double* partials, int count, T* total) {
    double sum = blockSumOf<MODULATION_THREADS>(partials, count);
    if (threadIdx.x == 0) {
        total[0] = static_cast<T>(total[0] + sum);
    }
}

}

#define MODULATION_KERNELS(T, TYPE) \
    KERNEL(conditioner::MODULATION_THREADS) conditioner_modulate_##TYPE(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, \
            int columns, int64_t size, T* y) { \
        awaitPrevious(); \
        if (columns % conditioner::WIDE == 0) { \
            conditioner::modulate<T, conditioner::WIDE>(s, gamma, beta, weights, scale, columns, size, y); \
        } else { \
            conditioner::modulate<T, 1>(s, gamma, beta, weights, scale, columns, size, y); \
        } \
    } \
    EXPORT(conditioner_modulate_##TYPE) \
    KERNEL(conditioner::MODULATION_THREADS) conditioner_modulate_backward_##TYPE(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, \
            const T* dy, int columns, int64_t size, int fresh, T* dS, T* dGamma, T* dBeta, double* partials) { \
        awaitPrevious(); \
        if (columns % conditioner::WIDE == 0) { \
            conditioner::modulateBackward<T, conditioner::WIDE>(s, gamma, beta, weights, scale, dy, columns, size, fresh, dS, dGamma, dBeta, partials); \
        } else { \
            conditioner::modulateBackward<T, 1>(s, gamma, beta, weights, scale, dy, columns, size, fresh, dS, dGamma, dBeta, partials); \
        } \
    } \
    EXPORT(conditioner_modulate_backward_##TYPE) \
    KERNEL(conditioner::MODULATION_THREADS) conditioner_add_sum_##TYPE(const double* partials, int count, T* total) { \
        awaitPrevious(); \
        conditioner::addSum(partials, count, total); \
    } \
    EXPORT(conditioner_add_sum_##TYPE)

MODULATION_KERNELS(float, f32)
MODULATION_KERNELS(double, f64)
