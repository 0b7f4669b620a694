/*
 * The kernels of one precision, made by GEMM_KERNELS(precision, Multiply) in a .cu file each:
 *   gemm_<rows>x<columns><transposes>_<precision>  one product, or a batch of equal ones at constant distances
 *   gemm_group<transposes>_<precision>             up to four of these at once, in tiles of 64×64
 *   gemm_sums_64x64nn_<precision>                  c = Σ a·b + beta·c, up to four such sums of equal sizes, of up to four products together
 * with transposes = nn, nt, tn, tt (which is rare, and in tiles of 64×64 only): whether a and b lie transposed in memory. Grids have one dimension: the blocks
 * of Place, one problem after another.
 *
 *             threads  warps               shared memory          registers for sm_90a, no spills (f32; tf32; bf16)
 *   64×64     128      2×2 of 32×32        4 stages, 64 KB        94–128; 104–119; 120–144   3 blocks per multiprocessor of 227 KB
 *   128×64    128      2×2 of 64×32        3 stages, 72 KB        124–168; 142–156; 150–166  3 blocks
 *   128×128   128      2×2 of 64×64        3 stages, 96 KB        tf32 223–228; bf16 214–226 2 blocks
 *             256      2×4 of 64×32 (f32)                         121–128
 * Cards with 99 KB (compute capability 8.6, 8.9, 12.0) have one block per multiprocessor; for 12.0 two kernels of tf32 spill up to 72 bytes.
 *
 * Assumptions: sizes, strides and offsets of any value; several problems of a group, and several sums, never write the same elements.
 */
#pragma once

#include "gemm.cuh"

namespace gemm {

template <template <int, int> class Multiply, bool TRANSPOSE_A, bool TRANSPOSE_B> using Small = Block<Multiply, 2, 2, 1, 2, 4, TRANSPOSE_A, TRANSPOSE_B>;
template <template <int, int> class Multiply, bool TRANSPOSE_A, bool TRANSPOSE_B> using Tall = Block<Multiply, 2, 2, 2, 2, 3, TRANSPOSE_A, TRANSPOSE_B>;
template <template <int, int> class Multiply, bool TRANSPOSE_A, bool TRANSPOSE_B> using Large = Block<Multiply, 2, Multiply<1, 2>::LARGE_WARPS, 2,
        8 / Multiply<1, 2>::LARGE_WARPS, 3, TRANSPOSE_A, TRANSPOSE_B>;

/** Block number block of a batch of products, batchA … floats apart. */
template <typename Shape>
__device__ __forceinline__ void runBlock(Problem p, int64_t batchA, int64_t batchB, int64_t batchC, int slices, float* partial, int* finished, int block,
        unsigned char* shared) {
    const Place place(block, p.m, p.n, Shape::ROWS, Shape::COLUMNS, slices);
    p.a += place.batch * batchA;
    p.b += place.batch * batchB;
    p.c += place.batch * batchC;
    const int tile = place.tile(p.m, p.n, Shape::ROWS, Shape::COLUMNS);
    Shape::run(p, onlyTerm(p), place.tileM, place.tileN, place.slice, slices,
            partial + static_cast<int64_t>(tile) * slices * Shape::ROWS * Shape::COLUMNS, finished + tile, reinterpret_cast<float*>(shared));
}

/** Products that the sums of one launch have together, and hence sums of a launch. */
constexpr int MOST_TERMS = 4;

/** Sums of products of equal sizes; each result lies where it wants to. */
struct Sums {
    Term terms[MOST_TERMS];
    float* c[MOST_TERMS];
    float beta[MOST_TERMS];
    int end[MOST_TERMS]; // terms of this sum and those before
    int m, n, strideC;
    int flags; // VECTOR_C

    /** Of sum number i, without operands. */
    __device__ __forceinline__ Problem problem(int i) const {
        return {nullptr, nullptr, choice(c, i), nullptr, nullptr, m, n, 0, 0, 0, strideC, 1, choice(beta, i), flags};
    }

    __device__ __forceinline__ Terms<MOST_TERMS> termsOf(int i) const {
        return {{terms[0], terms[1], terms[2], terms[3]}, i == 0 ? 0 : choice(end, i - 1), choice(end, i)};
    }

  private:
    /** values[i], where they are parameters of a kernel: these cannot be indexed. */
    template <typename T> static __device__ __forceinline__ T choice(const T (&values)[MOST_TERMS], int i) {
        return i == 0 ? values[0] : i == 1 ? values[1] : i == 2 ? values[2] : values[3];
    }
};

/** Block number block of sums, the batch of Place. */
template <typename Shape>
__device__ __forceinline__ void runSums(const Sums& sums, int slices, float* partial, int* finished, int block, unsigned char* shared) {
    const Place place(block, sums.m, sums.n, Shape::ROWS, Shape::COLUMNS, slices);
    const int tile = place.tile(sums.m, sums.n, Shape::ROWS, Shape::COLUMNS);
    Shape::run(sums.problem(place.batch), sums.termsOf(place.batch), place.tileM, place.tileN, place.slice, slices,
            partial + static_cast<int64_t>(tile) * slices * Shape::ROWS * Shape::COLUMNS, finished + tile, reinterpret_cast<float*>(shared));
}

} // namespace gemm

/** Parameters of problem i, of which finished##i and partial##i are used with more than one slice only. */
#define GEMM_PARAMETERS(i) \
    const float *a##i, const float *b##i, float *c##i, const float *bias##i, float *pre##i, int m##i, int n##i, int k##i, int strideA##i, int strideB##i, \
            int strideC##i, float alpha##i, float beta##i, int flags##i, int threshold##i, float scale##i, int64_t seed##i, int64_t stream##i, int64_t batchA##i, int64_t batchB##i, int64_t batchC##i, int slices##i, \
            float *partial##i, int *finished##i

