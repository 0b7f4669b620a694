/* Products in double precision, for tests and the reference: tiles of 64×64, all orders of the operands, one slice. */
#include "gemm.cuh"

namespace gemm {

constexpr int F64_TILE = 64;
constexpr int F64_DEPTH = 16;
constexpr int F64_THREADS = 256;
constexpr int F64_PER_THREAD = 4; // rows and columns, 16 apart
constexpr int TRANSPOSED_A = 32; // bits of flags beside those of gemm.cuh
constexpr int TRANSPOSED_B = 64;

struct ProblemF64 {
    const double* a;
    const double* b;
    double* c;
    const double* bias;
    double* pre;
    int m, n, k;
    int strideA, strideB, strideC;
    double alpha, beta;
    int flags;
    int threshold;
    double scale;
    int64_t seed, stream;
};

/** Copies F64_TILE lines × F64_DEPTH steps to tile[step][line], zeros beyond the ends. */
__device__ __forceinline__ void loadF64(double (*tile)[F64_TILE + 1], const double* source, int stride, int lines, int depth, bool alongK) {
    for (int i = threadIdx.x; i < F64_TILE * F64_DEPTH; i += F64_THREADS) {
        int line = alongK ? i / F64_DEPTH : i % F64_TILE;
        int k = alongK ? i % F64_DEPTH : i / F64_TILE;
        int64_t at = alongK ? static_cast<int64_t>(line) * stride + k : static_cast<int64_t>(k) * stride + line;
        tile[k][line] = line < lines && k < depth ? source[at] : 0;
    }
}

__device__ __forceinline__ void runF64(const ProblemF64& p, int tileM, int tileN) {
    __shared__ double tileA[F64_DEPTH][F64_TILE + 1];
    __shared__ double tileB[F64_DEPTH][F64_TILE + 1];
    const bool transposeA = p.flags & TRANSPOSED_A;
    const bool transposeB = p.flags & TRANSPOSED_B;
    const int row = tileM * F64_TILE;
    const int column = tileN * F64_TILE;
    const int y = threadIdx.x / 16;
    const int x = threadIdx.x % 16;
    double sums[F64_PER_THREAD][F64_PER_THREAD] = {};
    for (int k0 = 0; k0 < p.k; k0 += F64_DEPTH) {
        const double* a = p.a + (transposeA ? static_cast<int64_t>(k0) * p.strideA + row : static_cast<int64_t>(row) * p.strideA + k0);
        const double* b = p.b + (transposeB ? static_cast<int64_t>(column) * p.strideB + k0 : static_cast<int64_t>(k0) * p.strideB + column);
        loadF64(tileA, a, p.strideA, p.m - row, p.k - k0, !transposeA);
        loadF64(tileB, b, p.strideB, p.n - column, p.k - k0, transposeB);
        __syncthreads();
        for (int k = 0; k < F64_DEPTH; k++) {
#pragma unroll
            for (int i = 0; i < F64_PER_THREAD; i++) {
#pragma unroll
                for (int j = 0; j < F64_PER_THREAD; j++) {
                    sums[i][j] = fma(tileA[k][y + 16 * i], tileB[k][x + 16 * j], sums[i][j]);
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < F64_PER_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < F64_PER_THREAD; j++) {
            int r = row + y + 16 * i;
            int s = column + x + 16 * j;
            if (r < p.m && s < p.n) {
                int64_t at = static_cast<int64_t>(r) * p.strideC + s;
                double value = p.alpha * sums[i][j] + (p.bias == nullptr ? 0 : p.bias[s]);
                if (p.flags & GELU) {
                    p.pre[at] = value;
                    value = dropoutFactor(p, at) * gelu(value);
                } else if (p.flags & GELU_GRADIENT) {
                    value *= dropoutFactor(p, at) * geluDerivative(p.pre[at]);
                } else if (p.beta != 0) {
                    value += p.beta * p.c[at];
                }
                p.c[at] = value;
            }
        }
    }
}

} // namespace gemm

/* 64×64 per block of 256 threads, 4×4 per thread; 16.6 KB of static shared memory; grid as in kernels.cuh with one slice. */
KERNEL(gemm::F64_THREADS)
gemm_64x64_f64(const double* a, const double* b, double* c, const double* bias, double* pre, int m, int n, int k, int strideA, int strideB, int strideC,
        double alpha, double beta, int flags, int threshold, double scale, int64_t seed, int64_t stream, int64_t batchA, int64_t batchB, int64_t batchC) {
    awaitPrevious();
    const gemm::Place place(blockIdx.x, m, n, gemm::F64_TILE, gemm::F64_TILE, 1);
    gemm::runF64({a + place.batch * batchA, b + place.batch * batchB, c + place.batch * batchC, bias, pre, m, n, k, strideA, strideB, strideC, alpha, beta,
            flags, threshold, scale, seed, stream}, place.tileM, place.tileN);
}
EXPORT(gemm_64x64_f64)
