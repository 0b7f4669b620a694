/*
 * Attention of residues to the ligand tokens of their sample (org.bindrae.stage1.ConditionerKernels.attend). One block of 128 threads per residue, any number of
 * tokens: logits and weights stay in global memory [P, heads], where the backward pass finds the weights. All gradients of a residue's pairs belong to its block, so
 * nothing is added by two blocks and sums have a fixed order. Widths c that are multiples of four are read four numbers at a time. Shared memory: one row of
 * heads·(c + 4) values (c + 1 for other widths), two in the backward pass; the stride keeps the heads in different banks.
 */
#include "real.cuh"

namespace conditioner {

constexpr int ATTENTION_THREADS = 128;
constexpr int ATTENTION_WARPS = ATTENTION_THREADS / WARP;
/** Numbers of a wide access. */
constexpr int WIDE = 4;

/** V numbers side by side. */
template <typename T, int V> struct alignas(V == 1 ? sizeof(T) : 16) Several {
    T v[V];

    __device__ __forceinline__ static Several load(const T* from) {
        return *reinterpret_cast<const Several*>(from);
    }

    __device__ __forceinline__ void add(T factor, const Several& other) {
#pragma unroll
        for (int e = 0; e < V; e++) {
            v[e] += factor * other.v[e];
        }
    }
};

/** A residue and its pairs, for widths c that are multiples of V. */
template <typename T, int V> struct Residue {
    const T* h;
    const T* local;
    int64_t row;
    int tokens;
    int heads;
    int c;
    /** Of a head in shared memory: c numbers, then the last one, and padding. */
    int stride;

    __device__ __forceinline__ Residue(const T* h, const T* local, const Offsets& offsets, int heads, int c)
        : h(h), local(local), heads(heads), c(c), stride(c + V) {
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
        Several<T, V> sums = {};
#pragma unroll 4
        for (int k = 0; k < c; k += V) {
            Several<T, V> a = Several<T, V>::load(embedded + k);
            Several<T, V> b = Several<T, V>::load(v + k);
#pragma unroll
            for (int e = 0; e < V; e++) {
                sums.v[e] += a.v[e] * b.v[e];
            }
        }
        T sum = sums.v[0];
#pragma unroll
        for (int e = 1; e < V; e++) {
            sum += sums.v[e];
        }
        return sum;
    }

    /** Σ_j w_j h_j[k …] with weights [P, heads] of one head. */
    __device__ __forceinline__ Several<T, V> weighted(const T* weights, int head, int k) const {
        Several<T, V> sums = {};
        const T* weight = weights + row * heads + head;
        const T* embedded = h + row * c + k;
#pragma unroll 4
        for (int token = 0; token < tokens; token++) {
            sums.add(weight[static_cast<int64_t>(token) * heads], Several<T, V>::load(embedded + static_cast<int64_t>(token) * c));
        }
        return sums;
    }

    /** The residue's row of a matrix [T, heads·(c + 1)]. */
    __device__ __forceinline__ int64_t start() const {
        return static_cast<int64_t>(blockIdx.x) * heads * (c + 1);
    }

    /** Copies that row to shared memory. */
    __device__ __forceinline__ void load(T* shared, const T* matrix) const {
        for (int i = threadIdx.x; i < heads * (c + 1); i += ATTENTION_THREADS) {
            shared[i / (c + 1) * stride + i % (c + 1)] = matrix[start() + i];
        }
    }
};

template <typename T, int V> __device__ __forceinline__ void attend(T* shared, const T* h, const T* local, const T* u, const double* slopes, T scale,
        T softening, const Offsets& offsets, int heads, int c, T* weights, T* result) {
    Residue<T, V> residue(h, local, offsets, heads, c);
    residue.load(shared, u);
    __syncthreads();
    for (int i = threadIdx.x; i < residue.tokens * heads; i += ATTENTION_THREADS) {
        int token = i / heads;
        int head = i % heads;
        const T* query = shared + head * residue.stride;
        weights[residue.row * heads + i] = scale * (residue.product(token, query) + query[c]) - static_cast<T>(slopes[head]) * residue.distance(token, softening);
    }
    __syncthreads();
    int lane = threadIdx.x % WARP;
    T* row = result + residue.start();
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
        T total = ofTokens + exponential(-largest);
        for (int token = lane; token < residue.tokens; token += WARP) {
            a[token * heads] /= total;
        }
        if (lane == 0) {
            row[head * (c + 1) + c] = ofTokens / total;
        }
    }
    __syncthreads();
    for (int i = V * threadIdx.x; i < heads * c; i += V * ATTENTION_THREADS) {
        int head = i / c;
        Several<T, V> sums = residue.weighted(weights, head, i % c);
#pragma unroll
        for (int e = 0; e < V; e++) {
            row[head * (c + 1) + i % c + e] = sums.v[e];
        }
    }
}

