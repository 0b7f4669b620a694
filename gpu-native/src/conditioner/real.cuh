/* Functions of one number in both element types, and the places of (residue, token) pairs. */
#pragma once

#include "common/device.cuh"

namespace conditioner {

__device__ __forceinline__ float exponential(float x) {
    return expf(x);
}

__device__ __forceinline__ double exponential(double x) {
    return exp(x);
}

__device__ __forceinline__ float squareRoot(float x) {
    return sqrtf(x);
}

__device__ __forceinline__ double squareRoot(double x) {
    return sqrt(x);
}

__device__ __forceinline__ float larger(float a, float b) {
    return fmaxf(a, b);
}

__device__ __forceinline__ double larger(double a, double b) {
    return fmax(a, b);
}

/** Φ(x), the standard normal distribution; erfc keeps its relative accuracy far on the left. */
__device__ __forceinline__ float normalDistribution(float x) {
    return 0.5f * erfcf(x * -0.70710678118654752f);
}

__device__ __forceinline__ double normalDistribution(double x) {
    return 0.5 * erfc(x * -0.70710678118654752440);
}

template <typename T> __device__ __forceinline__ T gelu(T x) {
    return x * normalDistribution(x);
}

template <typename T> __device__ __forceinline__ T geluDerivative(T x) {
    return normalDistribution(x) + x * exponential(T(-0.5) * x * x) * T(0.39894228040143267794);
}

/** The largest of a warp, in all lanes. */
template <typename T> __device__ __forceinline__ T warpLargest(T value) {
#pragma unroll
    for (int step = WARP / 2; step > 0; step /= 2) {
        value = larger(value, __shfl_xor_sync(ALL_LANES, value, step));
    }
    return value;
}

/** First residue, first token and first pair of each sample, and the totals [3, samples + 1]. */
struct Offsets {
    const int* residues;
    const int* tokens;
    const int* pairs;
    int samples;

    __device__ __forceinline__ Offsets(const int* packed, int count)
        : residues(packed), tokens(packed + count + 1), pairs(packed + 2 * (count + 1)), samples(count) {}

    /** The last sample that starts at a row or before. */
    __device__ __forceinline__ int sampleOf(const int* starts, int row) const {
        int low = 0;
        int high = samples;
        while (low < high) {
            int middle = (low + high + 1) / 2;
            if (starts[middle] <= row) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    __device__ __forceinline__ int tokensOf(int sample) const {
        return tokens[sample + 1] - tokens[sample];
    }

    __device__ __forceinline__ int tokenOfPair(int pair) const {
        int sample = sampleOf(pairs, pair);
        return tokens[sample] + (pair - pairs[sample]) % tokensOf(sample);
    }
};

}
