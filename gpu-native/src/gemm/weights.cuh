/*
 * What the kernels of weights.cu and weights_sm90a.cu read: tables that the host writes.
 */
#pragma once

#include "gemm.cuh"

namespace gemm {

/** Bit of LinearGradient::flags: sums are added to what dweight and dbias hold, else written there. */
constexpr int ADDS = 8;

/** A use of a map, or a slab of its rows. */
struct Use {
    const float* dy; // [rows, out]
    const float* x; // [rows, in]
    int rows; // at least one
    int flags; // VECTOR_A for dy, VECTOR_B for x
};

/** What one use after another gives for the gradients of a map's parameters. */
struct LinearGradient {
    float* dweight; // [out, in]
    float* dbias; // [out] or null
    int out, in;
    int firstUse; // the others follow
    int steps; // of DEPTH rows, of all uses
    int firstBlock; // the blocks of a gradient follow each other, those of a row of tiles first
    int flags; // VECTOR_C for dweight, ADDS
};

/** y += slabs[0] + slabs[1] + …, in this order. */
struct SlabSum {
    float* y;
    const float* slabs; // aligned to 16 bytes
    int size;
    int stride; // floats from one slab to the next, a multiple of four
    int count; // of slabs
    int firstBlock;
    int flags; // VECTOR_C for y
    int unused;
};

/** Number of the row of a table that a block works on, found by each warp. */
template <typename Row> __device__ __forceinline__ int rowOfBlock(const Row* rows, int count, int block) {
    int last = -1;
    for (int first = 0; first < count; first += WARP) {
        const int row = first + threadIdx.x % WARP;
        last += __popc(__ballot_sync(ALL_LANES, row < count && rows[row].firstBlock <= block));
    }
    return last;
}

} // namespace gemm
