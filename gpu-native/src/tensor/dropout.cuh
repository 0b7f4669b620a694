/* Which elements dropout keeps. */
#pragma once

#include "pack.cuh"

namespace tensor {

/** Which of the elements of the pack that starts at element at are kept, as bits. */
template <typename T> __device__ __forceinline__ unsigned keptOfPack(uint64_t seed, uint64_t stream, int64_t at, int threshold) {
    return philoxAtLeast(seed, stream, at >> 2, threshold) >> (at & 3);
}

} // namespace tensor
