/*
 * The inner layer of the ligand's pair embedding (org.bindrae.stage1.ConditionerKernels.hidden): per pair of residue and token
 * GELU(LayerNorm(W·place + perToken[token])), its gradient, and the points that go into it. One warp per pair, its lanes over the channels; nothing but the result
 * is written, what lies before it is computed again when it is needed.
 *
 * activate:  256 threads, 64 pairs per block, shared memory 5·width values (three columns of W, gamma, beta).
 * backward:  256 threads, at most 512 blocks over all pairs, shared memory (5 + 8·5)·width values: the same, and sums of the gradients of those five per warp, which
 *            the block adds up in order and writes to partials [blocks, 5·width]; sumPartials adds the blocks in order.
 * sumTokens: 256 threads, one block per token: the gradient of perToken is a sum over the residues of its sample, in a fixed order.
 */
#include "real.cuh"

namespace conditioner {

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int PAIRS_PER_BLOCK = 64;
/** Vectors of the layer in shared memory: columns x, y, z of W, gamma, beta. */
constexpr int VECTORS = 5;
/** sumPartials: outputs and slices of blocks per block. */
constexpr int OUTPUTS = 32;
constexpr int SLICES = THREADS / OUTPUTS;

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

/** The layer's vectors in shared memory. */
template <typename T> struct Layer {
    T* vectors;
    int width;

    __device__ __forceinline__ Layer(T* shared, const T* weight, int stride, const T* gamma, const T* beta, int channels) : vectors(shared), width(channels) {
        for (int c = threadIdx.x; c < width; c += THREADS) {
            vectors[c] = weight[static_cast<int64_t>(c) * stride];
            vectors[width + c] = weight[static_cast<int64_t>(c) * stride + 1];
            vectors[2 * width + c] = weight[static_cast<int64_t>(c) * stride + 2];
            vectors[3 * width + c] = gamma[c];
            vectors[4 * width + c] = beta[c];
        }
        __syncthreads();
    }

    __device__ __forceinline__ T column(int axis, int c) const {
        return vectors[axis * width + c];
    }

    __device__ __forceinline__ T gamma(int c) const {
        return vectors[3 * width + c];
    }

    __device__ __forceinline__ T beta(int c) const {
        return vectors[4 * width + c];
    }
};

/** What a warp knows of one pair. */
template <typename T> struct Pair {
    const Layer<T>& layer;
    const T* token;
    T place[3];
    T mean;
    T rstd;

    __device__ __forceinline__ Pair(const Layer<T>& layer, const T* places, const T* perToken, const Offsets& offsets, int pair, T eps) : layer(layer) {
        int lane = threadIdx.x % WARP;
        token = perToken + static_cast<int64_t>(offsets.tokenOfPair(pair)) * layer.width;
#pragma unroll
        for (int axis = 0; axis < 3; axis++) {
            place[axis] = places[3 * static_cast<int64_t>(pair) + axis];
        }
        T sum = 0;
        for (int c = lane; c < layer.width; c += WARP) {
            sum += value(c);
        }
        mean = warpSum(sum) / layer.width;
        T squares = 0;
        for (int c = lane; c < layer.width; c += WARP) {
            T offset = value(c) - mean;
            squares += offset * offset;
        }
        rstd = 1 / squareRoot(warpSum(squares) / layer.width + eps);
    }

    /** Before the LayerNorm. */
    __device__ __forceinline__ T value(int c) const {
        return token[c] + layer.column(0, c) * place[0] + layer.column(1, c) * place[1] + layer.column(2, c) * place[2];
    }

    __device__ __forceinline__ T centred(int c) const {
        return (value(c) - mean) * rstd;
    }
};

template <typename T> __device__ __forceinline__ void activate(T* shared, const T* weight, int stride, const T* gamma, const T* beta, T eps, const T* places,
        const T* perToken, Offsets offsets, int from, int rows, int width, T* active) {
    Layer<T> layer(shared, weight, stride, gamma, beta, width);
    int end = (blockIdx.x + 1) * PAIRS_PER_BLOCK < rows ? (blockIdx.x + 1) * PAIRS_PER_BLOCK : rows;
    for (int row = blockIdx.x * PAIRS_PER_BLOCK + threadIdx.x / WARP; row < end; row += WARPS) {
        Pair<T> pair(layer, places, perToken, offsets, from + row, eps);
        T* result = active + static_cast<int64_t>(row) * width;
        for (int c = threadIdx.x % WARP; c < width; c += WARP) {
            result[c] = gelu(pair.centred(c) * layer.gamma(c) + layer.beta(c));
        }
    }
}

template <typename T> __device__ __forceinline__ void activateBackward(T* shared, const T* weight, int stride, const T* gamma, const T* beta, T eps,
        const T* places, const T* perToken, Offsets offsets, int from, int rows, int width, T* dActive, T* dPlaces, T* partials) {
    Layer<T> layer(shared, weight, stride, gamma, beta, width);
    T* sums = shared + VECTORS * width;
    for (int i = threadIdx.x; i < WARPS * VECTORS * width; i += THREADS) {
        sums[i] = 0;
    }
    __syncthreads();
    int lane = threadIdx.x % WARP;
    T* ours = sums + threadIdx.x / WARP * VECTORS * width;
    for (int row = blockIdx.x * WARPS + threadIdx.x / WARP; row < rows; row += gridDim.x * WARPS) {
        Pair<T> pair(layer, places, perToken, offsets, from + row, eps);
        T* d = dActive + static_cast<int64_t>(row) * width;
        T sum = 0;
        T product = 0;
        for (int c = lane; c < width; c += WARP) {
            T x = pair.centred(c);
            T dNormed = d[c] * geluDerivative(x * layer.gamma(c) + layer.beta(c));
            ours[3 * width + c] += dNormed * x;
            ours[4 * width + c] += dNormed;
            T g = dNormed * layer.gamma(c);
            d[c] = g;
            sum += g;
            product += g * x;
        }
        sum = warpSum(sum) / width;
        product = warpSum(product) / width;
        T dPlace[3] = {0, 0, 0};
        for (int c = lane; c < width; c += WARP) {
            T dValue = pair.rstd * (d[c] - sum - pair.centred(c) * product);
            d[c] = dValue;
#pragma unroll
            for (int axis = 0; axis < 3; axis++) {
                ours[axis * width + c] += dValue * pair.place[axis];
                dPlace[axis] += dValue * layer.column(axis, c);
            }
        }
#pragma unroll
        for (int axis = 0; axis < 3; axis++) {
            T total = warpSum(dPlace[axis]);
            if (lane == 0 && dPlaces != nullptr) {
                dPlaces[3 * static_cast<int64_t>(from + row) + axis] += total;
            }
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < VECTORS * width; i += THREADS) {
        T sum = 0;
        for (int warp = 0; warp < WARPS; warp++) {
            sum += sums[warp * VECTORS * width + i];
        }
        partials[static_cast<int64_t>(blockIdx.x) * VECTORS * width + i] = sum;
    }
}

template <typename T> __device__ __forceinline__ void sumPartials(const T* partials, int blocks, int width, T* dWeight, int stride, T* dGamma, T* dBeta) {
    __shared__ T sums[SLICES][OUTPUTS];
    int output = blockIdx.x * OUTPUTS + threadIdx.x % OUTPUTS;
    int slice = threadIdx.x / OUTPUTS;
    T sum = 0;
    for (int block = slice; block < blocks && output < VECTORS * width; block += SLICES) {
        sum += partials[static_cast<int64_t>(block) * VECTORS * width + output];
    }
    sums[slice][threadIdx.x % OUTPUTS] = sum;
    __syncthreads();
    if (slice == 0 && output < VECTORS * width) {
        for (int other = 1; other < SLICES; other++) {
            sum += sums[other][threadIdx.x % OUTPUTS];
        }
        int vector = output / width;
        int c = output % width;
        T* target = vector < 3 ? dWeight + static_cast<int64_t>(c) * stride + vector : vector == 3 ? dGamma + c : dBeta + c;
        *target += sum;
    }
}

/** Channels in groups of 64 (threads % 64), residues of the sample in four slices. */
template <typename T> __device__ __forceinline__ void sumTokens(const T* dHidden, Offsets offsets, int from, int rows, int width, T* dPerToken) {
    constexpr int CHANNELS = 64;
    constexpr int PARTS = THREADS / CHANNELS;
    __shared__ T sums[PARTS][CHANNELS];
    int token = blockIdx.x;
    int sample = offsets.sampleOf(offsets.tokens, token);
    int count = offsets.tokensOf(sample);
    int residues = offsets.residues[sample + 1] - offsets.residues[sample];
    int firstPair = offsets.pairs[sample] + token - offsets.tokens[sample];
    // residues whose pair with this token lies among the rows
    int low = from > firstPair ? (from - firstPair + count - 1) / count : 0;
    int high = from + rows > firstPair ? (from + rows - firstPair + count - 1) / count : 0;
    high = high < residues ? high : residues;
    int part = threadIdx.x / CHANNELS;
    for (int first = 0; first < width; first += CHANNELS) {
        int c = first + threadIdx.x % CHANNELS;
        T sum = 0;
        for (int i = low + part; i < high && c < width; i += PARTS) {
            sum += dHidden[(firstPair + static_cast<int64_t>(i) * count - from) * width + c];
        }
        sums[part][threadIdx.x % CHANNELS] = sum;
        __syncthreads();
        if (part == 0 && c < width) {
            for (int other = 1; other < PARTS; other++) {
                sum += sums[other][threadIdx.x % CHANNELS];
            }
            dPerToken[static_cast<int64_t>(token) * width + c] += sum;
        }
        __syncthreads();
    }
}

}

#define HIDDEN_KERNELS(T, TYPE) \
    KERNEL(conditioner::THREADS) conditioner_saturate_##TYPE(const T* points, double unit, double radius, T* y, int count) { \
        awaitPrevious(); \
        conditioner::saturate(points, unit, radius, y, count); \
    } \
    EXPORT(conditioner_saturate_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_saturate_backward_##TYPE(const T* points, double unit, double radius, const T* dy, T* dx, int count) { \
        awaitPrevious(); \
        conditioner::saturateBackward(points, unit, radius, dy, dx, count); \
    } \
    EXPORT(conditioner_saturate_backward_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_activate_##TYPE(const T* weight, int stride, const T* gamma, const T* beta, T eps, const T* places, \
            const T* perToken, const int* offsets, int samples, int from, int rows, int width, T* active) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        conditioner::activate(reinterpret_cast<T*>(shared), weight, stride, gamma, beta, eps, places, perToken, conditioner::Offsets(offsets, samples), from, \
                rows, width, active); \
    } \
    EXPORT(conditioner_activate_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_activate_backward_##TYPE(const T* weight, int stride, const T* gamma, const T* beta, T eps, const T* places, \
            const T* perToken, const int* offsets, int samples, int from, int rows, int width, T* dActive, T* dPlaces, T* partials) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        conditioner::activateBackward(reinterpret_cast<T*>(shared), weight, stride, gamma, beta, eps, places, perToken, \
                conditioner::Offsets(offsets, samples), from, rows, width, dActive, dPlaces, partials); \
    } \
    EXPORT(conditioner_activate_backward_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_sum_partials_##TYPE(const T* partials, int blocks, int width, T* dWeight, int stride, T* dGamma, T* dBeta) { \
        awaitPrevious(); \
        conditioner::sumPartials(partials, blocks, width, dWeight, stride, dGamma, dBeta); \
    } \
    EXPORT(conditioner_sum_partials_##TYPE) \
    KERNEL(conditioner::THREADS) conditioner_sum_tokens_##TYPE(const T* dHidden, const int* offsets, int samples, int from, int rows, int width, \
            T* dPerToken) { \
        awaitPrevious(); \
        conditioner::sumTokens(dHidden, conditioner::Offsets(offsets, samples), from, rows, width, dPerToken); \
    } \
    EXPORT(conditioner_sum_tokens_##TYPE)

HIDDEN_KERNELS(float, f32)
HIDDEN_KERNELS(double, f64)
