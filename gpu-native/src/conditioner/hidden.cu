/*
 * The inner layer of the ligand's pair embedding (org.bindrae.stage1.ConditionerKernels.hidden): per pair of residue and token GELU(LayerNorm(W·place +
 * perToken[token])), its gradient, and the points that go into it. Nothing but the result is written, what lies before it is computed again when it is needed.
 *
 * A tile of pairs is divided into shares: a token and some of the residues that see it. A block of 128 threads takes one share after another; in it, a group of
 * LANES threads takes one residue after another, each thread PACKS·4 channels, so that what belongs to the token, and sums over residues, stay in registers.
 * Groups are 16 lanes for up to 64 channels, 32 lanes for up to 256, the whole block for up to 1024. Shared memory: the layer's five vectors, padded with zeros
 * to the channels of a group, and for the gradients (static) a number per thread and channel: 2 KiB for 64 channels in fp32, up to 8 KiB.
 *
 * activate:     writes the result; 40 registers for 64 channels in fp32.
 * backward:     each share's sum over its residues, for the gradient of perToken, goes to shareSums [shares, width]; the sums for the layer's vectors over all
 *               shares of a block go to blockSums [blocks, 5·width]. 94 registers, five blocks on a multiprocessor.
 * sumGradients: adds both up in order; 256 threads. The first blocks take eight of the 5·width sums each, 32 threads per sum; the others one number of perToken
 *               per thread.
 */
#include "common/real.cuh"
#include "offsets.cuh"
#include "several.cuh"

