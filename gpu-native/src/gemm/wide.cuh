/*
 * Matrix products with warpgroup products (sm_90a), for the same problems as gemm.cuh with aligned operands (VECTOR_A, VECTOR_B).
 *
 * A warp reads units of 8 × 32 floats, rows of global memory, by asynchronous copies into a place of its own, STAGES slabs of k deep. It rounds them on their
 * way into tiles of blocks of 8 rows × 16 bytes, as warpgroup products take them without swizzle; block (d, l) of the depth and of the lines (rows of a,
 * columns of b) lies at (d·LINES/8 + l)·128. With bf16 a block is 8 lines × 8 k or 8 k × 8 lines as in global memory; with tf32 always 8 lines × 4 k.
 * There are three tiles: while products read one, the next is written, and the third may still be read by the products of slower warps.
 *
 * k may run through several products, which are added up: at the end of one, the next slab is the first one of the next.
 *
 * Blocks with slices of k of the same tile form a cluster and add their sums, in the order of slices, each for a part of the rows, which it reads from the
 * shared memory of the others. Sums over k are those of the hardware, hence equal in every tile shape where there are no slices.
 */
#pragma once

#include "gemm.cuh"
#include "warpgroups.cuh"

namespace gemm {

constexpr int UNIT_ROWS = 8;
constexpr int UNIT_COLUMNS = 32;
constexpr int UNIT_BYTES = UNIT_ROWS * UNIT_COLUMNS * 4;
constexpr int CORE_BYTES = 128;
constexpr int WIDE_THREADS = 256;
constexpr int WIDE_WARPS = WIDE_THREADS / WARP;

/** Rounding of factors, and their products. */
struct WideBf16 {
    static constexpr int BYTES = 2;
    static constexpr int DEPTH_OF_PRODUCT = 16;

    template <bool ALONG_K_A, bool ALONG_K_B, int N> static __device__ __forceinline__ void multiply(float (&d)[N], uint64_t a, uint64_t b) {
        wgmmaBf16<!ALONG_K_A, !ALONG_K_B>(d, a, b);
    }
};
struct WideTf32 {
    static constexpr int BYTES = 4;
    static constexpr int DEPTH_OF_PRODUCT = 8;

