/*
 * Feature-wise modulation behind a gate (org.bindrae.stage1.ConditionerKernels.modulate): y = s + σ·k·(γ∘s + β), with a number k per row and one σ for all, in one
 * pass over memory, and all gradients in one. Blocks of 256 threads, 1024 numbers each; the gradient of σ is summed per block in double precision and then over the
 * blocks by a second kernel, in a fixed order.
 */
#include "common/device.cuh"

namespace conditioner {

constexpr int MODULATION_THREADS = 256;
constexpr int NUMBERS_PER_BLOCK = 1024;
/** Bits that say which gradients are overwritten instead of added to. */
constexpr int FRESH_S = 1;
constexpr int FRESH_GAMMA = 2;
constexpr int FRESH_BETA = 4;

template <typename T> __device__ __forceinline__ void modulate(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, int columns,
        int64_t size, T* y) {
    T sigma = scale == nullptr ? T(1) : scale[0];
    for (int part = threadIdx.x; part < NUMBERS_PER_BLOCK; part += MODULATION_THREADS) {
        int64_t i = static_cast<int64_t>(blockIdx.x) * NUMBERS_PER_BLOCK + part;
        if (i < size) {
            y[i] = s[i] + sigma * weights[i / columns] * (gamma[i] * s[i] + beta[i]);
        }
    }
}

template <typename T> __device__ __forceinline__ void put(T* gradient, int64_t i, T value, bool fresh) {
    if (gradient != nullptr) {
        gradient[i] = fresh ? value : gradient[i] + value;
    }
}

template <typename T> __device__ __forceinline__ void modulateBackward(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, const T* dy,
        int columns, int64_t size, int fresh, T* dS, T* dGamma, T* dBeta, double* partials) {
    T sigma = scale == nullptr ? T(1) : scale[0];
    double sum = 0;
    for (int part = threadIdx.x; part < NUMBERS_PER_BLOCK; part += MODULATION_THREADS) {
        int64_t i = static_cast<int64_t>(blockIdx.x) * NUMBERS_PER_BLOCK + part;
        if (i < size) {
            T upstream = dy[i];
            T weight = weights[i / columns];
            T change = upstream * sigma * weight;
            put(dS, i, upstream + change * gamma[i], (fresh & FRESH_S) != 0);
            put(dGamma, i, change * s[i], (fresh & FRESH_GAMMA) != 0);
            put(dBeta, i, change, (fresh & FRESH_BETA) != 0);
            sum += static_cast<double>(upstream) * weight * (gamma[i] * s[i] + beta[i]);
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
        conditioner::modulate(s, gamma, beta, weights, scale, columns, size, y); \
    } \
    EXPORT(conditioner_modulate_##TYPE) \
    KERNEL(conditioner::MODULATION_THREADS) conditioner_modulate_backward_##TYPE(const T* s, const T* gamma, const T* beta, const T* weights, const T* scale, \
            const T* dy, int columns, int64_t size, int fresh, T* dS, T* dGamma, T* dBeta, double* partials) { \
        awaitPrevious(); \
        conditioner::modulateBackward(s, gamma, beta, weights, scale, dy, columns, size, fresh, dS, dGamma, dBeta, partials); \
    } \
    EXPORT(conditioner_modulate_backward_##TYPE) \
    KERNEL(conditioner::MODULATION_THREADS) conditioner_add_sum_##TYPE(const double* partials, int count, T* total) { \
        awaitPrevious(); \
        conditioner::addSum(partials, count, total); \
    } \
    EXPORT(conditioner_add_sum_##TYPE)

MODULATION_KERNELS(float, f32)
MODULATION_KERNELS(double, f64)
