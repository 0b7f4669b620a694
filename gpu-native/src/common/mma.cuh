/*
 * Tensor cores (mma.sync), ldmatrix, asynchronous copies into shared memory, barriers for some warps, 2^x, 1/x.
 *
 * Fragments of one warp, PTX ISA 9.7.14, with group = lane / 4 and t = lane % 4:
 *   m16n8k16 (fp16, bf16): a[0] = A[group][2t, 2t+1], a[1] = A[group+8][2t, 2t+1], a[2] = A[group][2t+8, 2t+9], a[3] = A[group+8][2t+8, 2t+9];
 *                          b[0] = B[2t, 2t+1][group], b[1] = B[2t+8, 2t+9][group]; the element with the lower index in the lower half of the word
 *   m16n8k8 (tf32):        a[0] = A[group][t], a[1] = A[group+8][t], a[2] = A[group][t+4], a[3] = A[group+8][t+4]; b[0] = B[t][group], b[1] = B[t+4][group]
 *   accumulator (all):     d[0], d[1] = D[group][2t, 2t+1]; d[2], d[3] = D[group+8][2t, 2t+1]
 */
#pragma once

#include "device.cuh"

#ifdef BINDRAE_EMULATOR

#include "../../emulator/mma.h"

#else

/** Two floats rounded to fp16 (nearest even), low in the lower half. */
__device__ __forceinline__ uint32_t packHalf2(float low, float high) {
    uint32_t packed;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

/** x = the lower half, y = the upper. */
__device__ __forceinline__ float2 unpackHalf2(uint32_t packed) {
    float2 values;
    asm("{ .reg .f16 low, high; mov.b32 {low, high}, %2; cvt.f32.f16 %0, low; cvt.f32.f16 %1, high; }" : "=f"(values.x), "=f"(values.y) : "r"(packed));
    return values;
}

/** Two floats rounded to bf16 (nearest even), low in the lower half. */
__device__ __forceinline__ uint32_t packBf16x2(float low, float high) {
    uint32_t packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

/** x = the lower half, y = the upper. */
__device__ __forceinline__ float2 unpackBf16x2(uint32_t packed) {
    return make_float2(__uint_as_float(packed << 16), __uint_as_float(packed & 0xFFFF0000u));
}

/** The value rounded to tf32 (10 bits of mantissa, nearest, ties away from zero) in the form of a float. mmaTf32 cuts off what is not rounded. */
__device__ __forceinline__ uint32_t roundTf32(float value) {
    uint32_t rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(value));
    return rounded;
}

/** d += a·b, 16×8×16, fp16 products, fp32 sums. */
__device__ __forceinline__ void mmaF16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/** d += a·b, 16×8×16, bf16 products, fp32 sums. */
__device__ __forceinline__ void mmaBf16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/** d += a·b, 16×8×8, tf32 products, fp32 sums. */
__device__ __forceinline__ void mmaTf32(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/** An address in shared memory as PTX wants it. */
__device__ __forceinline__ uint32_t sharedAddress(const void* shared) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(shared));
}

/**
 * Four 8×8 matrices of 16-bit elements from shared memory: lane l gives the 16-byte aligned address of row l % 8 of matrix l / 8; it gets the elements
 * [l / 4][2(l % 4), 2(l % 4) + 1] of matrix i in r[i].
 */
__device__ __forceinline__ void ldmatrix4(uint32_t r[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

/** As ldmatrix4, each matrix transposed. */
__device__ __forceinline__ void ldmatrix4Trans(uint32_t r[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

/** As ldmatrix4 with two matrices: lanes 0 to 15 give the addresses. */
__device__ __forceinline__ void ldmatrix2(uint32_t r[2], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(sharedAddress(shared)) : "memory");
}

/** As ldmatrix2, each matrix transposed. */
__device__ __forceinline__ void ldmatrix2Trans(uint32_t r[2], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(sharedAddress(shared)) : "memory");
}

/** Begins to copy 16 bytes to shared memory, both addresses aligned to 16; zeros, without reading, when not valid. */
__device__ __forceinline__ void copyAsync16(void* shared, const void* global, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(__cvta_generic_to_global(global)), "r"(valid ? 16 : 0) : "memory");
}

/** As copyAsync16 with 8 bytes, aligned to 8. */
__device__ __forceinline__ void copyAsync8(void* shared, const void* global, bool valid) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(sharedAddress(shared)), "l"(__cvta_generic_to_global(global)), "r"(valid ? 8 : 0) : "memory");
}

/** As copyAsync16 with 4 bytes, aligned to 4. */
__device__ __forceinline__ void copyAsync4(void* shared, const void* global, bool valid) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(sharedAddress(shared)), "l"(__cvta_generic_to_global(global)), "r"(valid ? 4 : 0) : "memory");
}

/** Ends a group: the copies that this thread began since the last group. */
__device__ __forceinline__ void copyAsyncCommit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/** Waits until at most N of this thread's newest groups are under way. Other threads see what was copied after __syncthreads. */
template <int N> __device__ __forceinline__ void copyAsyncWait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

/** __syncthreads for so many threads, whole warps, that name the same barrier: 1 to 15. Not bar.sync, which compute-sanitizer expects of all threads of a block. */
__device__ __forceinline__ void syncWarps(int id, int threads) {
    asm volatile("barrier.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/** 2^x as the hardware has it: 2 ulp, 0 for results below the normal numbers. */
__device__ __forceinline__ float exp2Fast(float x) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}

/** 1/x as the hardware has it: 1 ulp, for x and results in the range of normal numbers. */
__device__ __forceinline__ float reciprocalFast(float x) {
    float result;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}

#endif