    template <bool ALONG_K_A, bool ALONG_K_B, int N> static __device__ __forceinline__ void multiply(float (&d)[N], uint64_t a, uint64_t b) {
        wgmmaTf32(d, a, b);
    }
};

/** An operand's tile of LINES × SLAB, which so many warps copy and round. */
template <class Rounding, int LINES, bool ALONG_K, int SLAB, int WARPS = WIDE_WARPS> struct WideTile {
    static constexpr int UNITS = LINES * SLAB / (UNIT_ROWS * UNIT_COLUMNS);
    static constexpr int UNITS_OF_WARP = UNITS / WARPS;
    static constexpr int STAGE_BYTES = UNITS * UNIT_BYTES;
    static constexpr int TILE_BYTES = LINES * SLAB * Rounding::BYTES;
    static constexpr int GROUPS_OF_ROWS = (ALONG_K ? LINES : SLAB) / UNIT_ROWS;
    static_assert(LINES % UNIT_COLUMNS == 0 && SLAB % UNIT_COLUMNS == 0 && UNITS % WARPS == 0, "whole units for every warp");

    const float* source[UNITS_OF_WARP];
    int rows[UNITS_OF_WARP]; // of global memory that exist from the lane's row on
    int columns[UNITS_OF_WARP];
    int stride;

    /** @param from first line of the tile and first k; lines, depth: what exists from there */
    __device__ __forceinline__ WideTile(const float* from, int stride, int lines, int depth) : stride(stride) {
#pragma unroll
        for (int i = 0; i < UNITS_OF_WARP; i++) {
            const int number = unit(i);
            const int row = number % GROUPS_OF_ROWS * UNIT_ROWS + threadIdx.x % WARP / 8;
            const int column = number / GROUPS_OF_ROWS * UNIT_COLUMNS + threadIdx.x % 8 * QUAD;
            source[i] = from + static_cast<int64_t>(row) * stride + column;
            rows[i] = (ALONG_K ? lines : depth) - row;
            columns[i] = (ALONG_K ? depth : lines) - column;
        }
    }

    static __device__ __forceinline__ int unit(int i) {
        return threadIdx.x / WARP + i * WARPS;
    }

    /** Begins to copy this warp's units of the next slab. Piece p of row r of a unit lies at r·8 + (p xor r). */
    __device__ __forceinline__ void load(unsigned char* stage) {
        const int row = threadIdx.x % WARP / 8;
        const int piece = threadIdx.x % 8;
#pragma unroll
        for (int i = 0; i < UNITS_OF_WARP; i++) {
            unsigned char* to = stage + unit(i) * UNIT_BYTES;
            copyAsync16(to + (row * 8 + (piece ^ row)) * 16, source[i], rows[i] > 0 && columns[i] > 0);
            copyAsync16(to + ((row + 4) * 8 + (piece ^ (row + 4))) * 16, source[i] + 4 * static_cast<int64_t>(stride), rows[i] > 4 && columns[i] > 0);
            source[i] += ALONG_K ? SLAB : static_cast<int64_t>(SLAB) * stride;
            (ALONG_K ? columns[i] : rows[i]) -= SLAB;
        }
    }

    /** What round tells of numbers that nobody wants to know. */
    struct Nothing {
        __device__ __forceinline__ void eight(int, float4, float4) {
        }

        __device__ __forceinline__ void one(int, float) {
        }
    };

    static __device__ __forceinline__ void round(const unsigned char* stage, unsigned char* tile) {
        Nothing nothing;
        round(stage, tile, nothing);
    }

    /**
     * Writes this warp's units of a stage to a tile.
     *
     * @param seen is told the numbers of unit i before they are rounded, where depth is along the rows of global memory: in bf16 by eight(i, low, high) eight
     * numbers of row lane % 8 from column lane / 8 · 8 on, in tf32 by one(i, value) one after another those of column lane
     */
    template <class Seen> static __device__ __forceinline__ void round(const unsigned char* stage, unsigned char* tile, Seen& seen) {
        const int lane = threadIdx.x % WARP;
#pragma unroll
        for (int i = 0; i < UNITS_OF_WARP; i++) {
            const unsigned char* from = stage + unit(i) * UNIT_BYTES;
            const int group = unit(i) % GROUPS_OF_ROWS;
            const int segment = unit(i) / GROUPS_OF_ROWS;
            const int line = ALONG_K ? group : segment * 4; // in eights
            const int r = lane % 8;
            if (Rounding::BYTES == 2) {
                const int part = lane / 8;
                const float4 low = *piece(from, r, 2 * part);
                const float4 high = *piece(from, r, 2 * part + 1);
                if (!ALONG_K) {
                    seen.eight(i, low, high);
                }
                write(tile + core(ALONG_K ? segment * 4 + part : group, ALONG_K ? line : line + part) + r * 16, packBf16x2(low.x, low.y),
                        packBf16x2(low.z, low.w), packBf16x2(high.x, high.y), packBf16x2(high.z, high.w));
            } else if (ALONG_K) {
#pragma unroll
                for (int part = lane / 8; part < 8; part += 4) {
                    const float4 four = *piece(from, r, part);
                    write(tile + core(segment * 8 + part, line) + r * 16, roundTf32(four.x), roundTf32(four.y), roundTf32(four.z), roundTf32(four.w));
                }
            } else {
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    uint32_t four[QUAD];
#pragma unroll
                    for (int k = 0; k < QUAD; k++) {
                        const float value = reinterpret_cast<const float*>(piece(from, half * QUAD + k, lane / 4))[lane % 4];
                        seen.one(i, value);
                        four[k] = roundTf32(value);
                    }
                    write(tile + core(group * 2 + half, line + lane / 8) + r * 16, four[0], four[1], four[2], four[3]);
                }
            }
        }
    }

    static __device__ __forceinline__ const float4* piece(const unsigned char* unit, int row, int piece) {
        return reinterpret_cast<const float4*>(unit) + row * 8 + (piece ^ row);
    }

    static __device__ __forceinline__ int core(int depth, int line) {
        return (depth * (LINES / 8) + line) * CORE_BYTES;
    }

    static __device__ __forceinline__ void write(unsigned char* to, uint32_t x, uint32_t y, uint32_t z, uint32_t w) {
        *reinterpret_cast<uint4*>(to) = make_uint4(x, y, z, w);
    }

    /** Of the tile's lines from line (in eights) on, for warpgroup products. */
    static __device__ __forceinline__ uint64_t descriptor(const unsigned char* tile, int line) {
        return matrixDescriptor(tile + line * CORE_BYTES, LINES / 8 * CORE_BYTES, CORE_BYTES);
    }

    /** What a descriptor grows by from one product to the next along the depth. */
    static constexpr int NEXT = 2 * (LINES / 8) * CORE_BYTES / 16;
};

