/* The places of (residue, token) pairs. */
#pragma once

#include "common/device.cuh"

namespace conditioner {

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