#define GEMM_ARGUMENTS(i) \
    gemm::Problem{a##i, b##i, c##i, bias##i, pre##i, m##i, n##i, k##i, strideA##i, strideB##i, strideC##i, alpha##i, beta##i, flags##i, threshold##i, scale##i, \
            seed##i, stream##i}, batchA##i, batchB##i, \
            batchC##i, slices##i, partial##i, finished##i

#define GEMM_SINGLE(precision, size, transposes, Shape, minimumBlocks) \
    KERNEL(Shape::THREADS, minimumBlocks) gemm_##size##transposes##_##precision(GEMM_PARAMETERS(0)) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        gemm::runBlock<Shape>(GEMM_ARGUMENTS(0), blockIdx.x, shared); \
    } \
    EXPORT(gemm_##size##transposes##_##precision)

/** last##i is the number of blocks of the problems up to i; a problem without blocks is never looked at. */
#define GEMM_GROUP(precision, transposes, Shape) \
    KERNEL(Shape::THREADS, 3) \
    gemm_group##transposes##_##precision(GEMM_PARAMETERS(0), int last0, GEMM_PARAMETERS(1), int last1, GEMM_PARAMETERS(2), int last2, GEMM_PARAMETERS(3)) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        const int block = blockIdx.x; \
        const int which = (block >= last0) + (block >= last1) + (block >= last2); \
        gemm::Problem p{GEMM_CHOICE(a), GEMM_CHOICE(b), GEMM_CHOICE(c), GEMM_CHOICE(bias), GEMM_CHOICE(pre), GEMM_CHOICE(m), GEMM_CHOICE(n), GEMM_CHOICE(k), \
                GEMM_CHOICE(strideA), GEMM_CHOICE(strideB), GEMM_CHOICE(strideC), GEMM_CHOICE(alpha), GEMM_CHOICE(beta), GEMM_CHOICE(flags), \
                GEMM_CHOICE(threshold), GEMM_CHOICE(scale), GEMM_CHOICE(seed), GEMM_CHOICE(stream)}; \
        gemm::runBlock<Shape>(p, GEMM_CHOICE(batchA), GEMM_CHOICE(batchB), GEMM_CHOICE(batchC), GEMM_CHOICE(slices), GEMM_CHOICE(partial), \
                GEMM_CHOICE(finished), block - (which == 0 ? 0 : which == 1 ? last0 : which == 2 ? last1 : last2), shared); \
    } \
    EXPORT(gemm_group##transposes##_##precision)

/** Of product i and sum i of a launch of sums. */
#define GEMM_SUM_PARAMETERS(i) \
    const float *a##i, const float *b##i, int strideA##i, int strideB##i, int k##i, int flags##i, float *c##i, float beta##i, int end##i

#define GEMM_TERM(i) {a##i, b##i, strideA##i, strideB##i, k##i, flags##i}

#define GEMM_SUMS_PARAMETERS \
    GEMM_SUM_PARAMETERS(0), GEMM_SUM_PARAMETERS(1), GEMM_SUM_PARAMETERS(2), GEMM_SUM_PARAMETERS(3), int m, int n, int strideC, int flags

#define GEMM_SUMS_ARGUMENTS \
    gemm::Sums{{GEMM_TERM(0), GEMM_TERM(1), GEMM_TERM(2), GEMM_TERM(3)}, {c0, c1, c2, c3}, {beta0, beta1, beta2, beta3}, {end0, end1, end2, end3}, m, n, \
            strideC, flags}

#define GEMM_SUMS(precision, Shape) \
    KERNEL(Shape::THREADS, 3) gemm_sums_64x64nn_##precision(GEMM_SUMS_PARAMETERS, int slices, float* partial, int* finished) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        const gemm::Sums sums = GEMM_SUMS_ARGUMENTS; \
        gemm::runSums<Shape>(sums, slices, partial, finished, blockIdx.x, shared); \
    } \
    EXPORT(gemm_sums_64x64nn_##precision)

#define GEMM_CHOICE(name) (which == 0 ? name##0 : which == 1 ? name##1 : which == 2 ? name##2 : name##3)

#define GEMM_TRANSPOSES(precision, Multiply, transposes, transposeA, transposeB) \
    namespace gemm { \
    using Small_##precision##_##transposes = Small<Multiply, transposeA, transposeB>; \
    using Tall_##precision##_##transposes = Tall<Multiply, transposeA, transposeB>; \
    using Large_##precision##_##transposes = Large<Multiply, transposeA, transposeB>; \
    } \
    GEMM_SINGLE(precision, 64x64, transposes, gemm::Small_##precision##_##transposes, 3) \
    GEMM_SINGLE(precision, 128x64, transposes, gemm::Tall_##precision##_##transposes, 3) \
    GEMM_SINGLE(precision, 128x128, transposes, gemm::Large_##precision##_##transposes, 2) \
    GEMM_GROUP(precision, transposes, gemm::Small_##precision##_##transposes)

#define GEMM_KERNELS(precision, Multiply) \
    GEMM_TRANSPOSES(precision, Multiply, nn, false, false) \
    GEMM_SUMS(precision, gemm::Small_##precision##_nn) \
    GEMM_TRANSPOSES(precision, Multiply, nt, false, true) \
    GEMM_TRANSPOSES(precision, Multiply, tn, true, false) \
    namespace gemm { \
    using Small_##precision##_tt = Small<Multiply, true, true>; \
    } \
    GEMM_SINGLE(precision, 64x64, tt, gemm::Small_##precision##_tt, 3) \
    GEMM_GROUP(precision, tt, gemm::Small_##precision##_tt)
