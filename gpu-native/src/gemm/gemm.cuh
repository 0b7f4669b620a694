/*
 * Matrix products c = alpha·op(a)·op(b) + beta·c of row-major single-precision matrices with any row strides.
 *
 * A block computes a tile of ROWS × COLUMNS of c, step by step of DEPTH along k. Tiles of a and b come into shared memory by asynchronous copies, STAGES deep,
 * in the order of global memory: an operand is either contiguous along k or along its own rows (columns for b), called lines here. Both orders are read from
 * shared memory by quads of four lines × four k in 16-byte accesses, and 16-byte pieces are swizzled so that no access has bank conflicts:
 *   contiguous along k:     piece p of line l lies at l·DEPTH/4 + (p xor (l/4 mod 8))
 *   contiguous along lines: piece p of k lies at k·LINES/4 + (p xor (k/4 mod 4))
 * A warp owns quads of rows and of columns: its lane holds, for r and e in 0…3, the elements (4·rowQuad(i) + r, 4·columnQuad(j) + e). Products on tensor cores
 * take the lines and the k of their fragments in the permuted order that makes this so; k is permuted alike in a and b.
 *
 * Every element is summed along k in the same order in every tile shape, so only the number of slices of k changes bits. Slices are added in their order by the
 * block that finishes last.
 */
#pragma once

#include "../common/device.cuh"
#include "../common/mma.cuh"
#include "../common/real.cuh"

namespace gemm {

/** Steps along k that a stage in shared memory holds. */
constexpr int DEPTH = 32;
constexpr int QUAD = 4;
constexpr int QUADS_OF_DEPTH = DEPTH / QUAD;

/** Bits of Problem::flags. */
constexpr int VECTOR_A = 1; // 16-byte loads of a
constexpr int VECTOR_B = 2;
constexpr int VECTOR_C = 4; // 16-byte accesses of c, pre and bias
constexpr int GELU = 8; // pre = the sum with bias, c = dropout(GELU(pre))
constexpr int GELU_GRADIENT = 16; // c = dropout(sum)·GELU'(pre)

struct Problem {
    const float* a;
    const float* b;
    float* c;
    const float* bias; // one per column, or null
    float* pre; // with the strides of c
    int m, n, k;
    int strideA, strideB, strideC;
    float alpha, beta;
    int flags;
    // of dropout, with GELU and GELU_GRADIENT and a contiguous c: element i is scaled where number i of the stream is at least threshold·2⁻²⁴, or else zero
    int threshold = 0; // 0 for no dropout
    float scale = 1;
    int64_t seed = 0, stream = 0;
};

/** One product of a sum of products. */
struct Term {
    const float* a;
    const float* b;
    int strideA, strideB, k;
    int flags; // VECTOR_A, VECTOR_B
};

/** The products number first to end − 1 of a list of COUNT: the terms of a sum. */
template <int COUNT> struct Terms {
    Term list[COUNT];
    int first, end;

    /** By choices, so that the list stays where parameters of kernels are. */
    __device__ __forceinline__ Term at(int number) const {
        Term term = list[0];
#pragma unroll
        for (int i = 1; i < COUNT; i++) {
            if (number == i) {
                term = list[i];
            }
        }
        return term;
    }
};

/** The sum with no term but the product of a problem. */
__device__ __forceinline__ Terms<1> onlyTerm(const Problem& p) {
    return {{{p.a, p.b, p.strideA, p.strideB, p.k, p.flags}}, 0, 1};
}

/**
 * A walk along k of a sum of products in steps of STEP: terms follow each other, each with whole steps, at least one, of which the last may be short. Behind
 * the last term there may be more steps, of nothing.
 */
template <int COUNT, int STEP> struct Walk {
    const Terms<COUNT>& terms;
    int number;
    int left; // k of the term from here on; less than one behind its end

    /** Begins at a step. */
    __device__ __forceinline__ Walk(const Terms<COUNT>& terms, int step) : terms(terms), number(COUNT == 1 ? 0 : terms.first) {
        while (COUNT > 1 && number + 1 < terms.end && step >= stepsOf(terms.at(number))) {
            step -= stepsOf(terms.at(number));
            number++;
        }
        left = term().k - step * STEP;
    }

    __device__ __forceinline__ Term term() const {
        return terms.at(number);
    }

    /** Steps of the term before here. */
    __device__ __forceinline__ int before() const {
        return (term().k - left) / STEP;
    }

    /** Goes on; true where another term begins. */
    __device__ __forceinline__ bool next() {
        left -= STEP;
        if (COUNT == 1 || left > 0 || number + 1 >= terms.end) {
            return false;
        }
        number++;
        left = term().k;
        return true;
    }

    static __device__ __forceinline__ int steps(const Terms<COUNT>& terms) {
        if (COUNT == 1) {
            return (terms.list[0].k + STEP - 1) / STEP;
        }
        int sum = 0;
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            sum += i >= terms.first && i < terms.end ? stepsOf(terms.list[i]) : 0;
        }
        return sum;
    }