/** A tile of 64·WARPGROUPS_M × N·(2/WARPGROUPS_M), by two warpgroups. */
template <class Rounding, int WARPGROUPS_M, int N, int SLAB, int STAGES, int SLICES, bool TRANSPOSE_A, bool TRANSPOSE_B> struct Wide {
    static constexpr int WARPGROUPS_N = 2 / WARPGROUPS_M;
    static constexpr int ROWS = 64 * WARPGROUPS_M;
    static constexpr int COLUMNS = N * WARPGROUPS_N;
    static constexpr int TILES = 3;
    using TileA = WideTile<Rounding, ROWS, !TRANSPOSE_A, SLAB>;
    using TileB = WideTile<Rounding, COLUMNS, TRANSPOSE_B, SLAB>;
    static constexpr int TILE_BYTES = TileA::TILE_BYTES + TileB::TILE_BYTES;
    static constexpr int STAGE_BYTES = TileA::STAGE_BYTES + TileB::STAGE_BYTES;
    static constexpr int SHARED_BYTES = TILES * TILE_BYTES + STAGES * STAGE_BYTES;
    static constexpr int RESIDENT = 2 * (SHARED_BYTES + 1024) <= 228 * 1024 ? 2 : 1;
    static_assert(WIDE_WARPS * 16 * N * 4 <= STAGES * STAGE_BYTES, "sums fit where slabs were read to");

    /** Blocks of a launch. */
    static __host__ __device__ int64_t blocks(int m, int n, int batch) {
        return static_cast<int64_t>(SLICES) * batch * ((m + ROWS - 1) / ROWS) * ((n + COLUMNS - 1) / COLUMNS);
    }

    /** Computes what block number block of a launch of this problem does. */
    static __device__ __forceinline__ void run(Problem p, int64_t batchA, int64_t batchB, int64_t batchC, int block, unsigned char* shared) {
        const int slice = block % SLICES;
        const Place place(block / SLICES, p.m, p.n, ROWS, COLUMNS, 1);
        p.a += place.batch * batchA;
        p.b += place.batch * batchB;
        p.c += place.batch * batchC;
        run(p, onlyTerm(p), place, slice, shared);
    }

    /**
     * Computes a slice of a tile of a sum of products.
     *
     * @param p of which all but the operands is used
     */
    template <int COUNT>
    static __device__ __forceinline__ void run(const Problem& p, const Terms<COUNT>& terms, const Place& place, int slice, unsigned char* shared) {
        const int row = place.tileM * ROWS;
        const int column = place.tileN * COLUMNS;
        // what there is of the last slice may be shorter: the rest is zero
        const int slabs = (Walk<COUNT, SLAB>::steps(terms) + SLICES - 1) / SLICES;
        Walk<COUNT, SLAB> walk(terms, slice * slabs);
        TileA a = tileA(walk, p, row);
        TileB b = tileB(walk, p, column);
        const auto load = [&](unsigned char* stage) {
            a.load(stage);
            b.load(stage + TileA::STAGE_BYTES);
            if (walk.next()) {
                a = tileA(walk, p, row);
                b = tileB(walk, p, column);
            }
        };

        unsigned char* stages = shared + TILES * TILE_BYTES;
#pragma unroll
        for (int stage = 0; stage < STAGES; stage++) {
            if (stage < slabs) {
                load(stages + stage * STAGE_BYTES);
            }
            copyAsyncCommit();
        }
        const int warpgroup = threadIdx.x / 128;
        const int lineA = warpgroup / WARPGROUPS_N * 8;
        const int lineB = warpgroup % WARPGROUPS_N * (N / 8);
        float sums[N / 2];
#pragma unroll
        for (int i = 0; i < N / 2; i++) {
            sums[i] = 0;
        }
        settle(sums);

        int stage = 0;
        int rounding = 0;
        int reading = 0;
#pragma unroll 1
        for (int slab = -1; slab < slabs; slab++) {
            if (slab >= 0) {
                __syncthreads();
                const unsigned char* tile = shared + reading * TILE_BYTES;
                const uint64_t left = TileA::descriptor(tile, lineA);
                const uint64_t right = TileB::descriptor(tile + TileA::TILE_BYTES, lineB);
                wgmmaFence();
#pragma unroll
                for (int product = 0; product < SLAB / Rounding::DEPTH_OF_PRODUCT; product++) {
                    Rounding::template multiply<!TRANSPOSE_A, TRANSPOSE_B>(sums, left + product * TileA::NEXT, right + product * TileB::NEXT);
                }
                wgmmaCommit();
                reading = reading + 1 == TILES ? 0 : reading + 1;
            }
            if (slab + 1 < slabs) {
                copyAsyncWait<STAGES - 1>();
                __syncwarp();
                unsigned char* from = stages + stage * STAGE_BYTES;
                unsigned char* tile = shared + rounding * TILE_BYTES;
                TileA::round(from, tile);
                TileB::round(from + TileA::STAGE_BYTES, tile + TileA::TILE_BYTES);
                __syncwarp();
                if (slab + 1 + STAGES < slabs) {
                    load(from);
                }
                copyAsyncCommit();
                productFence();
                // the products of the slab before have ended: after the next __syncthreads anyone may write where they read
                wgmmaWait<1>();
                stage = stage + 1 == STAGES ? 0 : stage + 1;
                rounding = rounding + 1 == TILES ? 0 : rounding + 1;
            }
        }
        wgmmaWait<0>();
        settle(sums);
        finishAll(p, sums, row + warpgroup / WARPGROUPS_N * 64, column + warpgroup % WARPGROUPS_N * N, slice, stages);
    }

  private:
    /** The tile of a of the slab where a walk is. */
    template <int COUNT> static __device__ __forceinline__ TileA tileA(const Walk<COUNT, SLAB>& walk, const Problem& p, int row) {
        const Term term = walk.term();
        const int k = term.k - walk.left;
        return TileA(term.a + (TRANSPOSE_A ? static_cast<int64_t>(k) * term.strideA + row : static_cast<int64_t>(row) * term.strideA + k), term.strideA,
                p.m - row, walk.left);
    }

    template <int COUNT> static __device__ __forceinline__ TileB tileB(const Walk<COUNT, SLAB>& walk, const Problem& p, int column) {
        const Term term = walk.term();
        const int k = term.k - walk.left;
        return TileB(term.b + (TRANSPOSE_B ? static_cast<int64_t>(column) * term.strideB + k : static_cast<int64_t>(k) * term.strideB + column),
                term.strideB, p.n - column, walk.left);
    }

    /**
     * Ends the 16 × N sums of a warp: through shared memory of its own, so that c is accessed by whole rows.
     *
     * @param row first row of the warpgroup
     * @param column first column of the warpgroup
     * @param stages shared memory that nobody reads any more
     */
    static __device__ __forceinline__ void finishAll(const Problem& p, const float (&sums)[N / 2], int row, int column, int slice, unsigned char* stages) {
        constexpr int PIECES = N / QUAD;
        constexpr int ROWS_OF_WARP = 16;
        const int lane = threadIdx.x % WARP;
        const int group = lane / 4;
        const int warpRow = row + threadIdx.x % 128 / WARP * ROWS_OF_WARP;
        float* staged = reinterpret_cast<float*>(stages) + threadIdx.x / WARP * (ROWS_OF_WARP * N);
#pragma unroll
        for (int i = 0; i < N / 4; i++) {
            const int r = group + i % 2 * 8;
            const int piece = i / 2 * 2 + lane % 4 / 2;
            *reinterpret_cast<float2*>(staged + r * N + (piece ^ (r % 4 * 2)) * QUAD + lane % 2 * 2) = make_float2(sums[2 * i], sums[2 * i + 1]);
        }
        uint32_t parts[SLICES];
        if (SLICES > 1) {
            clusterArrive();
#pragma unroll
            for (int i = 0; i < SLICES; i++) {
                parts[i] = clusterAddress(sharedAddress(staged), i);
            }
            clusterWait();
        } else {
            __syncwarp();
        }
        constexpr int ROUNDS = ROWS_OF_WARP * PIECES / SLICES / WARP;
#pragma unroll 2
        for (int round = 0; round < ROUNDS; round++) {
            const int number = (slice * ROUNDS + round) * WARP + lane;
            const int r = number / PIECES;
            const int piece = number % PIECES;
            const int at = r * N + (piece ^ (r % 4 * 2)) * QUAD;
            float4 total;
            if (SLICES > 1) {
                total = readShared(parts[0] + at * 4);
#pragma unroll
                for (int i = 1; i < SLICES; i++) {
                    const float4 more = readShared(parts[i] + at * 4);
                    total = make_float4(total.x + more.x, total.y + more.y, total.z + more.z, total.w + more.w);
                }
            } else {
                total = *reinterpret_cast<const float4*>(staged + at);
            }
            store(p, total, warpRow + r, column + piece * QUAD);
        }
        if (SLICES > 1) {
            // others may still read what is here
            clusterArrive();
            clusterWait();
        }
    }
};

} // namespace gemm
