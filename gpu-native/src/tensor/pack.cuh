/* Sixteen bytes of elements at a time: what a thread of an element-wise kernel loads and stores. */
#pragma once

#include "common/device.cuh"

namespace tensor {

/** Elements that lie next to each other; loads and stores as one access of 16 bytes. */
template <typename T> struct alignas(16) Pack {
    static constexpr int SIZE = 16 / sizeof(T);
    T v[SIZE];
};

/** Whether an array may be read in packs from its first element on. */
__device__ __forceinline__ bool packed(const void* p) {
    return (reinterpret_cast<uintptr_t>(p) & 15) == 0;
}

/** Elements [at, min(at + SIZE, end)) of an array; zeros beyond. */
template <typename T> __device__ __forceinline__ Pack<T> loadPack(const T* p, int64_t at, int64_t end, bool aligned) {
    constexpr int SIZE = Pack<T>::SIZE;
    if (aligned && at + SIZE <= end) {
        return *reinterpret_cast<const Pack<T>*>(p + at);
    }
    Pack<T> pack;
#pragma unroll
    for (int e = 0; e < SIZE; e++) {
        pack.v[e] = at + e < end ? p[at + e] : T(0);
    }
    return pack;
}

template <typename T> __device__ __forceinline__ void storePack(T* p, int64_t at, int64_t end, bool aligned, const Pack<T>& pack) {
    constexpr int SIZE = Pack<T>::SIZE;
    if (aligned && at + SIZE <= end) {
        *reinterpret_cast<Pack<T>*>(p + at) = pack;
        return;
    }
#pragma unroll
    for (int e = 0; e < SIZE; e++) {
        if (at + e < end) {
            p[at + e] = pack.v[e];
        }
    }
}

/** Loops over the packs of a row that this lane of a warp handles. */
#define FOR_PACKS_OF_ROW(T, at, columns) for (int at = (threadIdx.x % WARP) * Pack<T>::SIZE; at < (columns); at += WARP * Pack<T>::SIZE)

/** Packs of a lane that rows of moderate length have at most. */
constexpr int PACKS_OF_ROW = 3;

/** The first element of pack i of this lane. */
template <typename T> __device__ __forceinline__ int packOfLane(int i) {
    return (i * WARP + threadIdx.x % WARP) * Pack<T>::SIZE;
}

/** Number of this thread in a grid of one dimension. */
__device__ __forceinline__ int64_t globalThread() {
    return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

/** i mod n for a non-negative i, in 32 bits where they suffice. */
__device__ __forceinline__ int remainderOf(int64_t i, int n) {
    return (i >> 32) == 0 ? static_cast<int>(static_cast<uint32_t>(i) % static_cast<uint32_t>(n)) : static_cast<int>(i % n);
}

/** i / n for a non-negative i, in 32 bits where they suffice. */
__device__ __forceinline__ int64_t quotientOf(int64_t i, int n) {
    return (i >> 32) == 0 ? static_cast<uint32_t>(i) / static_cast<uint32_t>(n) : i / n;
}

} // namespace tensor