  private:
    static __device__ __forceinline__ int stepsOf(const Term& term) {
        return max(1, (term.k + STEP - 1) / STEP);
    }
};

/** A multiply of which every lane of a warp knows its part. */
struct Lane {
    int warp, group, member;

    __device__ __forceinline__ Lane() : warp(threadIdx.x / WARP), group(threadIdx.x % WARP / 4), member(threadIdx.x % 4) {
    }

    /** The order in which groups of lanes take quads of lines: halves of it are four apart, which keeps 16-byte reads and writes free of conflicts. */
    __device__ __forceinline__ int quad() const {
        return group / 2 + group % 2 * 4;
    }
};

/** One operand's tile of LINES × DEPTH. */
template <int LINES, bool ALONG_K, int THREADS> struct Tile {
    static constexpr int FLOATS = LINES * DEPTH;
    static constexpr int PIECES = FLOATS / QUAD;
    static_assert(PIECES % THREADS == 0, "whole rounds of copies");

    /**
     * Begins to copy DEPTH steps; what lies beyond lines or depth becomes zero.
     *
     * @param source element (first line of the tile, first k)
     * @param depth steps from there to the end
     * @param vector 16-byte copies: the address, the stride and the extent of the contiguous dimension are multiples of four floats
     */
    static __device__ __forceinline__ void load(float* tile, const float* source, int stride, int lines, int depth, bool vector) {
        constexpr int PER_ROW = ALONG_K ? QUADS_OF_DEPTH : LINES / QUAD;
        constexpr int ROWS_OF_ROUND = THREADS / PER_ROW;
        static_assert(THREADS % PER_ROW == 0, "every round of copies has the same pieces of rows");
        constexpr int ROUNDS = PIECES / THREADS;
        const int row0 = threadIdx.x / PER_ROW;
        const int part = threadIdx.x % PER_ROW;
        const int across = (ALONG_K ? depth : lines) - part * QUAD;
        const int down = (ALONG_K ? lines : depth) - row0;
        const float* from = source + static_cast<int64_t>(row0) * stride + part * QUAD;
        if (vector) {
#pragma unroll
            for (int round = 0; round < ROUNDS; round++) {
                copyAsync16(tile + place(row0 + round * ROWS_OF_ROUND, part), from + static_cast<int64_t>(round * ROWS_OF_ROUND) * stride,
                        across > 0 && round * ROWS_OF_ROUND < down);
            }
        } else {
#pragma unroll 1
            for (int round = 0; round < ROUNDS; round++) {
                float* to = tile + place(row0 + round * ROWS_OF_ROUND, part);
                const float* four = from + static_cast<int64_t>(round * ROWS_OF_ROUND) * stride;
#pragma unroll
                for (int i = 0; i < QUAD; i++) {
                    copyAsync4(to + i, four + i, i < across && round * ROWS_OF_ROUND < down);
                }
            }
        }
    }

    /** Where piece part of a row of global memory lies. */
    static __device__ __forceinline__ int place(int row, int part) {
        return ALONG_K ? (row * QUADS_OF_DEPTH + (part ^ (row / QUAD % 8))) * QUAD : (row * (LINES / QUAD) + (part ^ (row / QUAD % 4))) * QUAD;
    }

    /** values[r][i] = element (4·quad + r, 4·depthQuad + i) */
    static __device__ __forceinline__ void read(const float* tile, int quad, int depthQuad, float values[QUAD][QUAD]) {
#pragma unroll
        for (int i = 0; i < QUAD; i++) {
            float4 four = *reinterpret_cast<const float4*>(tile + (ALONG_K ? place(quad * QUAD + i, depthQuad) : place(depthQuad * QUAD + i, quad)));
            if (ALONG_K) {
                values[i][0] = four.x;
                values[i][1] = four.y;
                values[i][2] = four.z;
                values[i][3] = four.w;
            } else {
                values[0][i] = four.x;
                values[1][i] = four.y;
                values[2][i] = four.z;
                values[3][i] = four.w;
            }
        }
    }
};

