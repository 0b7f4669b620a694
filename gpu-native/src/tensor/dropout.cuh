/* Which elements dropout keeps, and the gradient of dropout(gelu(z)). */
#pragma once

#include "functions.cuh"
#include "pack.cuh"

namespace tensor {

/** Which of the elements 4·i … 4·i + 3 dropout keeps, as bits. */
__device__ __forceinline__ unsigned keptOfFour(uint64_t seed, uint64_t stream, int64_t i, int threshold) {
    uint4 words = philox4x32(seed, stream, static_cast<uint64_t>(i));
    unsigned limit = static_cast<unsigned>(threshold);
    return ((words.x >> 8) >= limit ? 1u : 0u) | ((words.y >> 8) >= limit ? 2u : 0u) | ((words.z >> 8) >= limit ? 4u : 0u)
        | ((words.w >> 8) >= limit ? 8u : 0u);
}

/** Which of the elements of the pack that starts at element at are kept. */
template <typename T> __device__ __forceinline__ unsigned keptOfPack(uint64_t seed, uint64_t stream, int64_t at, int threshold) {
    return keptOfFour(seed, stream, at >> 2, threshold) >> (at & 3);
}

/** dropout(dy)·gelu'(z) for the pack that starts at element at; a threshold of 0 keeps everything. */
template <typename T>
__device__ __forceinline__ Pack<T> geluDropoutGradient(const Pack<T>& z, int threshold, T scale, uint64_t seed, uint64_t stream, const Pack<T>& dy,
    int64_t at) {
    unsigned kept = threshold == 0 ? ~0u : keptOfPack<T>(seed, stream, at, threshold);
    Pack<T> dz;
#pragma unroll
    for (int e = 0; e < Pack<T>::SIZE; e++) {
        dz.v[e] = (kept >> e & 1) != 0 ? dy.v[e] * scale * geluDerivative(z.v[e]) : T(0);
    }
    return dz;
}

} // namespace tensor
