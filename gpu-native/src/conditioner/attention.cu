/*
 * Attention of residues to the ligand tokens of their sample (org.bindrae.stage1.ConditionerKernels.attend). One block of 256 threads per residue, any number of
 * tokens: logits and weights stay in global memory [P, heads], where the backward pass finds the weights. All gradients of a residue's pairs belong to its block, so
 * nothing is added by two blocks and sums have a fixed order. Shared memory: heads·(c + 1) values, twice that in the backward pass.
 */
#include "real.cuh"

namespace conditioner {

constexpr int ATTENTION_THREADS = 256;
constexpr int ATTENTION_WARPS = ATTENTION_THREADS / WARP;

/** A residue and its pairs. */
template <typename T> struct Residue {
    const T* h;
    const T* local;
    int64_t row;
    int tokens;
    int heads;
    int c;
    int width;

    __device__ __forceinline__ Residue(const T* h, const T* local, const Offsets& offsets, int heads, int c)
        : h(h), local(local), heads(heads), c(c), width(heads * (c + 1)) {
        int residue = blockIdx.x;
        int sample = offsets.sampleOf(offsets.residues, residue);
        tokens = offsets.tokensOf(sample);
        row = offsets.pairs[sample] + static_cast<int64_t>(residue - offsets.residues[sample]) * tokens;
    }

    __device__ __forceinline__ T distance(int token, T softening) const {
        const T* p = local + 3 * (row + token);
        return squareRoot(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + softening);
    }

    /** h_j · v of the first c numbers of v. */
    __device__ __forceinline__ T product(int token, const T* v) const {
        const T* embedded = h + (row + token) * c;
        T sum = 0;
#pragma unroll 4
        for (int k = 0; k < c; k++) {
            sum += embedded[k] * v[k];
        }
        return sum;
    }

    /** Σ_j w_j h_j[k] with weights [P, heads] of one head. */
    __device__ __forceinline__ T weighted(const T* weights, int head, int k) const {
        T sum = 0;
#pragma unroll 4
        for (int token = 0; token < tokens; token++) {
            sum += weights[(row + token) * heads + head] * h[(row + token) * c + k];
        }
        return sum;
    }

    /** Copies the residue's row of a matrix [T, heads·(c + 1)] to shared memory. */
    __device__ __forceinline__ void load(T* shared, const T* matrix) const {
        for (int i = threadIdx.x; i < width; i += ATTENTION_THREADS) {
            shared[i] = matrix[static_cast<int64_t>(blockIdx.x) * width + i];
        }
    }
};

template <typename T> __device__ __forceinline__ void attend(T* shared, const T* h, const T* local, const T* u, const double* slopes, T scale, T softening,
        Offsets offsets, int heads, int c, T* weights, T* result) {
    Residue<T> residue(h, local, offsets, heads, c);
    residue.load(shared, u);
    __syncthreads();
    for (int i = threadIdx.x; i < residue.tokens * heads; i += ATTENTION_THREADS) {
        int token = i / heads;
        int head = i % heads;
        const T* query = shared + head * (c + 1);
        weights[residue.row * heads + i] = scale * (residue.product(token, query) + query[c]) - static_cast<T>(slopes[head]) * residue.distance(token, softening);
    }
    __syncthreads();
    int lane = threadIdx.x % WARP;
    T* row = result + static_cast<int64_t>(blockIdx.x) * residue.width;
    for (int head = threadIdx.x / WARP; head < heads; head += ATTENTION_WARPS) {
        T* a = weights + residue.row * heads + head;
        T largest = 0;
        for (int token = lane; token < residue.tokens; token += WARP) {
            largest = larger(largest, a[token * heads]);
        }
        largest = warpLargest(largest);
        T sum = 0;
        for (int token = lane; token < residue.tokens; token += WARP) {
            T weight = exponential(a[token * heads] - largest);
            a[token * heads] = weight;
            sum += weight;
        }
        T ofTokens = warpSum(sum);
        T nothing = exponential(-largest);
        T total = ofTokens + nothing;
        for (int token = lane; token < residue.tokens; token += WARP) {
            a[token * heads] /= total;
        }
        if (lane == 0) {
            row[head * (c + 1) + c] = ofTokens / total;
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < heads * c; i += ATTENTION_THREADS) {
        row[i / c * (c + 1) + i % c] = residue.weighted(weights, i / c, i % c);
    }
}

template <typename T> __device__ __forceinline__ void attendBackward(T* shared, const T* h, const T* local, const T* u, const double* slopes, T scale,
        T softening, Offsets offsets, int heads, int c, const T* weights, const T* dResult, T* dLogits, T* dH, T* dLocal, T* dU) {
    Residue<T> residue(h, local, offsets, heads, c);
    T* queries = shared;
    T* upstream = shared + residue.width;
    residue.load(queries, u);
    residue.load(upstream, dResult);
    __syncthreads();
    for (int i = threadIdx.x; i < residue.tokens * heads; i += ATTENTION_THREADS) {
        const T* d = upstream + i % heads * (c + 1);
        dLogits[residue.row * heads + i] = residue.product(i / heads, d) + d[c];
    }
    __syncthreads();
    int lane = threadIdx.x % WARP;
    T* ofQueries = dU == nullptr ? nullptr : dU + static_cast<int64_t>(blockIdx.x) * residue.width;
    for (int head = threadIdx.x / WARP; head < heads; head += ATTENTION_WARPS) {
        const T* a = weights + residue.row * heads + head;
        T* d = dLogits + residue.row * heads + head;
        T mean = 0;
        for (int token = lane; token < residue.tokens; token += WARP) {
            mean += a[token * heads] * d[token * heads];
        }
        mean = warpSum(mean);
        T sum = 0;
        for (int token = lane; token < residue.tokens; token += WARP) {
            T gradient = a[token * heads] * (d[token * heads] - mean);
            d[token * heads] = gradient;
            sum += gradient;
        }
        sum = warpSum(sum);
        if (lane == 0 && ofQueries != nullptr) {
            ofQueries[head * (c + 1) + c] += scale * sum;
        }
    }
    __syncthreads();
    for (int token = threadIdx.x; dLocal != nullptr && token < residue.tokens; token += ATTENTION_THREADS) {
        T pull = 0;
        for (int head = 0; head < heads; head++) {
            pull -= dLogits[(residue.row + token) * heads + head] * static_cast<T>(slopes[head]);
        }
        pull /= residue.distance(token, softening);
        for (int64_t at = 3 * (residue.row + token); at < 3 * (residue.row + token) + 3; at++) {
            dLocal[at] += pull * local[at];
        }
    }
    for (int i = threadIdx.x; ofQueries != nullptr && i < heads * c; i += ATTENTION_THREADS) {
        ofQueries[i / c * (c + 1) + i % c] += scale * residue.weighted(dLogits, i / c, i % c);
    }
    for (int i = threadIdx.x; dH != nullptr && i < residue.tokens * c; i += ATTENTION_THREADS) {
        int64_t pair = residue.row + i / c;
        int k = i % c;
        T sum = 0;
        for (int head = 0; head < heads; head++) {
            sum += weights[pair * heads + head] * upstream[head * (c + 1) + k] + scale * dLogits[pair * heads + head] * queries[head * (c + 1) + k];
        }
        dH[pair * c + k] += sum;
    }
}

}

#define ATTENTION_KERNELS(T, TYPE) \
    KERNEL(conditioner::ATTENTION_THREADS) conditioner_attend_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, T softening, \
            const int* offsets, int samples, int heads, int c, T* weights, T* result) { \
        SHARED_MEMORY(shared); \
        conditioner::attend(reinterpret_cast<T*>(shared), h, local, u, slopes, scale, softening, conditioner::Offsets(offsets, samples), heads, c, weights, \
                result); \
    } \
    EXPORT(conditioner_attend_##TYPE) \
    KERNEL(conditioner::ATTENTION_THREADS) conditioner_attend_backward_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, \
            T softening, const int* offsets, int samples, int heads, int c, const T* weights, const T* dResult, T* dLogits, T* dH, T* dLocal, T* dU) { \
        SHARED_MEMORY(shared); \
        conditioner::attendBackward(reinterpret_cast<T*>(shared), h, local, u, slopes, scale, softening, conditioner::Offsets(offsets, samples), heads, c, \
                weights, dResult, dLogits, dH, dLocal, dU); \
    } \
    EXPORT(conditioner_attend_backward_##TYPE)

ATTENTION_KERNELS(float, f32)
ATTENTION_KERNELS(double, f64)
