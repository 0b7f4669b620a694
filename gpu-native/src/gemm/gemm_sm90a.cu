/*
 * The kernels of wide.cuh, for compute capability 9.0:
 *   gemm_wide<slices>_<rows>x<columns><transposes>_<precision>   one product, or a batch of equal ones, aligned; slices of k are a cluster
 *   gemm_wide_group_<rows>x<columns><transposes>_<precision>     up to four of these at once; of the parameters, slices and what belongs to them are not used
 *   gemm_wide<slices>_sums_<rows>x<columns>nn_<precision>        sums of products as gemm_sums of kernels.cuh
 * with transposes as in kernels.cuh, but not tt. The grid has one dimension: slices fastest, then tiles of columns, rows, batch; one problem after another.
 *
 * 256 threads; no spills. bf16: 112, 108, 112 KB of shared memory for 64×64, 128×64, 128×128, and two blocks per multiprocessor; tf32: 96, 192, 192 KB, of
 * which the smallest has two.
 */
#include "kernels.cuh"
#include "wide.cuh"

#define GEMM_WIDE(precision, size, transposes, slices, ...) \
    namespace gemm { \
    using Wide##slices##_##size##transposes##_##precision = Wide<__VA_ARGS__>; \
    } \
    KERNEL(gemm::WIDE_THREADS, gemm::Wide##slices##_##size##transposes##_##precision::RESIDENT) \
    __cluster_dims__(slices, 1, 1) \
            gemm_wide##slices##_##size##transposes##_##precision(const float* a, const float* b, float* c, const float* bias, float* pre, int m, int n, int k, \
                    int strideA, int strideB, int strideC, float alpha, float beta, int flags, int threshold, float scale, int64_t seed, \
                    int64_t stream, int64_t batchA, int64_t batchB, int64_t batchC) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        gemm::Wide##slices##_##size##transposes##_##precision::run({a, b, c, bias, pre, m, n, k, strideA, strideB, strideC, alpha, beta, flags, threshold, \
                scale, seed, stream}, batchA, \
                batchB, batchC, blockIdx.x, shared); \
    } \
    EXPORT(gemm_wide##slices##_##size##transposes##_##precision)

/** last##i as for GEMM_GROUP. */
#define GEMM_WIDE_GROUP(precision, size, transposes) \
    KERNEL(gemm::WIDE_THREADS, gemm::Wide1_##size##transposes##_##precision::RESIDENT) \
    gemm_wide_group_##size##transposes##_##precision(GEMM_PARAMETERS(0), int last0, GEMM_PARAMETERS(1), int last1, GEMM_PARAMETERS(2), int last2, \
            GEMM_PARAMETERS(3)) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        const int block = blockIdx.x; \
        const int which = (block >= last0) + (block >= last1) + (block >= last2); \
        gemm::Problem p{GEMM_CHOICE(a), GEMM_CHOICE(b), GEMM_CHOICE(c), GEMM_CHOICE(bias), GEMM_CHOICE(pre), GEMM_CHOICE(m), GEMM_CHOICE(n), GEMM_CHOICE(k), \
                GEMM_CHOICE(strideA), GEMM_CHOICE(strideB), GEMM_CHOICE(strideC), GEMM_CHOICE(alpha), GEMM_CHOICE(beta), GEMM_CHOICE(flags), \
                GEMM_CHOICE(threshold), GEMM_CHOICE(scale), GEMM_CHOICE(seed), GEMM_CHOICE(stream)}; \
        gemm::Wide1_##size##transposes##_##precision::run(p, GEMM_CHOICE(batchA), GEMM_CHOICE(batchB), GEMM_CHOICE(batchC), \
                block - (which == 0 ? 0 : which == 1 ? last0 : which == 2 ? last1 : last2), shared); \
    } \
    EXPORT(gemm_wide_group_##size##transposes##_##precision)

#define GEMM_WIDE_SUMS(precision, size, slices) \
    KERNEL(gemm::WIDE_THREADS, gemm::Wide##slices##_##size##nn_##precision::RESIDENT) \
    __cluster_dims__(slices, 1, 1) gemm_wide##slices##_sums_##size##nn_##precision(GEMM_SUMS_PARAMETERS) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        using Shape = gemm::Wide##slices##_##size##nn_##precision; \
        const gemm::Sums sums = GEMM_SUMS_ARGUMENTS; \
        const gemm::Place place(blockIdx.x / slices, m, n, Shape::ROWS, Shape::COLUMNS, 1); \
        Shape::run(sums.problem(place.batch), sums.termsOf(place.batch), place, blockIdx.x % slices, shared); \
    } \
    EXPORT(gemm_wide##slices##_sums_##size##nn_##precision)

#define GEMM_WIDES(transposes, transposeA, transposeB) \
    GEMM_WIDE(bf16, 64x64, transposes, 1, WideBf16, 1, 32, 64, 2, 1, transposeA, transposeB) \
    GEMM_WIDE(bf16, 64x64, transposes, 2, WideBf16, 1, 32, 64, 2, 2, transposeA, transposeB) \
    GEMM_WIDE(bf16, 64x64, transposes, 4, WideBf16, 1, 32, 64, 2, 4, transposeA, transposeB) \
    GEMM_WIDE(bf16, 128x64, transposes, 1, WideBf16, 2, 64, 32, 3, 1, transposeA, transposeB) \
    GEMM_WIDE(bf16, 128x64, transposes, 2, WideBf16, 2, 64, 32, 3, 2, transposeA, transposeB) \
    GEMM_WIDE(bf16, 128x128, transposes, 1, WideBf16, 2, 128, 32, 2, 1, transposeA, transposeB) \
    GEMM_WIDE(bf16, 128x128, transposes, 2, WideBf16, 2, 128, 32, 2, 2, transposeA, transposeB) \
    GEMM_WIDE(bf16, 128x128, transposes, 4, WideBf16, 2, 128, 32, 2, 4, transposeA, transposeB) \
    GEMM_WIDE_GROUP(bf16, 64x64, transposes) \
    GEMM_WIDE_GROUP(bf16, 128x64, transposes) \
    GEMM_WIDE_GROUP(bf16, 128x128, transposes) \
    GEMM_WIDE(tf32, 64x64, transposes, 1, WideTf32, 1, 32, 32, 3, 1, transposeA, transposeB) \
    GEMM_WIDE(tf32, 64x64, transposes, 2, WideTf32, 1, 32, 32, 3, 2, transposeA, transposeB) \
    GEMM_WIDE(tf32, 64x64, transposes, 4, WideTf32, 1, 32, 32, 3, 4, transposeA, transposeB) \
    GEMM_WIDE(tf32, 128x64, transposes, 1, WideTf32, 2, 64, 32, 5, 1, transposeA, transposeB) \
    GEMM_WIDE(tf32, 128x64, transposes, 2, WideTf32, 2, 64, 32, 5, 2, transposeA, transposeB) \
    GEMM_WIDE(tf32, 128x128, transposes, 1, WideTf32, 2, 128, 32, 3, 1, transposeA, transposeB) \
    GEMM_WIDE(tf32, 128x128, transposes, 2, WideTf32, 2, 128, 32, 3, 2, transposeA, transposeB) \
    GEMM_WIDE(tf32, 128x128, transposes, 4, WideTf32, 2, 128, 32, 3, 4, transposeA, transposeB) \
    GEMM_WIDE_GROUP(tf32, 64x64, transposes) \
    GEMM_WIDE_GROUP(tf32, 128x64, transposes) \
    GEMM_WIDE_GROUP(tf32, 128x128, transposes)

GEMM_WIDES(nn, false, false)
GEMM_WIDES(nt, false, true)
GEMM_WIDES(tn, true, false)

#define GEMM_WIDE_SUMS_OF(precision) \
    GEMM_WIDE_SUMS(precision, 64x64, 1) \
    GEMM_WIDE_SUMS(precision, 64x64, 2) \
    GEMM_WIDE_SUMS(precision, 64x64, 4) \
    GEMM_WIDE_SUMS(precision, 128x128, 1) \
    GEMM_WIDE_SUMS(precision, 128x128, 2) \
    GEMM_WIDE_SUMS(precision, 128x128, 4)

GEMM_WIDE_SUMS_OF(bf16)
GEMM_WIDE_SUMS_OF(tf32)