namespace conditioner {

constexpr int THREADS = 256;
/** Of activate and its gradient. */
constexpr int PAIR_THREADS = 128;
/** Vectors of the layer: columns x, y, z of W, gamma, beta. */
constexpr int VECTORS = 5;
constexpr int GAMMA = 3;
constexpr int BETA = 4;
/** sumGradients: sums of a block, and threads per sum. */
constexpr int OUTPUTS = 8;
constexpr int PARTS = THREADS / OUTPUTS;

template <typename T> __device__ __forceinline__ void saturate(const T* points, double unit, double radius, T* y, int count) {
    int i = blockIdx.x * THREADS + threadIdx.x;
    if (i < count) {
        const T* p = points + 3 * static_cast<int64_t>(i);
        T* q = y + 3 * static_cast<int64_t>(i);
        double x0 = p[0];
        double x1 = p[1];
        double x2 = p[2];
        double factor = 1 / (unit * sqrt(1 + (x0 * x0 + x1 * x1 + x2 * x2) / (radius * radius)));
        q[0] = static_cast<T>(factor * x0);
        q[1] = static_cast<T>(factor * x1);
        q[2] = static_cast<T>(factor * x2);
    }
}

template <typename T> __device__ __forceinline__ void saturateBackward(const T* points, double unit, double radius, const T* dy, T* dx, int count) {
    int i = blockIdx.x * THREADS + threadIdx.x;
    if (i < count) {
        const T* p = points + 3 * static_cast<int64_t>(i);
        const T* upstream = dy + 3 * static_cast<int64_t>(i);
        T* gradient = dx + 3 * static_cast<int64_t>(i);
        double x[3] = {p[0], p[1], p[2]};
        double d[3] = {upstream[0], upstream[1], upstream[2]};
        double damping = 1 / sqrt(1 + (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / (radius * radius));
        double radial = (x[0] * d[0] + x[1] * d[1] + x[2] * d[2]) * damping * damping / (radius * radius);
#pragma unroll
        for (int axis = 0; axis < 3; axis++) {
            gradient[axis] = static_cast<T>(gradient[axis] + damping / unit * (d[axis] - radial * x[axis]));
        }
    }
}

/** How a block is divided into groups that take a pair each. */
template <int LANES, int PACKS> struct Grouping {
    /** Channels of a thread, of a group. */
    static constexpr int OWN = PACKS * WIDE;
    static constexpr int SPAN = LANES * OWN;
    static constexpr int GROUPS = PAIR_THREADS / LANES;

    /** Number of this thread's group. */
    __device__ __forceinline__ static int group() {
        return threadIdx.x / LANES;
    }

    /** The channel of this thread's number i. */
    __device__ __forceinline__ static int channel(int i) {
        return (i / WIDE * LANES + threadIdx.x % LANES) * WIDE + i % WIDE;
    }

    /** The sum over a group, in all its threads. */
    template <typename T> __device__ __forceinline__ static T sum(T value) {
        if constexpr (LANES > WARP) {
            return blockSum<PAIR_THREADS>(value);
        } else {
#pragma unroll
            for (int step = LANES / 2; step > 0; step /= 2) {
                value += __shfl_xor_sync(ALL_LANES, value, step);
            }
            return value;
        }
    }
};

/** A thread's channels. */
template <typename T, typename G> struct Channels {
    T v[G::OWN];

    /** Of a row; zeros behind its end. */
    __device__ __forceinline__ static Channels load(const T* row, int width) {
        Channels channels;
#pragma unroll
        for (int i = 0; i < G::OWN; i += WIDE) {
            int c = G::channel(i);
            if (width % WIDE == 0) {
                Several<T, WIDE> pack = Several<T, WIDE>::loadIf(c < width, row + c);
#pragma unroll
                for (int e = 0; e < WIDE; e++) {
                    channels.v[i + e] = pack.v[e];
                }
            } else {
#pragma unroll
                for (int e = 0; e < WIDE; e++) {
                    channels.v[i + e] = c + e < width ? row[c + e] : T(0);
                }
            }
        }
        return channels;
    }

    __device__ __forceinline__ void store(T* row, int width) const {
#pragma unroll
        for (int i = 0; i < G::OWN; i += WIDE) {
            int c = G::channel(i);
            if (width % WIDE == 0) {
                if (c < width) {
                    Several<T, WIDE> pack;
#pragma unroll
                    for (int e = 0; e < WIDE; e++) {
                        pack.v[e] = v[i + e];
                    }
                    pack.store(row + c);
                }
            } else {
#pragma unroll
                for (int e = 0; e < WIDE; e++) {
                    if (c + e < width) {
                        row[c + e] = v[i + e];
                    }
                }
            }
        }
    }
};

/** The layer's vectors in shared memory, VECTORS·SPAN numbers. */
template <typename T, typename G> struct Layer {
    T* vectors;
    int width;
    /** 1 / width */
    T ofWidth;
    T eps;

    __device__ __forceinline__ Layer(T* shared, const T* weight, int stride, const T* gamma, const T* beta, T eps, int width)
        : vectors(shared), width(width), ofWidth(T(1) / width), eps(eps) {
        for (int c = threadIdx.x; c < G::SPAN; c += PAIR_THREADS) {
            bool there = c < width;
#pragma unroll
            for (int axis = 0; axis < 3; axis++) {
                vectors[axis * G::SPAN + c] = there ? weight[static_cast<int64_t>(c) * stride + axis] : T(0);
            }
            vectors[GAMMA * G::SPAN + c] = there ? gamma[c] : T(0);
            vectors[BETA * G::SPAN + c] = there ? beta[c] : T(0);
        }
        __syncthreads();
    }

    __device__ __forceinline__ Channels<T, G> vector(int number) const {
        return Channels<T, G>::load(vectors + number * G::SPAN, G::SPAN);
    }
};

/** What a group knows of one pair: x, the layer's value of each channel before gamma and beta, zero behind the last channel. */
template <typename T, typename G> struct Pair {
    T place[3];
    T rstd;
    T x[G::OWN];

    __device__ __forceinline__ Pair(const Layer<T, G>& layer, const T* places, const Channels<T, G>& token, int pair) {
#pragma unroll
        for (int i = 0; i < G::OWN; i++) {
            x[i] = token.v[i];
        }
        T sum = 0;
#pragma unroll
        for (int axis = 0; axis < 3; axis++) {
            place[axis] = places[3 * static_cast<int64_t>(pair) + axis];
            Channels<T, G> column = layer.vector(axis);
#pragma unroll
            for (int i = 0; i < G::OWN; i++) {
                x[i] += column.v[i] * place[axis];
            }
        }
#pragma unroll
        for (int i = 0; i < G::OWN; i++) {
            sum += x[i];
        }
        T mean = G::sum(sum) * layer.ofWidth;
        T squares = 0;
#pragma unroll
        for (int i = 0; i < G::OWN; i++) {
            x[i] = G::channel(i) < layer.width ? x[i] - mean : T(0);
            squares += x[i] * x[i];
        }
        rstd = inverseSquareRoot(G::sum(squares) * layer.ofWidth + layer.eps);
#pragma unroll
        for (int i = 0; i < G::OWN; i++) {
            x[i] *= rstd;
        }
    }
};

/** The shares of the pairs from {@code from} on: the tokens among them, each so many times that there is a share for each block, or once if they are more. */
struct Shares {
    int firstToken;
    int count;
    int perToken;

    __device__ __forceinline__ Shares(const Offsets& offsets, int from, int rows, int blocks) {
        firstToken = offsets.tokens[offsets.sampleOf(offsets.pairs, from)];
        int tokens = offsets.tokens[offsets.sampleOf(offsets.pairs, from + rows - 1) + 1] - firstToken;
        perToken = blocks > tokens ? blocks / tokens : 1;
        count = tokens * perToken;
    }
};

/** A token and the residues whose pairs with it lie among the rows; the pair of residue i is firstPair + i·tokens. */
struct Share {
    int token;
    int firstPair;
    int tokens;
    /** The first residue for the first group, the number behind the last one, and the step of a group. */
    int first;
    int end;
    int step;

    __device__ __forceinline__ Share(const Offsets& offsets, const Shares& shares, int number, int from, int rows, int groups) {
        token = shares.firstToken + number / shares.perToken;
        int sample = offsets.sampleOf(offsets.tokens, token);
        tokens = offsets.tokensOf(sample);
        int residues = offsets.residues[sample + 1] - offsets.residues[sample];
        firstPair = offsets.pairs[sample] + token - offsets.tokens[sample];
        int low = from > firstPair ? (from - firstPair + tokens - 1) / tokens : 0;
        end = from + rows > firstPair ? (from + rows - firstPair + tokens - 1) / tokens : 0;
        end = end < residues ? end : residues;
        first = low + number % shares.perToken * groups;
        step = shares.perToken * groups;
    }
};

template <typename G, typename T> __device__ __forceinline__ void activate(T* shared, const T* weight, int stride, const T* gamma, const T* beta, T eps,
        const T* places, const T* perToken, const Offsets& offsets, int from, int rows, int width, T* active) {
    Layer<T, G> layer(shared, weight, stride, gamma, beta, eps, width);
    Shares shares(offsets, from, rows, gridDim.x);
    for (int number = blockIdx.x; number < shares.count; number += gridDim.x) {
        Share share(offsets, shares, number, from, rows, G::GROUPS);
        Channels<T, G> token = Channels<T, G>::load(perToken + static_cast<int64_t>(share.token) * width, width);
        for (int first = share.first; first < share.end; first += share.step) {
            int residue = first + G::group();
            // groups of a warp stay together
            int of = share.firstPair + (residue < share.end ? residue : first) * share.tokens;
            Pair<T, G> pair(layer, places, token, of);
            Channels<T, G> gains = layer.vector(GAMMA);
            Channels<T, G> result = layer.vector(BETA);
#pragma unroll
            for (int i = 0; i < G::OWN; i++) {
                result.v[i] = gelu(pair.x[i] * gains.v[i] + result.v[i]);
            }
            if (residue < share.end) {
                result.store(active + static_cast<int64_t>(of - from) * width, width);
            }
        }
    }
}

/** Σ over the groups of a block of their numbers of each channel, written to a row. Shared memory: a number for each channel of each group. */
template <typename G, typename T> __device__ __forceinline__ void sumOverGroups(T* shared, const T (&own)[G::OWN], T* row, int width) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < G::OWN; i++) {
        shared[G::group() * G::SPAN + G::channel(i)] = own[i];
    }
    __syncthreads();
    for (int c = threadIdx.x; c < width; c += PAIR_THREADS) {
        T sum = shared[c];
#pragma unroll
        for (int group = 1; group < G::GROUPS; group++) {
            sum += shared[group * G::SPAN + c];
        }
        row[c] = sum;
    }
}

