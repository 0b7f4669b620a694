/*
 * What kernels may use, for nvcc and for the emulator (g++ with BINDRAE_EMULATOR). A kernel includes this file, common/mma.cuh where it uses tensor cores,
 * the other headers of common for what they hold, and headers of its own subject; nothing else.
 */
#pragma once

#include <stdint.h>

#ifdef BINDRAE_EMULATOR

#include "../../emulator/device.h"

#else

/** Begins a kernel: KERNEL(256) tensor_add_f32(…) { … }; at most so many threads per block, and optionally the blocks per multiprocessor to compile for. */
#define KERNEL(...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__)

/** After each kernel: makes it known to the emulator. */
#define EXPORT(name)

/** Declares name as a pointer to the dynamic shared memory of the block, aligned to 128 bytes. */
#define SHARED_MEMORY(name) \
    extern __shared__ __align__(128) unsigned char bindraeSharedMemory[]; \
    unsigned char* name = bindraeSharedMemory

/**
 * First in each kernel: waits until everything of the kernel before is done and to be seen. Blocks get here while the last ones of that kernel end, not earlier
 * (griddepcontrol.launch_dependents): early blocks wait where there happens to be room, which leaves them unevenly spread, and a whole step took 10 % longer.
 * Without effect where launches do not overlap: before compute capability 9.0, and outside graphs.
 */
__device__ __forceinline__ void awaitPrevious() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

#endif

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

/** The sum over groups of LANES neighbouring lanes, a power of two, in all of them; fixed order. All lanes of the warp must call it. */
template <int LANES, typename T> __device__ __forceinline__ T laneSum(T value) {
#pragma unroll
    for (int step = LANES / 2; step > 0; step /= 2) {
        value += __shfl_xor_sync(ALL_LANES, value, step);
    }
    return value;
}

/** The largest value of groups of LANES neighbouring lanes, a power of two, in all of them; a number wins over NaN. All lanes of the warp must call it. */
template <int LANES, typename T> __device__ __forceinline__ T laneMax(T value) {
#pragma unroll
    for (int step = LANES / 2; step > 0; step /= 2) {
        value = max(value, __shfl_xor_sync(ALL_LANES, value, step));
    }
    return value;
}

/** The sum over a warp, in all lanes; fixed order. */
template <typename T> __device__ __forceinline__ T warpSum(T value) {
    return laneSum<WARP>(value);
}

/** The largest value of a warp, in all lanes; a number wins over NaN. */
template <typename T> __device__ __forceinline__ T warpMax(T value) {
    return laneMax<WARP>(value);
}

/**
 * The sum over a block of THREADS threads in one dimension, in all threads; fixed order. All threads of the block must call it. Synchronises the block before and
 * after the exchange, so it may be called repeatedly. Shared memory: THREADS / 32 values.
 */
template <int THREADS, typename T> __device__ __forceinline__ T blockSum(T value) {
    static_assert(THREADS % WARP == 0 && THREADS <= 1024, "whole warps");
    value = warpSum(value);
    if (THREADS > WARP) {
        __shared__ T sums[THREADS / WARP];
        __syncthreads();
        if (threadIdx.x % WARP == 0) {
            sums[threadIdx.x / WARP] = value;
        }
        __syncthreads();
        value = sums[0];
#pragma unroll
        for (int warp = 1; warp < THREADS / WARP; warp++) {
            value += sums[warp];
        }
    }
    return value;
}

/** The sum of count values over a block of THREADS threads, in double precision, in all threads; as blockSum. */
template <int THREADS, typename T> __device__ __forceinline__ double blockSumOf(const T* values, int count) {
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += THREADS) {
        sum += values[i];
    }
    return blockSum<THREADS>(sum);
}

/** The four words of block counter of stream: the generator of org.bindrae.tensor.Philox, bit for bit. */
__device__ __forceinline__ uint4 philox4x32(uint64_t seed, uint64_t stream, uint64_t counter) {
    uint32_t c0 = static_cast<uint32_t>(counter);
    uint32_t c1 = static_cast<uint32_t>(counter >> 32);
    uint32_t c2 = static_cast<uint32_t>(stream);
    uint32_t c3 = static_cast<uint32_t>(stream >> 32);
    uint32_t k0 = static_cast<uint32_t>(seed);
    uint32_t k1 = static_cast<uint32_t>(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c0;
        uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c2;
        c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
        c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c1 = static_cast<uint32_t>(p1);
        c3 = static_cast<uint32_t>(p0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}

/** Which of the numbers 4·block … 4·block + 3 of a stream, as Philox.uniform gives them, are at least limit·2⁻²⁴, as bits. */
__device__ __forceinline__ unsigned philoxAtLeast(uint64_t seed, uint64_t stream, int64_t block, int limit) {
    uint4 words = philox4x32(seed, stream, static_cast<uint64_t>(block));
    unsigned least = static_cast<unsigned>(limit);
    return ((words.x >> 8) >= least ? 1u : 0u) | ((words.y >> 8) >= least ? 2u : 0u) | ((words.z >> 8) >= least ? 4u : 0u)
        | ((words.w >> 8) >= least ? 8u : 0u);
}