template <typename T, int V> __device__ __forceinline__ void attendBackward(T* shared, const T* h, const T* local, const T* u, const double* slopes, T scale,
        T softening, const Offsets& offsets, int heads, int c, const T* weights, const T* dResult, T* dLogits, T* dH, T* dLocal, T* dU) {
    Residue<T, V> residue(h, local, offsets, heads, c);
    T* queries = shared;
    T* upstream = shared + heads * residue.stride;
    residue.load(queries, u);
    residue.load(upstream, dResult);
    __syncthreads();
    for (int i = threadIdx.x; i < residue.tokens * heads; i += ATTENTION_THREADS) {
        const T* d = upstream + i % heads * residue.stride;
        dLogits[residue.row * heads + i] = residue.product(i / heads, d) + d[c];
    }
    __syncthreads();
    int lane = threadIdx.x % WARP;
    T* ofQueries = dU == nullptr ? nullptr : dU + residue.start();
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
    for (int i = V * threadIdx.x; ofQueries != nullptr && i < heads * c; i += V * ATTENTION_THREADS) {
        int head = i / c;
        Several<T, V> sums = residue.weighted(dLogits, head, i % c);
#pragma unroll
        for (int e = 0; e < V; e++) {
            ofQueries[head * (c + 1) + i % c + e] += scale * sums.v[e];
        }
    }
    for (int i = V * threadIdx.x; dH != nullptr && i < residue.tokens * c; i += V * ATTENTION_THREADS) {
        int64_t pair = residue.row + i / c;
        int k = i % c;
        Several<T, V> sums = Several<T, V>::load(dH + pair * c + k);
        for (int head = 0; head < heads; head++) {
            sums.add(weights[pair * heads + head], Several<T, V>::load(upstream + head * residue.stride + k));
            sums.add(scale * dLogits[pair * heads + head], Several<T, V>::load(queries + head * residue.stride + k));
        }
        *reinterpret_cast<Several<T, V>*>(dH + pair * c + k) = sums;
    }
}

}

#define ATTENTION_KERNELS(T, TYPE) \
    KERNEL(conditioner::ATTENTION_THREADS) conditioner_attend_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, T softening, \
            const int* offsets, int samples, int heads, int c, T* weights, T* result) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        T* memory = reinterpret_cast<T*>(shared); \
        conditioner::Offsets places(offsets, samples); \
        if (c % conditioner::WIDE == 0) { \
            conditioner::attend<T, conditioner::WIDE>(memory, h, local, u, slopes, scale, softening, places, heads, c, weights, result); \
        } else { \
            conditioner::attend<T, 1>(memory, h, local, u, slopes, scale, softening, places, heads, c, weights, result); \
        } \
    } \
    EXPORT(conditioner_attend_##TYPE) \
    KERNEL(conditioner::ATTENTION_THREADS) conditioner_attend_backward_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, \
            T softening, const int* offsets, int samples, int heads, int c, const T* weights, const T* dResult, T* dLogits, T* dH, T* dLocal, T* dU) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        T* memory = reinterpret_cast<T*>(shared); \
        conditioner::Offsets places(offsets, samples); \
        if (c % conditioner::WIDE == 0) { \
            conditioner::attendBackward<T, conditioner::WIDE>(memory, h, local, u, slopes, scale, softening, places, heads, c, weights, dResult, dLogits, dH, \
                    dLocal, dU); \
        } else { \
            conditioner::attendBackward<T, 1>(memory, h, local, u, slopes, scale, softening, places, heads, c, weights, dResult, dLogits, dH, dLocal, dU); \
        } \
    } \
    EXPORT(conditioner_attend_backward_##TYPE)

ATTENTION_KERNELS(float, f32)
ATTENTION_KERNELS(double, f64)