template <typename G, typename T> __device__ __forceinline__ void activateBackward(T* shared, const T* weight, int stride, const T* gamma, const T* beta, T eps,
        const T* places, const T* perToken, const Offsets& offsets, int from, int rows, int width, const T* dActive, T* dPlaces, T* shareSums, T* blockSums) {
    __shared__ T exchange[G::GROUPS * G::SPAN];
    Layer<T, G> layer(shared, weight, stride, gamma, beta, eps, width);
    Shares shares(offsets, from, rows, gridDim.x);
    T sums[VECTORS][G::OWN] = {};
    for (int number = blockIdx.x; number < shares.count; number += gridDim.x) {
        Share share(offsets, shares, number, from, rows, G::GROUPS);
        Channels<T, G> token = Channels<T, G>::load(perToken + static_cast<int64_t>(share.token) * width, width);
        T ofToken[G::OWN] = {};
        for (int first = share.first; first < share.end; first += share.step) {
            int residue = first + G::group();
            bool there = residue < share.end;
            int of = share.firstPair + (there ? residue : first) * share.tokens;
            Channels<T, G> d = Channels<T, G>::load(dActive + static_cast<int64_t>(of - from) * width, width);
            Pair<T, G> pair(layer, places, token, of);
            Channels<T, G> gains = layer.vector(GAMMA);
            Channels<T, G> shifts = layer.vector(BETA);
            T sum = 0;
            T product = 0;
#pragma unroll
            for (int i = 0; i < G::OWN; i++) {
                T x = pair.x[i];
                T dNormed = there ? d.v[i] * geluDerivative(x * gains.v[i] + shifts.v[i]) : T(0);
                sums[GAMMA][i] += dNormed * x;
                sums[BETA][i] += dNormed;
                d.v[i] = dNormed * gains.v[i];
                sum += d.v[i];
                product += d.v[i] * x;
            }
            sum = G::sum(sum) * layer.ofWidth;
            product = G::sum(product) * layer.ofWidth;
#pragma unroll
            for (int i = 0; i < G::OWN; i++) {
                d.v[i] = pair.rstd * (d.v[i] - sum - pair.x[i] * product);
                ofToken[i] += d.v[i];
            }
#pragma unroll
            for (int axis = 0; axis < 3; axis++) {
                Channels<T, G> column = layer.vector(axis);
                T along = 0;
#pragma unroll
                for (int i = 0; i < G::OWN; i++) {
                    sums[axis][i] += d.v[i] * pair.place[axis];
                    along += d.v[i] * column.v[i];
                }
                if (dPlaces != nullptr) {
                    along = G::sum(along);
                    if (there && G::channel(0) == 0) {
                        dPlaces[3 * static_cast<int64_t>(of) + axis] += along;
                    }
                }
            }
        }
        sumOverGroups<G>(exchange, ofToken, shareSums + static_cast<int64_t>(number) * width, width);
    }
#pragma unroll
    for (int vector = 0; vector < VECTORS; vector++) {
        sumOverGroups<G>(exchange, sums[vector], blockSums + (static_cast<int64_t>(blockIdx.x) * VECTORS + vector) * width, width);
    }
}