/** Single-precision multiply-add. A warp's tile is 32·M × 16·N. */
template <int M, int N> struct Fp32 {
    static constexpr int LARGE_WARPS = 4; // side by side in the largest tile
    float sums[M][QUAD][N][QUAD];

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < M * N * QUAD * QUAD; i++) {
            (&sums[0][0][0][0])[i] = 0;
        }
    }

    template <typename A, typename B> __device__ __forceinline__ void multiply(const float* a, const float* b, int rowQuad, int columnQuad, const Lane& lane) {
#pragma unroll(M == 1 ? 2 : 1)
        for (int depthQuad = 0; depthQuad < QUADS_OF_DEPTH; depthQuad++) {
            float left[M][QUAD][QUAD];
            float right[N][QUAD][QUAD];
#pragma unroll
            for (int i = 0; i < M; i++) {
                A::read(a, rowQuad + 8 * i + lane.quad(), depthQuad, left[i]);
            }
#pragma unroll
            for (int j = 0; j < N; j++) {
                B::read(b, columnQuad + 4 * j + lane.member, depthQuad, right[j]);
            }
#pragma unroll
            for (int k = 0; k < QUAD; k++) {
#pragma unroll
                for (int i = 0; i < M; i++) {
#pragma unroll
                    for (int r = 0; r < QUAD; r++) {
#pragma unroll
                        for (int j = 0; j < N; j++) {
#pragma unroll
                            for (int e = 0; e < QUAD; e++) {
                                sums[i][r][j][e] = fmaf(left[i][r][k], right[j][e][k], sums[i][r][j][e]);
                            }
                        }
                    }
                }
            }
        }
    }

    __device__ __forceinline__ float4 row(int i, int r, int j) const {
        return make_float4(sums[i][r][j][0], sums[i][r][j][1], sums[i][r][j][2], sums[i][r][j][3]);
    }
};

/**
 * What tensor cores leave in a lane: 32·M × 16·N in tiles of 16 × 8, of which tile (h, e) has the row quads' rows 2h, 2h + 1 and the column quads'
 * column e.
 */
template <int M, int N> struct TensorCoreSums {
    static constexpr int LARGE_WARPS = 2;
    static_assert(N % 2 == 0, "a fragment takes columns of two quads");
    float sums[M][2][N / 2][QUAD][4];

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < M * N * QUAD * QUAD; i++) {
            (&sums[0][0][0][0][0])[i] = 0;
        }
    }

    __device__ __forceinline__ float4 row(int i, int r, int j) const {
        const int element = r % 2 * 2 + j % 2;
        return make_float4(sums[i][r / 2][j / 2][0][element], sums[i][r / 2][j / 2][1][element], sums[i][r / 2][j / 2][2][element],
                sums[i][r / 2][j / 2][3][element]);
    }
};

/** Factors rounded to tf32. */
template <int M, int N> struct Tf32 : TensorCoreSums<M, N> {
    template <typename A, typename B> __device__ __forceinline__ void multiply(const float* a, const float* b, int rowQuad, int columnQuad, const Lane& lane) {
#pragma unroll
        for (int step = 0; step < QUADS_OF_DEPTH / 4; step++) {
            uint32_t right[N / 2][QUAD][QUAD];
#pragma unroll
            for (int j = 0; j < N / 2; j++) {
                float values[QUAD][QUAD];
                B::read(b, columnQuad + 8 * j + lane.quad(), 4 * step + lane.member, values);
                round(values, right[j]);
            }
#pragma unroll
            for (int i = 0; i < M; i++) {
                float values[QUAD][QUAD];
                uint32_t left[QUAD][QUAD];
                A::read(a, rowQuad + 8 * i + lane.quad(), 4 * step + lane.member, values);
                round(values, left);
#pragma unroll
                for (int k = 0; k < QUAD; k += 2) {
#pragma unroll
                    for (int half = 0; half < 2; half++) {
                        const uint32_t fragment[4] = {left[2 * half][k], left[2 * half + 1][k], left[2 * half][k + 1], left[2 * half + 1][k + 1]};
#pragma unroll
                        for (int j = 0; j < N / 2; j++) {
#pragma unroll
                            for (int e = 0; e < QUAD; e++) {
                                mmaTf32(this->sums[i][half][j][e], fragment, &right[j][e][k]);
                            }
                        }
                    }
                }
            }
        }
    }

    static __device__ __forceinline__ void round(const float values[QUAD][QUAD], uint32_t rounded[QUAD][QUAD]) {
#pragma unroll
        for (int i = 0; i < QUAD * QUAD; i++) {
            rounded[i / QUAD][i % QUAD] = roundTf32(values[i / QUAD][i % QUAD]);
        }
    }
};

