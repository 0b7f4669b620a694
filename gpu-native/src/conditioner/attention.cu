/*
 * Attention of residues to the ligand tokens of their sample (org.bindrae.stage1.ConditionerKernels.attend). One block of 64 threads per residue, any number of
 * tokens, eight heads at a time. A group of 16 threads takes two tokens at a time, each thread V channels of them: it reads every embedding once per pass,
 * makes the products with all heads in registers, and adds them up over the group such that each thread ends with one head of one token. What that thread
 * writes to weights [P, heads] and dLogits, none but it reads. All gradients of a residue's pairs belong to its block, so nothing is added by two blocks and
 * sums have a fixed order.
 *
 * Widths c that are multiples of four are read four numbers at a time (V), 64 channels per pass. Shared memory: 8·c values, twice that for the gradients, and
 * 4.3 KiB of sums in fp32. In fp32 96 registers, so that a multiprocessor holds ten blocks.
 */
#include "common/real.cuh"
#include "offsets.cuh"
#include "several.cuh"

namespace conditioner {

constexpr int ATTENTION_THREADS = 64;
constexpr int ATTENTION_WARPS = ATTENTION_THREADS / WARP;
/** Threads of a group, groups of a block, tokens that a group and a block take at a time. */
constexpr int LANES = 16;
constexpr int GROUPS = ATTENTION_THREADS / LANES;
constexpr int TOKENS = 2;
constexpr int STEP = GROUPS * TOKENS;
/** Heads at a time: a number per thread of a group and its tokens. */
constexpr int HEADS = LANES / TOKENS;

/** Of COUNT numbers of each of COUNT neighbouring threads, the sum of number i in thread i. */
template <int COUNT, typename T> __device__ __forceinline__ T scatterSums(T* values) {
    if constexpr (COUNT == 1) {
        return values[0];
    } else {
        constexpr int HALF = COUNT / 2;
        bool upper = (threadIdx.x & HALF) != 0;
#pragma unroll
        for (int i = 0; i < HALF; i++) {
            T low = values[i];
            T high = values[i + HALF];
            values[i] = (upper ? high : low) + __shfl_xor_sync(ALL_LANES, upper ? low : high, HALF);
        }
        return scatterSums<HALF>(values);
    }
}

/** The part of some exponentials in a softmax: Σ exp(x), as a multiple of exp(largest). */
template <typename T> struct Mass {
    T largest;
    T sum;

    __device__ __forceinline__ void add(const Mass& other) {
        T top = largest > other.largest ? largest : other.largest;
        sum = sum * exponential(largest - top) + other.sum * exponential(other.largest - top);
        largest = top;
    }
};

/** A residue, its pairs, and this thread's part of them, for widths c that are multiples of V. */
template <typename T, int V> struct Residue {
    /** Channels of a group at a time. */
    static constexpr int CHUNK = LANES * V;
    /** From the residue's first pair on. */
    const T* h;
    const T* local;
    int heads;
    int c;
    int lane;
    int group;
    /** The first of the heads, and this thread's head behind it. */
    int firstHead;
    int head;
    int tokens;
    /** The residue's first pair. */
    int64_t row;

    __device__ __forceinline__ Residue(const T* allH, const T* allLocal, const Offsets& offsets, int heads, int c)
        : heads(heads), c(c), lane(threadIdx.x % LANES), group(threadIdx.x / LANES), firstHead(0), head(threadIdx.x % HEADS) {
        int residue = blockIdx.x;
        int sample = offsets.sampleOf(offsets.residues, residue);
        tokens = offsets.tokensOf(sample);
        row = offsets.pairs[sample] + static_cast<int64_t>(residue - offsets.residues[sample]) * tokens;
        h = allH + row * c;
        local = allLocal + 3 * row;
    }

    __device__ __forceinline__ bool has(int ofHeads) const {
        return firstHead + ofHeads < heads;
    }

    /** The first token of this group. */
    __device__ __forceinline__ int tokenOf(int start) const {
        return start + TOKENS * group;
    }

    /** This thread's token, and whether that and its head are there. */
    __device__ __forceinline__ int ownToken(int start) const {
        return tokenOf(start) + lane / HEADS;
    }

    __device__ __forceinline__ bool owns(int start) const {
        return ownToken(start) < tokens && has(head);
    }

    /** Place of this thread's token and head in the residue's rows of a matrix [P, heads]. */
    __device__ __forceinline__ int own(int start) const {
        return ownToken(start) * heads + firstHead + head;
    }

    __device__ __forceinline__ T distance(int token, T softening) const {
        const T* p = local + 3 * token;
        return squareRoot(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + softening);
    }

    /** Numbers k … k + V − 1 of a token in the residue's rows of a matrix [P, c]. */
    __device__ __forceinline__ int at(int token, int k) const {
        return token * c + k;
    }

    /** The residue's row of a head in a matrix [T, heads·(c + 1)]. */
    __device__ __forceinline__ int64_t start(int ofHeads) const {
        return (static_cast<int64_t>(blockIdx.x) * heads + firstHead + ofHeads) * (c + 1);
    }

    /** Copies eight heads to shared memory [8, c], their last numbers apart; zeros for heads that are not there. */
    __device__ __forceinline__ void load(T* shared, T* last, const T* matrix) const {
        if (threadIdx.x < HEADS) {
            last[threadIdx.x] = has(threadIdx.x) ? matrix[start(threadIdx.x) + c] : T(0);
        }
        for (int k = threadIdx.x; k < c; k += ATTENTION_THREADS) {
            T values[HEADS];
#pragma unroll
            for (int i = 0; i < HEADS; i++) {
                values[i] = has(i) ? matrix[start(i) + k] : T(0);
            }
#pragma unroll
            for (int i = 0; i < HEADS; i++) {
                shared[i * c + k] = values[i];
            }
        }
    }

    /** The product of this thread's token with row head of vectors [8, c]. */
    __device__ __forceinline__ T product(int start, const T* vectors) const {
        int token = tokenOf(start);
        T sums[LANES] = {};
        for (int k = lane * V; k < c; k += CHUNK) {
            Several<T, V> first = Several<T, V>::loadIf(token < tokens, h + at(token, k));
            Several<T, V> second = Several<T, V>::loadIf(token + 1 < tokens, h + at(token + 1, k));
#pragma unroll
            for (int i = 0; i < HEADS; i++) {
                Several<T, V> vector = Several<T, V>::load(vectors + i * c + k);
#pragma unroll
                for (int e = 0; e < V; e++) {
                    sums[i] += first.v[e] * vector.v[e];
                    sums[HEADS + i] += second.v[e] * vector.v[e];
                }
            }
        }
        return scatterSums<LANES>(sums);
    }

    /** The sum over all tokens of this thread's head, in all threads of that head; warpSums [2, 8]. */
    __device__ __forceinline__ T sumOverTokens(T value, T* warpSums) const {
        value += __shfl_xor_sync(ALL_LANES, value, HEADS);
        value += __shfl_xor_sync(ALL_LANES, value, LANES);
        if (threadIdx.x % WARP < HEADS) {
            warpSums[threadIdx.x / WARP * HEADS + head] = value;
        }
        __syncthreads();
        value = 0;
#pragma unroll
        for (int warp = 0; warp < ATTENTION_WARPS; warp++) {
            value += warpSums[warp * HEADS + head];
        }
        return value;
    }

    /** The sums over all groups of channels chunk … of eight heads; put(head, k, sum) takes them. Shared memory [2, 8, CHUNK]. */
    template <typename Put> __device__ __forceinline__ void sumOverGroups(Several<T, V> (&sums)[HEADS], T* shared, int chunk, Put put) const {
        constexpr int HALF = HEADS / 2;
        bool upper = group % 2 != 0;
#pragma unroll
        for (int i = 0; i < HALF; i++) {
            Several<T, V> pair;
#pragma unroll
            for (int e = 0; e < V; e++) {
                T low = sums[i].v[e];
                T high = sums[i + HALF].v[e];
                pair.v[e] = (upper ? high : low) + __shfl_xor_sync(ALL_LANES, upper ? low : high, LANES);
            }
            pair.store(shared + (threadIdx.x / WARP * HEADS + (upper ? HALF : 0) + i) * CHUNK + lane * V);
        }
        __syncthreads();
        for (int k = threadIdx.x; k < CHUNK && chunk + k < c; k += ATTENTION_THREADS) {
#pragma unroll
            for (int i = 0; i < HEADS; i++) {
                if (has(i)) {
                    put(i, chunk + k, shared[i * CHUNK + k] + shared[(HEADS + i) * CHUNK + k]);
                }
            }
        }
        __syncthreads();
    }
};

/** What the threads of a block tell one another. */
template <typename T, int V> struct Exchange {
    /** Weights of a group's tokens, then their gradients, for each head. */
    alignas(16) T tokens[GROUPS][HEADS][2 * TOKENS];
    T last[2][HEADS];
    T warps[2][ATTENTION_WARPS * HEADS];
    alignas(16) T sums[ATTENTION_WARPS * HEADS * LANES * V];
};

template <typename T, int V> __device__ __forceinline__ void attend(T* queries, const T* h, const T* local, const T* u, const double* slopes, T scale,
        T softening, const Offsets& offsets, int heads, int c, T* weights, T* result) {
    __shared__ Exchange<T, V> shared;
    Residue<T, V> residue(h, local, offsets, heads, c);
    weights += residue.row * heads;
    for (; residue.firstHead < heads; residue.firstHead += HEADS) {
        residue.load(queries, shared.last[0], u);
        T slope = residue.has(residue.head) ? static_cast<T>(slopes[residue.firstHead + residue.head]) : T(0);
        __syncthreads();
        // a token without meaning that has the logit 0
        Mass<T> mass = {0, 0};
        for (int start = 0; start < residue.tokens; start += STEP) {
            T product = residue.product(start, queries);
            if (residue.owns(start)) {
                T logit = scale * (product + shared.last[0][residue.head]) - slope * residue.distance(residue.ownToken(start), softening);
                weights[residue.own(start)] = logit;
                mass.add({logit, 1});
            }
        }
#pragma unroll
        for (int step = HEADS; step < WARP; step *= 2) {
            mass.add({__shfl_xor_sync(ALL_LANES, mass.largest, step), __shfl_xor_sync(ALL_LANES, mass.sum, step)});
        }
        if (threadIdx.x % WARP < HEADS) {
            shared.warps[0][threadIdx.x / WARP * HEADS + residue.head] = mass.largest;
            shared.warps[1][threadIdx.x / WARP * HEADS + residue.head] = mass.sum;
        }
        __syncthreads();
        mass = {shared.warps[0][residue.head], shared.warps[1][residue.head]};
#pragma unroll
        for (int warp = 1; warp < ATTENTION_WARPS; warp++) {
            mass.add({shared.warps[0][warp * HEADS + residue.head], shared.warps[1][warp * HEADS + residue.head]});
        }
        T total = mass.sum + exponential(-mass.largest);
        if (threadIdx.x < HEADS && residue.has(threadIdx.x)) {
            result[residue.start(threadIdx.x) + c] = mass.sum / total;
        }
        for (int chunk = 0; chunk < c; chunk += Residue<T, V>::CHUNK) {
            int k = chunk + residue.lane * V;
            Several<T, V> sums[HEADS] = {};
            T next = residue.owns(0) ? weights[residue.own(0)] : T(0);
            for (int start = 0; start < residue.tokens; start += STEP) {
                int token = residue.tokenOf(start);
                Several<T, V> first = Several<T, V>::loadIf(k < c && token < residue.tokens, residue.h + residue.at(token, k));
                Several<T, V> second = Several<T, V>::loadIf(k < c && token + 1 < residue.tokens, residue.h + residue.at(token + 1, k));
                T weight = next;
                next = residue.owns(start + STEP) ? weights[residue.own(start + STEP)] : T(0);
                if (chunk == 0 && residue.owns(start)) {
                    weight = exponential(weight - mass.largest) / total;
                    weights[residue.own(start)] = weight;
                }
                shared.tokens[residue.group][residue.head][residue.lane / HEADS] = weight;
                __syncwarp();
#pragma unroll
                for (int i = 0; i < HEADS; i++) {
                    const T* of = shared.tokens[residue.group][i];
                    sums[i].add(of[0], first);
                    sums[i].add(of[1], second);
                }
                __syncwarp();
            }
            residue.sumOverGroups(sums, shared.sums, chunk, [&](int head, int channel, T sum) { result[residue.start(head) + channel] = sum; });
        }
    }
}

template <typename T, int V> __device__ __forceinline__ void attendBackward(T* queries, const T* h, const T* local, const T* u, const double* slopes, T scale,
        T softening, const Offsets& offsets, int heads, int c, const T* weights, const T* dResult, T* dLogits, T* dH, T* dLocal, T* dU) {
    __shared__ Exchange<T, V> shared;
    T* upstream = queries + HEADS * c;
    Residue<T, V> residue(h, local, offsets, heads, c);
    weights += residue.row * heads;
    dLogits += residue.row * heads;
    dH = dH == nullptr ? nullptr : dH + residue.row * c;
    dLocal = dLocal == nullptr ? nullptr : dLocal + 3 * residue.row;
    for (; residue.firstHead < heads; residue.firstHead += HEADS) {
        residue.load(queries, shared.last[0], u);
        residue.load(upstream, shared.last[1], dResult);
        T slope = residue.has(residue.head) ? static_cast<T>(slopes[residue.firstHead + residue.head]) : T(0);
        __syncthreads();
        T mean = 0;
        for (int start = 0; start < residue.tokens; start += STEP) {
            bool there = residue.owns(start);
            T weight = there ? weights[residue.own(start)] : T(0);
            T gradient = residue.product(start, upstream) + shared.last[1][residue.head];
            if (there) {
                dLogits[residue.own(start)] = gradient;
                mean += weight * gradient;
            }
        }
        mean = residue.sumOverTokens(mean, shared.warps[0]);
        T ofBias = 0;
        for (int chunk = 0; chunk < c; chunk += Residue<T, V>::CHUNK) {
            int k = chunk + residue.lane * V;
            Several<T, V> sums[HEADS] = {};
            T nextWeight = residue.owns(0) ? weights[residue.own(0)] : T(0);
            T nextGradient = residue.owns(0) ? dLogits[residue.own(0)] : T(0);
            for (int start = 0; start < residue.tokens; start += STEP) {
                int token = residue.tokenOf(start);
                bool isFirst = k < c && token < residue.tokens;
                bool isSecond = k < c && token + 1 < residue.tokens;
                Several<T, V> first = Several<T, V>::loadIf(isFirst, residue.h + residue.at(token, k));
                Several<T, V> second = Several<T, V>::loadIf(isSecond, residue.h + residue.at(token + 1, k));
                Several<T, V> dFirst = Several<T, V>::loadIf(isFirst && dH != nullptr, dH + residue.at(token, k));
                Several<T, V> dSecond = Several<T, V>::loadIf(isSecond && dH != nullptr, dH + residue.at(token + 1, k));
                T weight = nextWeight;
                T gradient = weight * (nextGradient - mean);
                bool more = residue.owns(start + STEP);
                nextWeight = more ? weights[residue.own(start + STEP)] : T(0);
                nextGradient = more ? dLogits[residue.own(start + STEP)] : T(0);
                shared.tokens[residue.group][residue.head][residue.lane / HEADS] = weight;
                shared.tokens[residue.group][residue.head][TOKENS + residue.lane / HEADS] = scale * gradient;
                __syncwarp();
                if (chunk == 0) {
                    ofBias += gradient;
                    T pull = -gradient * slope;
#pragma unroll
                    for (int step = HEADS / 2; step > 0; step /= 2) {
                        pull += __shfl_xor_sync(ALL_LANES, pull, step);
                    }
                    if (dLocal != nullptr && residue.head < 3 && residue.ownToken(start) < residue.tokens) {
                        int at = 3 * residue.ownToken(start) + residue.head;
                        dLocal[at] += pull / residue.distance(residue.ownToken(start), softening) * residue.local[at];
                    }
                }
#pragma unroll
                for (int i = 0; i < HEADS; i++) {
                    Several<T, 2 * TOKENS> of = Several<T, 2 * TOKENS>::load(shared.tokens[residue.group][i]);
                    Several<T, V> above = Several<T, V>::loadIf(k < c, upstream + i * c + k);
                    Several<T, V> query = Several<T, V>::loadIf(k < c, queries + i * c + k);
                    dFirst.add(of.v[0], above);
                    dSecond.add(of.v[1], above);
                    dFirst.add(of.v[2], query);
                    dSecond.add(of.v[3], query);
                    sums[i].add(of.v[2], first);
                    sums[i].add(of.v[3], second);
                }
                if (isFirst && dH != nullptr) {
                    dFirst.store(dH + residue.at(token, k));
                }
                if (isSecond && dH != nullptr) {
                    dSecond.store(dH + residue.at(token + 1, k));
                }
                __syncwarp();
            }
            residue.sumOverGroups(sums, shared.sums, chunk, [&](int head, int channel, T sum) {
                if (dU != nullptr) {
                    dU[residue.start(head) + channel] += sum;
                }
            });
        }
        ofBias = residue.sumOverTokens(ofBias, shared.warps[1]);
        if (dU != nullptr && threadIdx.x < HEADS && residue.has(threadIdx.x)) {
            dU[residue.start(threadIdx.x) + c] += scale * ofBias;
        }
        __syncthreads();
    }
}

}

/* BLOCKS: how many a multiprocessor should hold. */
#define ATTENTION_KERNELS(T, TYPE, BLOCKS) \
    KERNEL(conditioner::ATTENTION_THREADS, BLOCKS) conditioner_attend_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, \
            T softening, const int* offsets, int samples, int heads, int c, T* weights, T* result) { \
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
    KERNEL(conditioner::ATTENTION_THREADS, BLOCKS) conditioner_attend_backward_##TYPE(const T* h, const T* local, const T* u, const double* slopes, T scale, \
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

ATTENTION_KERNELS(float, f32, 9)
ATTENTION_KERNELS(double, f64, 1)
