/* Kernels of the emulator's test: they write what the test compares with plain loops, or do what is forbidden. */
#include "common/mma.cuh"

namespace {

/** One product of row-major a[16][k] and b[k][8], loaded from global memory as common/mma.cuh describes the fragments. */
template <typename PACK, typename MMA> __device__ __forceinline__ void multiply16(const float* a, const float* b, float* d, PACK pack, MMA mma) {
    int group = static_cast<int>(threadIdx.x) / 4;
    int pair = static_cast<int>(threadIdx.x) % 4 * 2;
    uint32_t fa[4];
    uint32_t fb[2];
    for (int word = 0; word < 4; word++) {
        const float* element = a + (group + word % 2 * 8) * 16 + pair + word / 2 * 8;
        fa[word] = pack(element[0], element[1]);
    }
    for (int word = 0; word < 2; word++) {
        const float* element = b + (pair + word * 8) * 8 + group;
        fb[word] = pack(element[0], element[8]);
    }
    float fd[4];
    for (int i = 0; i < 4; i++) {
        fd[i] = d[(group + i / 2 * 8) * 8 + pair + i % 2];
    }
    mma(fd, fa, fb);
    for (int i = 0; i < 4; i++) {
        d[(group + i / 2 * 8) * 8 + pair + i % 2] = fd[i];
    }
}

} // namespace

KERNEL(32) test_multiply_f16(const float* a, const float* b, float* d) {
    awaitPrevious();
    multiply16(a, b, d, packHalf2, mmaF16);
}
EXPORT(test_multiply_f16)

KERNEL(32) test_multiply_bf16(const float* a, const float* b, float* d) {
    awaitPrevious();
    multiply16(a, b, d, packBf16x2, mmaBf16);
}
EXPORT(test_multiply_bf16)

KERNEL(32) test_multiply_tf32(const float* a, const float* b, float* d) {
    awaitPrevious();
    int group = static_cast<int>(threadIdx.x) / 4;
    int t = static_cast<int>(threadIdx.x) % 4;
    uint32_t fa[4];
    uint32_t fb[2];
    for (int word = 0; word < 4; word++) {
        fa[word] = roundTf32(a[(group + word % 2 * 8) * 8 + t + word / 2 * 4]);
    }
    for (int word = 0; word < 2; word++) {
        fb[word] = roundTf32(b[(t + word * 4) * 8 + group]);
    }
    float fd[4];
    for (int i = 0; i < 4; i++) {
        fd[i] = d[(group + i / 2 * 8) * 8 + t * 2 + i % 2];
    }
    mmaTf32(fd, fa, fb);
    for (int i = 0; i < 4; i++) {
        d[(group + i / 2 * 8) * 8 + t * 2 + i % 2] = fd[i];
    }
}
EXPORT(test_multiply_tf32)

/** The product of fp16 row-major a[16][16] and b[16][8] brought in by asynchronous copies and ldmatrix. */
KERNEL(32) test_ldmatrix_f16(const uint32_t* a, const uint32_t* b, float* d) {
    awaitPrevious();
    SHARED_MEMORY(shared);
    int lane = static_cast<int>(threadIdx.x);
    copyAsync16(shared + lane * 16, a + lane * 4, true);
    copyAsyncCommit();
    copyAsync16(shared + 512 + lane % 16 * 16, b + lane % 16 * 4, true);
    copyAsyncCommit();
    copyAsyncWait<0>();
    __syncthreads();
    uint32_t fa[4];
    uint32_t fb[2];
    ldmatrix4(fa, shared + lane % 16 * 32 + lane / 16 * 16);
    ldmatrix2Trans(fb, shared + 512 + lane % 16 * 16);
    float fd[4] = {0, 0, 0, 0};
    mmaF16(fd, fa, fb);
    for (int i = 0; i < 4; i++) {
        d[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = fd[i];
    }
}
EXPORT(test_ldmatrix_f16)

/** out[0..7]: what each lane gets of the shuffles and votes. */
KERNEL(64) test_shuffle_f32(int* out) {
    awaitPrevious();
    int lane = static_cast<int>(threadIdx.x) % 32;
    int* own = out + threadIdx.x * 8;
    own[0] = __shfl_sync(ALL_LANES, lane, 5);
    own[1] = __shfl_xor_sync(ALL_LANES, lane, 3);
    own[2] = __shfl_down_sync(ALL_LANES, lane, 4);
    own[3] = __shfl_up_sync(ALL_LANES, lane, 4u);
    own[4] = __shfl_sync(ALL_LANES, lane, 2, 8);
    own[5] = static_cast<int>(__ballot_sync(ALL_LANES, lane % 3 == 0));
    own[6] = __any_sync(ALL_LANES, lane == 7) * 2 + __all_sync(ALL_LANES, lane < 31);
    own[7] = static_cast<int>(__shfl_down_sync(ALL_LANES, static_cast<double>(lane) * 0.5, 2) * 2);
}
EXPORT(test_shuffle_f32)

KERNEL(256) test_sum_f64(const float* values, double* sums) {
    awaitPrevious();
    double sum = blockSum<256>(static_cast<double>(values[blockIdx.x * blockDim.x + threadIdx.x]));
    sum += blockSum<256>(1.0);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = sum;
    }
}
EXPORT(test_sum_f64)

