/*
 * What the products of gemm_sm90a.cu and weights_sm90a.cu need of sm_90a besides common/sm90a.cuh: warpgroup products of bf16 and tf32, and shared memory of
 * the other blocks of a cluster.
 */
#pragma once

#include "common/sm90a.cuh"

/** The address, for readShared, of what lies at a shared address in block rank of the cluster. */
__device__ __forceinline__ uint32_t clusterAddress(uint32_t shared, unsigned rank) {
    uint32_t address;
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(address) : "r"(shared), "r"(rank));
    return address;
}

/** Makes what this thread wrote to shared memory of its block known to warpgroup products that begin after the next barrier. */
__device__ __forceinline__ void productFence() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/** The first half of a barrier of all threads of a cluster. */
__device__ __forceinline__ void clusterArrive() {
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
}

__device__ __forceinline__ void clusterWait() {
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

/** d += a·bᵀ, 64×32×16 in bf16, both factors in shared memory; LINES_A, LINES_B: 1 where not depth but rows (columns) are contiguous in a block's rows. */
template <int LINES_A, int LINES_B> __device__ __forceinline__ void wgmmaBf16(float (&d)[16], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n32k16.f32.bf16.bf16 {" PLACES_16 "}, %16, %17, 1, 1, 1, %18, %19;"
                 : SUM_16(d, 0)
                 : "l"(a), "l"(b), "n"(LINES_A), "n"(LINES_B));
}

/** d += a·bᵀ, 64×64×16 in bf16, both factors in shared memory; LINES_A, LINES_B: 1 where not depth but rows (columns) are contiguous in a block's rows. */
template <int LINES_A, int LINES_B> __device__ __forceinline__ void wgmmaBf16(float (&d)[32], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {" PLACES_32 "}, %32, %33, 1, 1, 1, %34, %35;"
                 : SUM_32(d, 0)
                 : "l"(a), "l"(b), "n"(LINES_A), "n"(LINES_B));
}

/** d += a·bᵀ, 64×128×16 in bf16, both factors in shared memory; LINES_A, LINES_B: 1 where not depth but rows (columns) are contiguous in a block's rows. */
template <int LINES_A, int LINES_B> __device__ __forceinline__ void wgmmaBf16(float (&d)[64], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" PLACES_64 "}, %64, %65, 1, 1, 1, %66, %67;"
                 : SUM_64(d, 0)
                 : "l"(a), "l"(b), "n"(LINES_A), "n"(LINES_B));
}

/** d += a·bᵀ, 64×192×16 in bf16, both factors in shared memory; LINES_A, LINES_B: 1 where not depth but rows (columns) are contiguous in a block's rows. */
template <int LINES_A, int LINES_B> __device__ __forceinline__ void wgmmaBf16(float (&d)[96], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n192k16.f32.bf16.bf16 {" PLACES_92 ", %92, %93, %94, %95}, %96, %97, 1, 1, 1, %98, %99;"
                 : SUM_64(d, 0), SUM_32(d, 64)
                 : "l"(a), "l"(b), "n"(LINES_A), "n"(LINES_B));
}

/** d += a·bᵀ, 64×32×8 in tf32, both factors in shared memory, depth contiguous in a block's rows. */
__device__ __forceinline__ void wgmmaTf32(float (&d)[16], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n32k8.f32.tf32.tf32 {" PLACES_16 "}, %16, %17, 1, 1, 1;"
                 : SUM_16(d, 0)
                 : "l"(a), "l"(b));
}

/** d += a·bᵀ, 64×64×8 in tf32, both factors in shared memory, depth contiguous in a block's rows. */
__device__ __forceinline__ void wgmmaTf32(float (&d)[32], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32 {" PLACES_32 "}, %32, %33, 1, 1, 1;"
                 : SUM_32(d, 0)
                 : "l"(a), "l"(b));
}

/** d += a·bᵀ, 64×128×8 in tf32, both factors in shared memory, depth contiguous in a block's rows. */
__device__ __forceinline__ void wgmmaTf32(float (&d)[64], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 {" PLACES_64 "}, %64, %65, 1, 1, 1;"
                 : SUM_64(d, 0)
                 : "l"(a), "l"(b));
}

/** Begins to bring 128 bytes of global memory to the second-level cache. */
__device__ __forceinline__ void prefetch(const void* global) {
    asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(global)));
}

/** Four floats from shared memory of the cluster. */
__device__ __forceinline__ float4 readShared(uint32_t clusterAddress) {
    float4 value;
    asm volatile("ld.shared::cluster.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(value.x), "=f"(value.y), "=f"(value.z), "=f"(value.w)
                 : "r"(clusterAddress)
                 : "memory");
    return value;
}
