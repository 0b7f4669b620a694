/*
 * The gradients of weights.cu with warpgroup products, from the same tables: tiles of 192×192 in bf16, with 4/9 of the reads of dy and x that tiles of 128×64
 * need, and of 128×128 in tf32. Numbers come into shared memory and are rounded as in wide.cuh, whose limit is the bandwidth of shared memory: a step of
 * 192×192 moves 1.6 times as much as one of 128×128 and does 2.25 times the work.
 *
 * As many blocks as there are multiprocessors take one tile after another, each the next that no other has begun. Copies run STAGES steps ahead, into the next
 * tile as well, so that they go on while a block adds the sums of the last one to the gradient. Which block has which tile changes no result.
 */
#include "weights.cuh"
#include "wide.cuh"

namespace gemm {

/** A launch: blocks is the number of tiles, counter what has been begun besides the first tile of each block. */
struct Work {
    const LinearGradient* gradients;
    int count;
    const Use* uses;
    int blocks;
    int* counter;
};

/** A tile of 64·WARPGROUPS × COLUMNS, of which each warpgroup has 64 rows. */
template <class Rounding, int WARPGROUPS, int COLUMNS, int STAGES> struct WideLinearGradients {
    static constexpr int THREADS = 128 * WARPGROUPS;
    static constexpr int WARPS = THREADS / WARP;
    static constexpr int ROWS = 64 * WARPGROUPS;
    static constexpr int TILES = 3;
    using TileA = WideTile<Rounding, ROWS, false, DEPTH, WARPS>;
    using TileB = WideTile<Rounding, COLUMNS, false, DEPTH, WARPS>;
    static constexpr int TILE_BYTES = TileA::TILE_BYTES + TileB::TILE_BYTES;
    static constexpr int STAGE_BYTES = TileA::STAGE_BYTES + TileB::STAGE_BYTES;
    /** Groups of rows of a step: a warp has the units of one of them, SPAN columns apart. */
    static constexpr int GROUPS = DEPTH / UNIT_ROWS;
    static constexpr int SPAN = WARPS / GROUPS * UNIT_COLUMNS;
    static_assert(WARPS % GROUPS == 0 && ROWS <= THREADS, "units of a warp lie beside each other; a thread for each bias of a tile");
    static_assert(STAGES == TILES, "stages and tiles take turns together");
    /** Numbers of tiles that are remembered: of those between the one that is multiplied and the one that is copied, and the next. */
    static constexpr int RING = 8;
    static_assert(STAGES + 2 < RING, "a place is free again before it is needed");

    /** A tile of a gradient. */
    struct Target {
        LinearGradient gradient;
        int row, column;

        __device__ __forceinline__ Target(const Work& work, int block) : gradient(work.gradients[rowOfBlock(work.gradients, work.count, block)]) {
            const int across = (gradient.in + COLUMNS - 1) / COLUMNS;
            const int tile = block - gradient.firstBlock;
            row = tile / across * ROWS;
            column = tile % across * COLUMNS;
        }
    };

    /** Copies steps of this block's tiles one after another. Between two of them there is a __syncthreads. */
    struct Copies {
        int tiles = 0; // that have been begun
        int steps = 0; // of the last one that are not copied yet
        int left; // rows of its use
        int flags;
        int out, in;
        int linesA, linesB; // of the tile from the lane's first one to the end of the gradient
        int use;
        const float* dy; // the lane's first number of the next step
        const float* x;

        static __device__ __forceinline__ int rowOfLane() {
            return TileA::unit(0) % GROUPS * UNIT_ROWS + threadIdx.x % WARP / 8;
        }

        static __device__ __forceinline__ int lineOfLane() {
            return TileA::unit(0) / GROUPS * UNIT_COLUMNS + threadIdx.x % 8 * QUAD;
        }

        /** @param ring numbers of this block's tiles; with the last step of one the next is taken */
        __device__ __forceinline__ void next(const Work& work, int* ring, unsigned char* stage) {
            if (steps == 0) {
                const int block = ring[tiles % RING];
                if (block >= work.blocks) {
                    return;
                }
                tiles++;
                const Target target(work, block);
                steps = target.gradient.steps;
                out = target.gradient.out;
                in = target.gradient.in;
                linesA = out - target.row - lineOfLane();
                linesB = in - target.column - lineOfLane();
                use = target.gradient.firstUse - 1;
                left = 0;
            }
            if (left <= 0) {
                use++;
                const int64_t row = rowOfLane();
                dy = work.uses[use].dy + row * out + (out - linesA);
                x = work.uses[use].x + row * in + (in - linesB);
                left = work.uses[use].rows;
                flags = work.uses[use].flags;
            }
            copy<TileA>(stage, dy, out, linesA, left - rowOfLane(), flags & VECTOR_A);
            copy<TileB>(stage + TileA::STAGE_BYTES, x, in, linesB, left - rowOfLane(), flags & VECTOR_B);
            steps--;
            left -= DEPTH;
            dy += static_cast<int64_t>(DEPTH) * out;
            x += static_cast<int64_t>(DEPTH) * in;
            if (steps == 0 && threadIdx.x == 0) {
                ring[tiles % RING] = gridDim.x + atomicAdd(work.counter, 1);
            }
        }

        /** Begins to copy this warp's units, to where WideTile::round expects them. */
        template <class Tile>
        static __device__ __forceinline__ void copy(unsigned char* stage, const float* from, int stride, int lines, int depth, bool vector) {
            if (vector) {
#pragma unroll
                for (int part = 0; part < 2 * Tile::UNITS_OF_WARP; part++) {
                    copyAsync16(place<Tile>(stage, part), from + part / 2 * SPAN + part % 2 * 4 * stride, depth > part % 2 * 4 && lines > part / 2 * SPAN);
                }
            } else {
                // rare
#pragma unroll 1
                for (int part = 0; part < 2 * Tile::UNITS_OF_WARP; part++) {
                    const float* four = from + part / 2 * SPAN + part % 2 * 4 * stride;
#pragma unroll
                    for (int j = 0; j < QUAD; j++) {
                        copyAsync4(place<Tile>(stage, part) + j * 4, four + j, depth > part % 2 * 4 && lines > part / 2 * SPAN + j);
                    }
                }
            }
        }

        /** Where the lane's piece of half a unit belongs. */
        template <class Tile> static __device__ __forceinline__ unsigned char* place(unsigned char* stage, int part) {
            const int row = threadIdx.x % WARP / 8 + part % 2 * 4;
            return stage + Tile::unit(part / 2) * UNIT_BYTES + (row * 8 + (threadIdx.x % 8 ^ row)) * 16;
        }
    };

    /** Σ over the rows of what TileA rounds. */
    struct BiasSums {
        static constexpr int OF_LANE = Rounding::BYTES == 2 ? 8 : 1;
        float sums[TileA::UNITS_OF_WARP][OF_LANE];

        __device__ __forceinline__ BiasSums() {
#pragma unroll
            for (int i = 0; i < TileA::UNITS_OF_WARP * OF_LANE; i++) {
                sums[i / OF_LANE][i % OF_LANE] = 0;
            }
        }

        __device__ __forceinline__ void eight(int i, float4 low, float4 high) {
            const float values[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
            for (int j = 0; j < OF_LANE; j++) {
                sums[i][j] += values[j];
            }
        }

        __device__ __forceinline__ void one(int i, float value) {
            sums[i][0] += value;
        }

        /** Of each group of rows. */
        __device__ __forceinline__ void write(float (*groups)[ROWS]) const {
            const int lane = threadIdx.x % WARP;
#pragma unroll
            for (int i = 0; i < TileA::UNITS_OF_WARP; i++) {
                float* columns = groups[TileA::unit(i) % GROUPS] + TileA::unit(i) / GROUPS * UNIT_COLUMNS;
#pragma unroll
                for (int j = 0; j < OF_LANE; j++) {
                    float sum = sums[i][j];
                    if (OF_LANE == 1) {
                        columns[lane] = sum;
                    } else {
#pragma unroll
                        for (int step = 4; step > 0; step /= 2) {
                            sum += __shfl_xor_sync(ALL_LANES, sum, step);
                        }
                        if (lane % 8 == 0) {
                            columns[lane / 8 * 8 + j] = sum;
                        }
                    }
                }
            }
        }
    };

    static __device__ __forceinline__ void run(const Work& work, unsigned char* shared) {
        __shared__ int ring[RING];
        __shared__ float groups[GROUPS][ROWS];
        unsigned char* stages = shared + TILES * TILE_BYTES;
        if (threadIdx.x == 0) {
            ring[0] = blockIdx.x;
        }
        Copies copies;
#pragma unroll 1
        for (int stage = 0; stage < STAGES; stage++) {
            __syncthreads();
            copies.next(work, ring, stages + stage * STAGE_BYTES);
            copyAsyncCommit();
        }
        int rounding = 0; // stage and tile
#pragma unroll 1
        for (int number = 0;; number++) {
            if (ring[number % RING] >= work.blocks) {
                return;
            }
            const int steps = begin({work, ring[number % RING]});
            BiasSums bias;
            float sums[COLUMNS / 2];
#pragma unroll
            for (int i = 0; i < COLUMNS / 2; i++) {
                sums[i] = 0;
            }
            settle(sums);
            // as in Wide::run
#pragma unroll 1
            for (int step = -1; step < steps; step++) {
                if (step >= 0) {
                    __syncthreads();
                    const unsigned char* tile = shared + (rounding == 0 ? TILES - 1 : rounding - 1) * TILE_BYTES;
                    const uint64_t left = TileA::descriptor(tile, threadIdx.x / 128 * 8);
                    const uint64_t right = TileB::descriptor(tile + TileA::TILE_BYTES, 0);
                    wgmmaFence();
#pragma unroll
                    for (int product = 0; product < DEPTH / Rounding::DEPTH_OF_PRODUCT; product++) {
                        Rounding::template multiply<false, false>(sums, left + product * TileA::NEXT, right + product * TileB::NEXT);
                    }
                    wgmmaCommit();
                }
                if (step + 1 < steps) {
                    copyAsyncWait<STAGES - 1>();
                    __syncwarp();
                    unsigned char* from = stages + rounding * STAGE_BYTES;
                    unsigned char* tile = shared + rounding * TILE_BYTES;
                    TileA::round(from, tile, bias);
                    TileB::round(from + TileA::STAGE_BYTES, tile + TileA::TILE_BYTES);
                    __syncwarp();
                    copies.next(work, ring, from);
                    copyAsyncCommit();
                    productFence();
                    // the products of the step before have ended: after the next __syncthreads anyone may write where they read
                    wgmmaWait<1>();
                    rounding = rounding + 1 == TILES ? 0 : rounding + 1;
                }
            }
            wgmmaWait<0>();
            settle(sums);
            // read again, because there are no registers to keep it in
            const Target target(work, ring[number % RING]);
            finish(target, bias, groups);
            finish(target, sums);
        }
    }

  private:
    /** Brings what will be added to nearer. Returns the number of steps. */
    static __device__ __forceinline__ int begin(const Target& target) {
        constexpr int LINE = 32; // floats
        constexpr int LINES_OF_ROW = COLUMNS / LINE;
        const LinearGradient& g = target.gradient;
        if (g.flags & ADDS) {
#pragma unroll 1
            for (int i = threadIdx.x; i < ROWS * LINES_OF_ROW; i += THREADS) {
                const int row = target.row + i / LINES_OF_ROW;
                const int column = target.column + i % LINES_OF_ROW * LINE;
                if (row < g.out && column < g.in) {
                    prefetch(g.dweight + static_cast<int64_t>(row) * g.in + column);
                }
            }
        }
        return g.steps;
    }

    /** Adds the sums to the gradient, or writes them: pairs, of which four lanes have 32 bytes of a row. */
    static __device__ __forceinline__ void finish(const Target& target, const float (&sums)[COLUMNS / 2]) {
        constexpr int PAIRS = COLUMNS / 4;
        constexpr int BATCH = 16; // reads under way
        static_assert(PAIRS % BATCH == 0, "whole batches");
        const LinearGradient& g = target.gradient;
        const bool adds = g.flags & ADDS;
        const int row = target.row + threadIdx.x / WARP * 16 + threadIdx.x % WARP / 4;
        const int column = target.column + threadIdx.x % 4 * 2;
        const int rows = g.out - row;
        const int columns = g.in - column;
        float* first = g.dweight + static_cast<int64_t>(row) * g.in + column;
        float* second = first + static_cast<int64_t>(8) * g.in;
        if (g.flags & VECTOR_C) {
#pragma unroll
            for (int from = 0; from < PAIRS; from += BATCH) {
                float2 values[BATCH];
#pragma unroll
                for (int j = 0; j < BATCH; j++) {
                    const int i = from + j;
                    const float* y = (i % 2 == 0 ? first : second) + i / 2 * 8;
                    values[j] = adds && rows > i % 2 * 8 && columns > i / 2 * 8 ? *reinterpret_cast<const float2*>(y) : make_float2(0, 0);
                }
#pragma unroll
                for (int j = 0; j < BATCH; j++) {
                    const int i = from + j;
                    float* y = (i % 2 == 0 ? first : second) + i / 2 * 8;
                    if (rows > i % 2 * 8 && columns > i / 2 * 8) {
                        *reinterpret_cast<float2*>(y) = make_float2(values[j].x + sums[2 * i], values[j].y + sums[2 * i + 1]);
                    }
                }
            }
        } else {
#pragma unroll
            for (int i = 0; i < 2 * PAIRS; i++) {
                float* y = (i / 2 % 2 == 0 ? first : second) + i / 4 * 8 + i % 2;
                if (rows > i / 2 % 2 * 8 && columns > i / 4 * 8 + i % 2) {
                    *y = adds ? *y + sums[i] : sums[i];
                }
            }
        }
    }

    static __device__ __forceinline__ void finish(const Target& target, const BiasSums& bias, float (*groups)[ROWS]) {
        const LinearGradient& g = target.gradient;
        if (target.column != 0 || g.dbias == nullptr) {
            return;
        }
        bias.write(groups);
        __syncthreads();
        const int row = target.row + threadIdx.x;
        if (threadIdx.x < ROWS && row < g.out) {
            float sum = groups[0][threadIdx.x];
#pragma unroll
            for (int i = 1; i < GROUPS; i++) {
                sum += groups[i][threadIdx.x];
            }
            g.dbias[row] = g.flags & ADDS ? g.dbias[row] + sum : sum;
        }
    }
};

} // namespace gemm

/*
 * One block per multiprocessor. bf16: 384 threads, 216 KB of dynamic shared memory; tf32: 256 threads, 192 KB; no spills. Grid: any number of blocks, counter
 * zero at the beginning. No two gradients of a launch share memory.
 */
#define WIDE_LINEAR_GRADIENTS(precision, ...) \
    namespace gemm { \
    using WideLinearGradients_##precision = WideLinearGradients<__VA_ARGS__>; \
    } \
    KERNEL(gemm::WideLinearGradients_##precision::THREADS, 1) \
    gemm_wide_linearGradients_##precision(const gemm::LinearGradient* gradients, int count, const gemm::Use* uses, int blocks, int* counter) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        gemm::WideLinearGradients_##precision::run({gradients, count, uses, blocks, counter}, shared); \
    } \
    EXPORT(gemm_wide_linearGradients_##precision)

WIDE_LINEAR_GRADIENTS(bf16, gemm::WideBf16, 3, 192, 3)
WIDE_LINEAR_GRADIENTS(tf32, gemm::WideTf32, 2, 128, 3)