KERNEL(128) test_philox_i32(uint64_t seed, uint64_t stream, uint64_t counter, uint4* words, int limit, unsigned* atLeast) {
    awaitPrevious();
    *words = philox4x32(seed, stream, counter);
    *atLeast = philoxAtLeast(seed, stream, static_cast<int64_t>(counter), limit);
}
EXPORT(test_philox_i32)

KERNEL(1024) test_index_i32(int* out) {
    awaitPrevious();
    int thread = static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
    int block = static_cast<int>(blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z));
    atomicAdd(&out[block * static_cast<int>(blockDim.x * blockDim.y * blockDim.z) + thread], 1 + thread);
}
EXPORT(test_index_i32)

/** Shared memory that nobody has written: in static arrays, then in dynamic ones, of a block in which the block before wrote. */
KERNEL(32) test_unset_f32(float* out) {
    awaitPrevious();
    SHARED_MEMORY(dynamic);
    __shared__ float array[32];
    float* other = reinterpret_cast<float*>(dynamic);
    out[blockIdx.x * 64 + threadIdx.x] = array[threadIdx.x];
    out[blockIdx.x * 64 + 32 + threadIdx.x] = other[threadIdx.x];
    array[threadIdx.x] = 1;
    other[threadIdx.x] = 1;
}
EXPORT(test_unset_f32)

KERNEL(64) test_divergent_i32(int from) {
    awaitPrevious();
    if (static_cast<int>(threadIdx.x) < from) {
        __syncthreads();
    }
}
EXPORT(test_divergent_i32)

KERNEL(64) test_divergent_shuffle_i32(int from, int* out) {
    awaitPrevious();
    if (static_cast<int>(threadIdx.x) < from) {
        *out = __shfl_sync(ALL_LANES, 1, 0);
    }
}
EXPORT(test_divergent_shuffle_i32)

/** With wait = 0 the copy is read before it is there. */
KERNEL(32) test_late_copy_f32(const float* in, float* out, int wait) {
    awaitPrevious();
    __shared__ __align__(16) float values[128];
    copyAsync16(values + threadIdx.x * 4, in + threadIdx.x * 4, threadIdx.x % 2 == 0);
    copyAsyncCommit();
    if (wait != 0) {
        copyAsyncWait<0>();
    } else {
        copyAsyncWait<1>();
    }
    for (int i = 0; i < 4; i++) {
        out[threadIdx.x * 4 + i] = values[threadIdx.x * 4 + i];
    }
}
EXPORT(test_late_copy_f32)

KERNEL(32) test_misaligned_i32(const float* in, int offset, int shift) {
    awaitPrevious();
    SHARED_MEMORY(shared);
    copyAsync16(shared + offset, in + shift, true);
}
EXPORT(test_misaligned_i32)

/** Reads an element of a static array, then four floats of global memory at once. */
KERNEL(32) test_access_f32(const float* in, int index, float* out) {
    awaitPrevious();
    __shared__ float array[32];
    array[threadIdx.x] = 0;
    float4 four = *reinterpret_cast<const float4*>(in);
    out[threadIdx.x] = array[index] + four.x;
}
EXPORT(test_access_f32)

/** Half of its threads do not begin as they should. */
KERNEL(64) test_hasty_i32(int* out) {
    if (threadIdx.x < 32) {
        awaitPrevious();
    }
    *out = 1;
}
EXPORT(test_hasty_i32)

KERNEL(32) test_overflow_i32(int bytes) {
    awaitPrevious();
    SHARED_MEMORY(shared);
    shared[bytes] = 1;
}
EXPORT(test_overflow_i32)

/** Each thread reads its neighbour's number; without barrier only in some orders the one of this round. */
KERNEL(256) test_race_i32(int* out, int barrier) {
    awaitPrevious();
    __shared__ int numbers[256];
    numbers[threadIdx.x] = 0;
    __syncthreads();
    numbers[threadIdx.x] = static_cast<int>(threadIdx.x) + 1;
    if (barrier != 0) {
        __syncthreads();
    }
    out[threadIdx.x] = numbers[threadIdx.x > 0 ? threadIdx.x - 1 : 0];
}
EXPORT(test_race_i32)

KERNEL(256) test_barriers_i32(int* out, int rounds) {
    awaitPrevious();
    __shared__ int numbers[256];
    int sum = 0;
    for (int round = 0; round < rounds; round++) {
        numbers[threadIdx.x] = round + static_cast<int>(threadIdx.x);
        __syncthreads();
        sum += numbers[(threadIdx.x + 1) % 256];
        __syncthreads();
    }
    out[threadIdx.x] = sum;
}
EXPORT(test_barriers_i32)
