/*
 * Gradients of the weights and biases of many linear maps y = x·Wᵀ + b in one launch: dweight += Σ dyᵀ·x and dbias += Σ dy, where a map may have been used
 * several times. A block computes a tile of 128×64 of one weight's gradient, use by use, with the steps, stages and tiles of gemm.cuh; the blocks of a
 * weight's first columns add up dy as well, of which they have all rows in shared memory anyway. Where a weight has few tiles and many rows, slabs of the rows
 * are gradients of their own that go to scratch memory; gemm_addSlabs_f32 adds these up. Every sum has one fixed order, whatever else is in the launch.
 */
#include "kernels.cuh"
#include "weights.cuh"

namespace gemm {

template <template <int, int> class Multiply> struct LinearGradientBlock {
    using Shape = Tall<Multiply, true, false>;
    using TileA = typename Shape::TileA;
    using TileB = typename Shape::TileB;
    static constexpr int STAGES = Shape::SHARED_BYTES / static_cast<int>(sizeof(float)) / Shape::STAGE;
    static constexpr int WARPS_N = 2;
    static constexpr int M = 2;
    static constexpr int N = 2;
    static_assert(Shape::THREADS == Shape::ROWS, "a thread for each bias of a tile");

    /** Σ of a column of dy's tile. */
    static __device__ __forceinline__ float columnSum(const float* tile, int column) {
        float sum = 0;
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            sum += tile[TileA::place(k, column / QUAD) + column % QUAD];
        }
        return sum;
    }

    static __device__ __forceinline__ void run(const LinearGradient& g, const Use* uses, int block, float* stages) {
        const Lane lane;
        const int across = (g.in + Shape::COLUMNS - 1) / Shape::COLUMNS;
        const int row = block / across * Shape::ROWS;
        const int column = block % across * Shape::COLUMNS;
        const int rowQuad = lane.warp / WARPS_N * M * 8;
        const int columnQuad = lane.warp % WARPS_N * N * 4;
        const bool sumsBias = column == 0 && g.dbias != nullptr;

        const Use* use = uses + g.firstUse;
        const float* dy = use->dy + row;
        const float* x = use->x + column;
        int left = use->rows;
        int flags = use->flags;
        Multiply<M, N> product;
        product.clear();
        double bias = 0;
        int writing = 0;
        int reading = 0;
        // the first STAGES - 1 rounds only copy
#pragma unroll 1
        for (int step = 1 - STAGES; step < g.steps; step++) {
            if (step >= 0) {
                copyAsyncWait<STAGES - 2>();
                __syncthreads();
            }
            const int ahead = step + STAGES - 1;
            if (ahead < g.steps) {
                float* stage = stages + writing * Shape::STAGE;
                TileA::load(stage, dy, g.out, g.out - row, left, flags & VECTOR_A);
                TileB::load(stage + TileA::FLOATS, x, g.in, g.in - column, left, flags & VECTOR_B);
                writing = writing + 1 == STAGES ? 0 : writing + 1;
                if (left > DEPTH) {
                    left -= DEPTH;
                    dy += static_cast<int64_t>(DEPTH) * g.out;
                    x += static_cast<int64_t>(DEPTH) * g.in;
                } else if (ahead + 1 < g.steps) {
                    use++;
                    dy = use->dy + row;
                    x = use->x + column;
                    left = use->rows;
                    flags = use->flags;
                }
            }
            copyAsyncCommit();
            if (step >= 0) {
                const float* stage = stages + reading * Shape::STAGE;
                product.template multiply<TileA, TileB>(stage, stage + TileA::FLOATS, rowQuad, columnQuad, lane);
                if (sumsBias) {
                    bias += columnSum(stage, threadIdx.x);
                }
                reading = reading + 1 == STAGES ? 0 : reading + 1;
            }
        }
        const bool adds = g.flags & ADDS;
        const Problem result{nullptr, nullptr, g.dweight, nullptr, nullptr, g.out, g.in, 0, 0, 0, g.in, 1, adds ? 1.0f : 0.0f, g.flags & VECTOR_C};
#pragma unroll
        for (int part = 0; part < M * QUAD * N; part++) {
            const int i = part / (QUAD * N);
            const int r = part / N % QUAD;
            const int j = part % N;
            store(result, product.row(i, r, j), row + QUAD * (rowQuad + 8 * i + lane.quad()) + r, column + QUAD * (columnQuad + 4 * j + lane.member));
        }
        const int biasRow = row + threadIdx.x;
        if (sumsBias && biasRow < g.out) {
            g.dbias[biasRow] = static_cast<float>(adds ? g.dbias[biasRow] + bias : bias);
        }
    }
};

} // namespace gemm

/*
 * 128 threads, 72 KB of dynamic shared memory (three stages of 128×64), three blocks per multiprocessor of 227 KB; registers for sm_90a: f32 143, tf32 142,
 * bf16 158, no spills. Grid: the blocks of all gradients. No two gradients of a launch share memory.
 */
#define LINEAR_GRADIENTS(precision, Multiply) \
    namespace gemm { \
    using LinearGradientBlock_##precision = LinearGradientBlock<Multiply>; \
    } \
    KERNEL(gemm::LinearGradientBlock_##precision::Shape::THREADS, 3) \
    gemm_linearGradients_##precision(const gemm::LinearGradient* gradients, int count, const gemm::Use* uses) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        using Block = gemm::LinearGradientBlock_##precision; \
        const gemm::LinearGradient g = gradients[gemm::rowOfBlock(gradients, count, blockIdx.x)]; \
        Block::run(g, uses, blockIdx.x - g.firstBlock, reinterpret_cast<float*>(shared)); \
    } \
    EXPORT(gemm_linearGradients_##precision)

LINEAR_GRADIENTS(f32, gemm::Fp32)
LINEAR_GRADIENTS(tf32, gemm::Tf32)
LINEAR_GRADIENTS(bf16, gemm::Bf16)

/*
 * 256 threads, four elements each: y += Σ of slabs. Grid: the blocks of all sums. No two sums of a launch share memory.
 */
KERNEL(256) gemm_addSlabs_f32(const gemm::SlabSum* sums, int count) {
    awaitPrevious();
    const gemm::SlabSum sum = sums[gemm::rowOfBlock(sums, count, blockIdx.x)];
    const int at = ((blockIdx.x - sum.firstBlock) * 256 + threadIdx.x) * gemm::QUAD;
    if (at < sum.size) {
        const float* slab = sum.slabs + at;
        float4 total = *reinterpret_cast<const float4*>(slab);
#pragma unroll 4
        for (int i = 1; i < sum.count; i++) {
            slab += sum.stride;
            const float4 more = *reinterpret_cast<const float4*>(slab);
            total = make_float4(total.x + more.x, total.y + more.y, total.z + more.z, total.w + more.w);
        }
        // one row of so many columns
        gemm::store({nullptr, nullptr, sum.y, nullptr, nullptr, 1, sum.size, 0, 0, 0, sum.size, 1, 1, sum.flags}, total, 0, at);
    }
}
EXPORT(gemm_addSlabs_f32)
