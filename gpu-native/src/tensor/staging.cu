/*
 * Copies inside a step. All of them move whole 32-bit words, 16 bytes at a time where source and target allow; one pass over memory, no shared memory.
 */
#include "common/device.cuh"

constexpr int COPY_THREADS = 256;
constexpr int VECTOR_BYTES = 16;
constexpr int WORD_BYTES = 4;

/** One piece of data in a staged block. */
struct StagedCopy {
    /** where it begins in the block */
    int64_t source;
    /** where it goes */
    uint64_t target;
    int64_t bytes;
};

/** Copies bytes (a multiple of 4) with all threads of gridDim.x blocks. */
__device__ __forceinline__ void copyWords(const unsigned char* source, unsigned char* target, int64_t bytes) {
    int64_t thread = static_cast<int64_t>(blockIdx.x) * COPY_THREADS + threadIdx.x;
    int64_t threads = static_cast<int64_t>(gridDim.x) * COPY_THREADS;
    int64_t vectors = 0;
    if ((reinterpret_cast<uintptr_t>(source) | reinterpret_cast<uintptr_t>(target)) % VECTOR_BYTES == 0) {
        vectors = bytes / VECTOR_BYTES;
        const uint4* from = reinterpret_cast<const uint4*>(source);
        uint4* to = reinterpret_cast<uint4*>(target);
        for (int64_t i = thread; i < vectors; i += threads) {
            to[i] = from[i];
        }
    }
    int64_t words = bytes / WORD_BYTES;
    const uint32_t* from = reinterpret_cast<const uint32_t*>(source);
    uint32_t* to = reinterpret_cast<uint32_t*>(target);
    for (int64_t i = vectors * (VECTOR_BYTES / WORD_BYTES) + thread; i < words; i += threads) {
        to[i] = from[i];
    }
}

/**
 * Distributes a staged block: row blockIdx.y of the table at tableOffset of the block says what goes where. Targets of one launch do not overlap. 32 registers.
 */
KERNEL(COPY_THREADS) tensor_scatter_copy(const unsigned char* __restrict__ block, int64_t tableOffset) {
    awaitPrevious();
    StagedCopy copy = reinterpret_cast<const StagedCopy*>(block + tableOffset)[blockIdx.y];
    copyWords(block + copy.source, reinterpret_cast<unsigned char*>(copy.target), copy.bytes);
}
EXPORT(tensor_scatter_copy)

/** Copies bytes (a multiple of 4) between blocks of memory that do not overlap. 32 registers. */
KERNEL(COPY_THREADS) tensor_copy_words(const unsigned char* __restrict__ source, unsigned char* __restrict__ target, int64_t bytes) {
    awaitPrevious();
    copyWords(source, target, bytes);
}
EXPORT(tensor_copy_words)

/** Fills bytes (a multiple of 16, target aligned to 16) with zeros. 28 registers. */
KERNEL(COPY_THREADS) tensor_clear(unsigned char* __restrict__ target, int64_t bytes) {
    awaitPrevious();
    int64_t vectors = bytes / VECTOR_BYTES;
    uint4* to = reinterpret_cast<uint4*>(target);
    int64_t threads = static_cast<int64_t>(gridDim.x) * COPY_THREADS;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * COPY_THREADS + threadIdx.x; i < vectors; i += threads) {
        to[i] = make_uint4(0, 0, 0, 0);
    }
}
EXPORT(tensor_clear)