/** @param blocks those of activateBackward */
template <typename T> __device__ __forceinline__ void sumGradients(const T* shareSums, const T* blockSums, int blocks, const Offsets& offsets, int from,
        int rows, int width, T* dPerToken, T* dWeight, int stride, T* dGamma, T* dBeta) {
    __shared__ T sums[PARTS][OUTPUTS];
    int size = VECTORS * width;
    int ofVectors = (size + OUTPUTS - 1) / OUTPUTS;
    if (static_cast<int>(blockIdx.x) >= ofVectors) {
        int64_t i = static_cast<int64_t>(blockIdx.x - ofVectors) * THREADS + threadIdx.x;
        Shares shares(offsets, from, rows, blocks);
        if (i < static_cast<int64_t>(shares.count / shares.perToken) * width) {
            int64_t token = i / width;
            int c = static_cast<int>(i % width);
            T sum = 0;
#pragma unroll 4
            for (int share = 0; share < shares.perToken; share++) {
                sum += shareSums[(token * shares.perToken + share) * width + c];
            }
            dPerToken[(shares.firstToken + token) * width + c] += sum;
        }
        return;
    }
    int output = blockIdx.x * OUTPUTS + threadIdx.x % OUTPUTS;
    int part = threadIdx.x / OUTPUTS;
    T sum = 0;
    if (output < size) {
#pragma unroll 8
        for (int block = part; block < blocks; block += PARTS) {
            sum += blockSums[static_cast<int64_t>(block) * size + output];
        }
    }
    sums[part][threadIdx.x % OUTPUTS] = sum;
    __syncthreads();
    if (part == 0 && output < size) {
#pragma unroll
        for (int other = 1; other < PARTS; other++) {
            sum += sums[other][threadIdx.x];
        }
        int vector = output / width;
        int c = output % width;
        T* target = vector < GAMMA ? dWeight + static_cast<int64_t>(c) * stride + vector : vector == GAMMA ? dGamma + c : dBeta + c;
        *target += sum;
    }
}

}

