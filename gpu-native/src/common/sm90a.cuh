/*
 * What only sm_90a has: products of warpgroups (wgmma), bulk copies with barriers in memory (mbarrier), registers moved between warpgroups. Not emulated: only
 * files that end in _sm90a.cu include it.
 *
 * Factors in shared memory lie without swizzle in blocks of 8 rows × 16 bytes, 128 bytes each (PTX ISA 9.7.15.5).
 */
#pragma once

#include "mma.cuh"

/**
 * Describes a factor in shared memory.
 *
 * @param leading bytes between blocks that follow each other along the depth
 * @param stride bytes between blocks that follow each other along the rows, or columns
 */
__device__ __forceinline__ uint64_t matrixDescriptor(const void* shared, int leading, int stride) {
    return static_cast<uint64_t>((sharedAddress(shared) & 0x3FFFF) >> 4) | static_cast<uint64_t>(leading >> 4) << 16 | static_cast<uint64_t>(stride >> 4) << 32;
}

/** Orders what this thread did to registers and shared memory before the products that follow. */
__device__ __forceinline__ void wgmmaFence() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmmaCommit() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/** Waits until at most N of the newest groups are under way. */
template <int N> __device__ __forceinline__ void wgmmaWait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}

/** Keeps the compiler from moving the computation of these registers past this place: to where products already run that read them. */
template <int N> __device__ __forceinline__ void settle(float (&values)[N]) {
#pragma unroll
    for (int i = 0; i < N; i++) {
        asm volatile("" : "+f"(values[i])::"memory");
    }
}
template <int N> __device__ __forceinline__ void settle(uint32_t (&words)[N][4]) {
#pragma unroll
    for (int i = 0; i < 4 * N; i++) {
        asm volatile("" : "+r"(words[i / 4][i % 4])::"memory");
    }
}

/** Gives registers of this warpgroup back. */
template <int N> __device__ __forceinline__ void releaseRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
}

/** Takes registers that others gave back. */
template <int N> __device__ __forceinline__ void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
}

/** A barrier in shared memory for so many arrivals and the bytes that are announced. */
__device__ __forceinline__ void barrierInit(uint64_t* barrier, unsigned arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(arrivals) : "memory");
}

/** Makes barriers, and what this thread wrote to shared memory, known to copies and products; __syncthreads must follow. */
__device__ __forceinline__ void asyncFence() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/** By every thread that is to be waited for, not by one for its warp: compute-sanitizer does not see what __syncwarp orders before an arrival. */
__device__ __forceinline__ void barrierArrive(uint64_t* barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(barrier)) : "memory");
}

/** Arrives and announces bytes that copies will bring. */
__device__ __forceinline__ void barrierExpect(uint64_t* barrier, unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(bytes) : "memory");
}

/** Waits for the end of the phase of this parity: 0, 1, 0, … since barrierInit. */
__device__ __forceinline__ void barrierWait(uint64_t* barrier, unsigned parity) {
    asm volatile("{\n"
                 ".reg .pred done;\n"
                 "WAIT:\n"
                 "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
                 "@done bra READY;\n"
                 "bra WAIT;\n"
                 "READY:\n"
                 "}" ::"r"(sharedAddress(barrier)),
                 "r"(parity)
                 : "memory");
}

/** Begins to copy bytes (a multiple of 16, as both addresses) to shared memory; they count for the barrier. */
__device__ __forceinline__ void copyBulk(void* shared, const void* global, unsigned bytes, uint64_t* barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(sharedAddress(shared)),
                 "l"(__cvta_generic_to_global(global)), "r"(bytes), "r"(sharedAddress(barrier))
                 : "memory");
}

/*
 * Operands of warpgroup products: registers of a sum, and their places %0, %1, … in the text of an instruction. A product of 8·n columns has 4·n registers per
 * thread; the places that follow are those of its factors.
 */
#define SUM_4(d, i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SUM_16(d, i) SUM_4(d, i), SUM_4(d, i + 4), SUM_4(d, i + 8), SUM_4(d, i + 12)
#define SUM_32(d, i) SUM_16(d, i), SUM_16(d, i + 16)
#define SUM_64(d, i) SUM_32(d, i), SUM_32(d, i + 32)
#define PLACES_16 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define PLACES_32 PLACES_16 ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define PLACES_40 PLACES_32 ", %32, %33, %34, %35, %36, %37, %38, %39"
#define PLACES_64 PLACES_40 ", %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define PLACES_68 PLACES_64 ", %64, %65, %66, %67"
#define PLACES_92 PLACES_68 ", %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91"
#define PLACES_100 PLACES_92 ", %92, %93, %94, %95, %96, %97, %98, %99"
#define PLACES_116 PLACES_100 ", %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115"

/** d += a·bᵀ, 64×80×16: both factors in shared memory, depth contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x80(float (&d)[40], uint64_t a, uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16 {" PLACES_40 "}, %40, %41, 1, 1, 1, 0, 0;"
                 : SUM_32(d, 0), SUM_4(d, 32), SUM_4(d, 36)
                 : "l"(a), "l"(b));
}

/** d += a·b, 64×136×16: a in registers as for mmaF16, b in shared memory, columns contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x136(float (&d)[68], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n136k16.f32.f16.f16 {" PLACES_68 "}, {%68, %69, %70, %71}, %72, 1, 1, 1, 1;"
                 : SUM_64(d, 0), SUM_4(d, 64)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

/** d += a·b, 64×128×16: a in registers as for mmaF16, b in shared memory, columns contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x128(float (&d)[64], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {" PLACES_64 "}, {%64, %65, %66, %67}, %68, 1, 1, 1, 1;"
                 : SUM_64(d, 0)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

/** d += a·bᵀ, 64×64×16: a in registers as for mmaF16, b in shared memory, depth contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x64(float (&d)[32], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {" PLACES_32 "}, {%32, %33, %34, %35}, %36, 1, 1, 1, 0;"
                 : SUM_32(d, 0)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

/** d += a·b, 64×232×16: a in registers as for mmaF16, b in shared memory, columns contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x232(float (&d)[116], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n232k16.f32.f16.f16 {" PLACES_116 "}, {%116, %117, %118, %119}, %120, 1, 1, 1, 1;"
                 : SUM_64(d, 0), SUM_32(d, 64), SUM_16(d, 96), SUM_4(d, 112)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

/** d += a·b, 64×184×16: a in registers as for mmaF16, b in shared memory, columns contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x184(float (&d)[92], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n184k16.f32.f16.f16 {" PLACES_92 "}, {%92, %93, %94, %95}, %96, 1, 1, 1, 1;"
                 : SUM_64(d, 0), SUM_16(d, 64), SUM_4(d, 80), SUM_4(d, 84), SUM_4(d, 88)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

/** d += a·b, 64×200×16: a in registers as for mmaF16, b in shared memory, columns contiguous in a block's rows. */
__device__ __forceinline__ void wgmma64x200(float (&d)[100], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n200k16.f32.f16.f16 {" PLACES_100 "}, {%100, %101, %102, %103}, %104, 1, 1, 1, 1;"
                 : SUM_64(d, 0), SUM_32(d, 64), SUM_4(d, 96)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
