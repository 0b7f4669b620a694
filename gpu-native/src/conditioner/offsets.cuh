/* The places of (residue, token) pairs. */
#pragma once

#include "common/sequences.cuh"

namespace conditioner {

/** First residue, first token and first pair of each sample, and the totals [3, samples + 1]. */
struct Offsets {
    const int* residues;
    const int* tokens;
    const int* pairs;
    int samples;

    __device__ __forceinline__ Offsets(const int* packed, int count)
        : residues(packed), tokens(packed + count + 1), pairs(packed + 2 * (count + 1)), samples(count) {}

    /** The sample of a row of one of these kinds. */
    __device__ __forceinline__ int sampleOf(const int* starts, int row) const {
        return sequenceOf(row, starts, samples);
    }

    __device__ __forceinline__ int tokensOf(int sample) const {
        return tokens[sample + 1] - tokens[sample];
    }
};

}