#define SATURATION_KERNELS(T, TYPE) \
    KERNEL(conditioner::THREADS) conditioner_saturate_##TYPE(const T* points, double unit, double radius, T* y, int count) { \
        awaitPrevious(); \
        conditioner::saturate(points, unit, radius, y, count); \
    } \
    EXPORT(conditioner_saturate_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_saturate_backward_##TYPE(const T* points, double unit, double radius, const T* dy, T* dx, int count) { \
        awaitPrevious(); \
        conditioner::saturateBackward(points, unit, radius, dy, dx, count); \
    } \
    EXPORT(conditioner_saturate_backward_##TYPE)

/* BLOCKS: how many of the backward kernel a multiprocessor should hold. */
#define HIDDEN_KERNELS(LANES, PACKS, T, TYPE, BLOCKS) \
    KERNEL(conditioner::PAIR_THREADS) conditioner_activate_##LANES##x##PACKS##_##TYPE(const T* weight, int stride, const T* gamma, const T* beta, T eps, \
            const T* places, const T* perToken, const int* offsets, int samples, int from, int rows, int width, T* active) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        conditioner::activate<conditioner::Grouping<LANES, PACKS>>(reinterpret_cast<T*>(shared), weight, stride, gamma, beta, eps, places, perToken, \
                conditioner::Offsets(offsets, samples), from, rows, width, active); \
    } \
    EXPORT(conditioner_activate_##LANES##x##PACKS##_##TYPE) \
    KERNEL(conditioner::PAIR_THREADS, BLOCKS) conditioner_activate_backward_##LANES##x##PACKS##_##TYPE(const T* weight, int stride, const T* gamma, \
            const T* beta, T eps, const T* places, const T* perToken, const int* offsets, int samples, int from, int rows, int width, const T* dActive, \
            T* dPlaces, T* shareSums, T* blockSums) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        conditioner::activateBackward<conditioner::Grouping<LANES, PACKS>>(reinterpret_cast<T*>(shared), weight, stride, gamma, beta, eps, places, perToken, \
                conditioner::Offsets(offsets, samples), from, rows, width, dActive, dPlaces, shareSums, blockSums); \
    } \
    EXPORT(conditioner_activate_backward_##LANES##x##PACKS##_##TYPE)

#define GRADIENT_KERNELS(T, TYPE) \
    KERNEL(conditioner::THREADS) conditioner_sum_gradients_##TYPE(const T* shareSums, const T* blockSums, int blocks, const int* offsets, int samples, \
            int from, int rows, int width, T* dPerToken, T* dWeight, int stride, T* dGamma, T* dBeta) { \
        awaitPrevious(); \
        conditioner::sumGradients(shareSums, blockSums, blocks, conditioner::Offsets(offsets, samples), from, rows, width, dPerToken, dWeight, stride, dGamma, \
                dBeta); \
    } \
    EXPORT(conditioner_sum_gradients_##TYPE)

#define KERNELS_OF_TYPE(T, TYPE, BLOCKS) \
    SATURATION_KERNELS(T, TYPE) \
    HIDDEN_KERNELS(16, 1, T, TYPE, BLOCKS) \
    HIDDEN_KERNELS(32, 2, T, TYPE, 1) \
    HIDDEN_KERNELS(128, 2, T, TYPE, 1) \
    GRADIENT_KERNELS(T, TYPE)

KERNELS_OF_TYPE(float, f32, 5)
KERNELS_OF_TYPE(double, f64, 1)