/** Factors rounded to bf16. */
template <int M, int N> struct Bf16 : TensorCoreSums<M, N> {
    template <typename A, typename B> __device__ __forceinline__ void multiply(const float* a, const float* b, int rowQuad, int columnQuad, const Lane& lane) {
#pragma unroll
        for (int step = 0; step < QUADS_OF_DEPTH / 4; step++) {
            uint32_t right[N / 2][QUAD][2];
#pragma unroll
            for (int j = 0; j < N / 2; j++) {
                float values[QUAD][QUAD];
                B::read(b, columnQuad + 8 * j + lane.quad(), 4 * step + lane.member, values);
                pack(values, right[j]);
            }
#pragma unroll
            for (int i = 0; i < M; i++) {
                float values[QUAD][QUAD];
                uint32_t left[QUAD][2];
                A::read(a, rowQuad + 8 * i + lane.quad(), 4 * step + lane.member, values);
                pack(values, left);
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    const uint32_t fragment[4] = {left[2 * half][0], left[2 * half + 1][0], left[2 * half][1], left[2 * half + 1][1]};
#pragma unroll
                    for (int j = 0; j < N / 2; j++) {
#pragma unroll
                        for (int e = 0; e < QUAD; e++) {
                            mmaBf16(this->sums[i][half][j][e], fragment, right[j][e]);
                        }
                    }
                }
            }
        }
    }

    static __device__ __forceinline__ void pack(const float values[QUAD][QUAD], uint32_t packed[QUAD][2]) {
#pragma unroll
        for (int i = 0; i < QUAD; i++) {
            packed[i][0] = packBf16x2(values[i][0], values[i][1]);
            packed[i][1] = packBf16x2(values[i][2], values[i][3]);
        }
    }
};

/** Which of the elements 4·i … 4·i + 3 of c dropout keeps, as bits. */
template <typename P> __device__ __forceinline__ unsigned kept(const P& p, int64_t i) {
    return philoxAtLeast(static_cast<uint64_t>(p.seed), static_cast<uint64_t>(p.stream), i, p.threshold);
}

/** What dropout multiplies element at of c by. */
template <typename P> __device__ __forceinline__ auto dropoutFactor(const P& p, int64_t at) {
    return p.threshold == 0 || (kept(p, at / QUAD) >> at % QUAD & 1) != 0 ? p.scale : 0;
}

/** The end of one element. */
__device__ __forceinline__ float finish(const Problem& p, float sum, int column, int64_t at) {
    float value = p.alpha * sum;
    if (p.bias != nullptr) {
        value += p.bias[column];
    }
    if (p.flags & GELU) {
        p.pre[at] = value;
        return dropoutFactor(p, at) * gelu(value);
    }
    if (p.flags & GELU_GRADIENT) {
        return dropoutFactor(p, at) * value * geluDerivative(p.pre[at]);
    }
    return p.beta == 0 ? value : fmaf(p.beta, p.c[at], value);
}

/** The end of four elements of a row, whose first one is at a multiple of four floats. */
__device__ __forceinline__ void finishFour(const Problem& p, float4 sum, int column, int64_t at) {
    float value[QUAD] = {p.alpha * sum.x, p.alpha * sum.y, p.alpha * sum.z, p.alpha * sum.w};
    if (p.bias != nullptr) {
        float4 bias = *reinterpret_cast<const float4*>(p.bias + column);
        value[0] += bias.x;
        value[1] += bias.y;
        value[2] += bias.z;
        value[3] += bias.w;
    }
    if (p.flags & (GELU | GELU_GRADIENT)) {
        const unsigned keeps = p.threshold == 0 ? ~0u : kept(p, at / QUAD);
        float4* pre = reinterpret_cast<float4*>(p.pre + at);
        if (p.flags & GELU) {
            *pre = make_float4(value[0], value[1], value[2], value[3]);
#pragma unroll
            for (int i = 0; i < QUAD; i++) {
                value[i] = (keeps >> i & 1) != 0 ? p.scale * gelu(value[i]) : 0;
            }
        } else {
            const float before[QUAD] = {pre->x, pre->y, pre->z, pre->w};
#pragma unroll
            for (int i = 0; i < QUAD; i++) {
                value[i] = (keeps >> i & 1) != 0 ? p.scale * value[i] * geluDerivative(before[i]) : 0;
            }
        }
    } else if (p.beta != 0) {
        float4 old = *reinterpret_cast<const float4*>(p.c + at);
        value[0] = fmaf(p.beta, old.x, value[0]);
        value[1] = fmaf(p.beta, old.y, value[1]);
        value[2] = fmaf(p.beta, old.z, value[2]);
        value[3] = fmaf(p.beta, old.w, value[3]);
    }
    *reinterpret_cast<float4*>(p.c + at) = make_float4(value[0], value[1], value[2], value[3]);
}

