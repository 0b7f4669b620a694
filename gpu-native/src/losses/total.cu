/* From the sums of the terms to the weighted total, and back. */
#include "losses/losses.cuh"

namespace losses {

constexpr int MEAN_THREADS = 256;
constexpr int ADD_THREADS = 256;
constexpr int MOST_SHARES = 6;
constexpr int TOTAL_THREADS = MOST_SHARES * WARP;

template <typename T> __device__ void sequenceMeans(const double* parts, const int32_t* starts, const double* weights, T* means) {
    int sequence = blockIdx.x;
    int start = starts[sequence];
    double sum = blockSumOf<MEAN_THREADS>(parts + start, starts[sequence + 1] - start);
    if (threadIdx.x == 0) {
        means[sequence] = static_cast<T>(sum * weights[sequence]);
    }
}

template <typename T>
__device__ void addScaled(const T* upstream, const double* weights, const int32_t* starts, int sequences, const int32_t* index, int rows, int width,
                          const T* values, int fresh, T* target) {
    long item = static_cast<long>(blockIdx.x) * ADD_THREADS + threadIdx.x;
    if (item >= static_cast<long>(rows) * width) {
        return;
    }
    int row = static_cast<int>(item / width);
    int sequence = starts == nullptr ? 0 : sequenceOf(row, starts, sequences);
    double factor = static_cast<double>(upstream[sequence]) * (weights == nullptr ? 1.0 : weights[sequence]);
    long to = index == nullptr ? item : static_cast<long>(index[row]) * width + item % width;
    T value = static_cast<T>(factor) * values[item];
    target[to] = fresh ? value : target[to] + value;
}

/** The terms of the total: each warp has one. */
template <typename T> struct Shares {
    T* values[MOST_SHARES];

    __device__ __forceinline__ T* of(int share) const {
        T* chosen = values[0];
#pragma unroll
        for (int s = 1; s < MOST_SHARES; s++) {
            chosen = share == s ? values[s] : chosen;
        }
        return chosen;
    }
};

template <typename T>
__device__ void weightedTotal(Shares<const T> shares, int count, const int32_t* starts, const double* factors, const double* weights, const double* alongside,
                              int alongsideCount, double* report, T* total) {
    __shared__ double numerators[MOST_SHARES];
    int share = threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (share < count) {
        const T* values = shares.of(share);
        double sum = 0;
        for (int i = starts[share] + lane; i < starts[share + 1]; i += WARP) {
            sum += factors[i] * static_cast<double>(values[i - starts[share]]);
        }
        sum = warpSum(sum);
        if (lane == 0) {
            numerators[share] = sum;
            report[share] = sum;
        }
    }
    for (int i = threadIdx.x; i < alongsideCount; i += TOTAL_THREADS) {
        report[count + 1 + i] = alongside[i];
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        double sum = 0;
        for (int s = 0; s < count; s++) {
            sum += weights[s] * numerators[s];
        }
        total[0] = static_cast<T>(sum);
        report[count] = static_cast<double>(total[0]);
    }
}

template <typename T>
__device__ void weightedTotalBackward(const T* upstream, const T* total, const double* condition, int count, const int32_t* starts, const double* factors,
                                      const double* weights, int fresh, Shares<T> gradients) {
    int share = threadIdx.x / WARP;
    T* gradient = share < count ? gradients.of(share) : nullptr;
    if (gradient == nullptr) {
        return;
    }
    // a total that is no number must reach the norm of the gradients, by which a step is called off
    bool useful = isfinite(total[0]) && (condition == nullptr || isfinite(condition[0]));
    double factor = useful ? static_cast<double>(upstream[0]) * weights[share] : static_cast<double>(__uint_as_float(0x7FC00000u));
    for (int i = starts[share] + static_cast<int>(threadIdx.x) % WARP; i < starts[share + 1]; i += WARP) {
        T value = static_cast<T>(factor * factors[i]);
        T* to = gradient + (i - starts[share]);
        *to = fresh >> share & 1 ? value : *to + value;
    }
}

} // namespace losses

/* means[s] = weights[s] · Σ parts[starts[s] … starts[s + 1]), a block per sequence. 256 threads, 30 registers, 64 bytes shared memory. */
#define MEANS(name, T) \
    KERNEL(losses::MEAN_THREADS) name(const double* parts, const int32_t* starts, const double* weights, T* means) { \
        awaitPrevious(); \
        losses::sequenceMeans(parts, starts, weights, means); \
    } \
    EXPORT(name)

/*
 * target[index[row]] += upstream[s]·weights[s]·values[row], or = where fresh, where s is the sequence of the row; null: rows as they are, weights of 1, a
 * single sequence. values [rows, width]. A thread per number, blocks of 256, 20 registers, no shared memory.
 */
#define ADD_SCALED(name, T) \
    KERNEL(losses::ADD_THREADS) \
    name(const T* upstream, const double* weights, const int32_t* starts, int sequences, const int32_t* index, int rows, int width, const T* values, \
         int fresh, T* target) { \
        awaitPrevious(); \
        losses::addScaled(upstream, weights, starts, sequences, index, rows, width, values, fresh, target); \
    } \
    EXPORT(name)

/*
 * Up to six shares of a total, a warp each: report[s] = Σ factors·values of share s (numbers starts[s] … starts[s + 1] of factors), report[count] = total =
 * Σ weight·numerator rounded to T, then a copy of alongside. One block of 192 threads, 32 registers, 48 bytes shared memory.
 */
#define TOTAL(name, T) \
    KERNEL(losses::TOTAL_THREADS) \
    name(const T* v0, const T* v1, const T* v2, const T* v3, const T* v4, const T* v5, int count, const int32_t* starts, const double* factors, \
         const double* weights, const double* alongside, int alongsideCount, double* report, T* total) { \
        awaitPrevious(); \
        losses::weightedTotal<T>({{v0, v1, v2, v3, v4, v5}}, count, starts, factors, weights, alongside, alongsideCount, report, total); \
    } \
    EXPORT(name)

/*
 * Adds upstream·weight·factors to the gradients of the shares (null: not wanted), or writes it there where bit s of fresh says so; NaN where the total or the
 * condition (if not null) is not finite. One block of 192 threads, 20 registers, no shared memory.
 */
#define TOTAL_BACKWARD(name, T) \
    KERNEL(losses::TOTAL_THREADS) \
    name(const T* upstream, const T* total, const double* condition, int count, const int32_t* starts, const double* factors, const double* weights, \
         int fresh, T* g0, T* g1, T* g2, T* g3, T* g4, T* g5) { \
        awaitPrevious(); \
        losses::weightedTotalBackward<T>(upstream, total, condition, count, starts, factors, weights, fresh, {{g0, g1, g2, g3, g4, g5}}); \
    } \
    EXPORT(name)

MEANS(losses_means_f32, float)
MEANS(losses_means_f64, double)
ADD_SCALED(losses_add_scaled_f32, float)
ADD_SCALED(losses_add_scaled_f64, double)
TOTAL(losses_total_f32, float)
TOTAL(losses_total_f64, double)
TOTAL_BACKWARD(losses_total_backward_f32, float)
TOTAL_BACKWARD(losses_total_backward_f64, double)