/** The end of up to four elements of a row, those that exist. */
__device__ __forceinline__ void store(const Problem& p, float4 sum, int row, int column) {
    if (row >= p.m || column >= p.n) {
        return;
    }
    int64_t at = static_cast<int64_t>(row) * p.strideC + column;
    if (p.flags & VECTOR_C) {
        finishFour(p, sum, column, at);
    } else {
        // not unrolled: rare, and the code of four GELUs is long
#pragma unroll 1
        for (int i = 0; i < min(QUAD, p.n - column); i++) {
            p.c[at + i] = finish(p, i == 0 ? sum.x : i == 1 ? sum.y : i == 2 ? sum.z : sum.w, column + i, at + i);
        }
    }
}

/** A tile shape: WARPS_M × WARPS_N warps of 32·M × 16·N elements each. */
template <template <int, int> class Multiply, int WARPS_M, int WARPS_N, int M, int N, int STAGES, bool TRANSPOSE_A, bool TRANSPOSE_B> struct Block {
    static constexpr int THREADS = WARPS_M * WARPS_N * WARP;
    static constexpr int ROWS = WARPS_M * M * 32;
    static constexpr int COLUMNS = WARPS_N * N * 16;
    using TileA = Tile<ROWS, !TRANSPOSE_A, THREADS>;
    using TileB = Tile<COLUMNS, TRANSPOSE_B, THREADS>;
    static constexpr int STAGE = TileA::FLOATS + TileB::FLOATS;
    static constexpr int SHARED_BYTES = STAGES * STAGE * static_cast<int>(sizeof(float));

    /**
     * Computes tile (tileM, tileN), or slice number slice of slices of it.
     *
     * @param p of which all but the operands is used
     * @param terms the products that are added up
     * @param partial room for slices · ROWS · COLUMNS floats of this tile
     * @param finished of this tile, zero before and after
     */
    template <int COUNT>
    static __device__ __forceinline__ void run(const Problem& p, const Terms<COUNT>& terms, int tileM, int tileN, int slice, int slices, float* partial,
            int* finished, float* stages) {
        const Lane lane;
        const int row = tileM * ROWS;
        const int column = tileN * COLUMNS;
        const int steps = Walk<COUNT, DEPTH>::steps(terms);
        const int perSlice = (steps + slices - 1) / slices;
        const int first = min(slice * perSlice, steps);
        const int count = min(perSlice, steps - first);
        Walk<COUNT, DEPTH> walk(terms, first);
        Term term = walk.term();
        const float* a = term.a + (TRANSPOSE_A ? row : static_cast<int64_t>(row) * term.strideA);
        const float* b = term.b + (TRANSPOSE_B ? static_cast<int64_t>(column) * term.strideB : column);
        a += static_cast<int64_t>(walk.before()) * DEPTH * (TRANSPOSE_A ? term.strideA : 1);
        b += static_cast<int64_t>(walk.before()) * DEPTH * (TRANSPOSE_B ? 1 : term.strideB);
        const int rowQuad = lane.warp / WARPS_N * M * 8;
        const int columnQuad = lane.warp % WARPS_N * N * 4;

        Multiply<M, N> product;
        product.clear();
        int writing = 0;
        int reading = 0;
        // the first STAGES - 1 rounds only copy
#pragma unroll 1
        for (int step = 1 - STAGES; step < count; step++) {
            if (step >= 0) {
                copyAsyncWait<STAGES - 2>();
                __syncthreads();
            }
            const int ahead = step + STAGES - 1;
            if (ahead < count) {
                float* stage = stages + writing * STAGE;
                TileA::load(stage, a, term.strideA, p.m - row, walk.left, term.flags & VECTOR_A);
                TileB::load(stage + TileA::FLOATS, b, term.strideB, p.n - column, walk.left, term.flags & VECTOR_B);
                if (walk.next()) {
                    term = walk.term();
                    a = term.a + (TRANSPOSE_A ? row : static_cast<int64_t>(row) * term.strideA);
                    b = term.b + (TRANSPOSE_B ? static_cast<int64_t>(column) * term.strideB : column);
                } else {
                    a += static_cast<int64_t>(DEPTH) * (TRANSPOSE_A ? term.strideA : 1);
                    b += static_cast<int64_t>(DEPTH) * (TRANSPOSE_B ? 1 : term.strideB);
                }
                writing = writing + 1 == STAGES ? 0 : writing + 1;
            }
            copyAsyncCommit();
            if (step >= 0) {
                const float* stage = stages + reading * STAGE;
                product.template multiply<TileA, TileB>(stage, stage + TileA::FLOATS, rowQuad, columnQuad, lane);
                reading = reading + 1 == STAGES ? 0 : reading + 1;
            }
        }
        copyAsyncWait<0>();
        __syncthreads();

        // through shared memory, so that c is accessed by whole rows
#pragma unroll
        for (int part = 0; part < M * QUAD * N; part++) {
            int r = 4 * (rowQuad + part / (QUAD * N) * 8 + lane.quad()) + part / N % QUAD;
            *sum(stages, r, columnQuad + part % N * 4 + lane.member) = product.row(part / (QUAD * N), part / N % QUAD, part % N);
        }
        __syncthreads();
        float4* parts = reinterpret_cast<float4*>(partial);
        if (slices > 1) {
            for (int piece = threadIdx.x; piece < ROWS * PIECES_OF_ROW; piece += THREADS) {
                parts[slice * ROWS * PIECES_OF_ROW + piece] = *sum(stages, piece / PIECES_OF_ROW, piece % PIECES_OF_ROW);
            }
            if (!isLast(finished, slices)) {
                return;
            }
        }
        for (int piece = threadIdx.x; piece < ROWS * PIECES_OF_ROW; piece += THREADS) {
            int r = piece / PIECES_OF_ROW;
            int part = piece % PIECES_OF_ROW;
            float4 total;
            if (slices > 1) {
                total = parts[piece];
                for (int other = 1; other < slices; other++) {
                    float4 more = parts[other * ROWS * PIECES_OF_ROW + piece];
                    total = make_float4(total.x + more.x, total.y + more.y, total.z + more.z, total.w + more.w);
                }
            } else {
                total = *sum(stages, r, part);
            }
            store(p, total, row + r, column + part * QUAD);
        }
    }

  private:
    static constexpr int PIECES_OF_ROW = COLUMNS / QUAD;
    static_assert(ROWS * COLUMNS <= STAGES * STAGE, "the sums fit where the tiles were");

    /** Where a piece of a row of sums lies; lanes of one access write rows sixteen apart. */
    static __device__ __forceinline__ float4* sum(float* sums, int row, int piece) {
        return reinterpret_cast<float4*>(sums) + row * PIECES_OF_ROW + (piece ^ (row / 16 % 2 * 4));
    }

    /** Whether all other slices of the tile are written, and seen by this block. */
    static __device__ __forceinline__ bool isLast(int* finished, int slices) {
        __shared__ int before;
        __threadfence();
        __syncthreads();
        if (threadIdx.x == 0) {
            before = atomicAdd(finished, 1);
            if (before == slices - 1) {
                *finished = 0;
            }
        }
        __syncthreads();
        __threadfence();
        return before == slices - 1;
    }
};

/** Where a block of a launch works: tiles of columns run fastest, then rows, slices, batch. */
struct Place {
    int tileM, tileN, slice, batch;

    __device__ __forceinline__ Place(int block, int m, int n, int rows, int columns, int slices) {
        const int across = (n + columns - 1) / columns;
        const int down = (m + rows - 1) / rows;
        tileN = block % across;
        block /= across;
        tileM = block % down;
        block /= down;
        slice = block % slices;
        batch = block / slices;
    }

    /** The tile's number among those of all problems of the batch. */
    __device__ __forceinline__ int tile(int m, int n, int rows, int columns) const {
        return (batch * ((m + rows - 1) / rows) + tileM) * ((n + columns - 1) / columns) + tileN;
    }
};

} // namespace gemm
