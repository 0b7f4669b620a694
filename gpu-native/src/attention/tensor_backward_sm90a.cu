/*
 * FlashIPA backward with warpgroup products, for one slab of values: the pattern of tensor_backward.cu, 64 FIXED rows (keys, or queries) against tiles of 64
 * streamed rows, with the fixed factors in registers.
 *   warpgroup 0   copies: the fixed rows, then the tiles, into three stages
 *   warpgroup 1   S and weights; with keys fixed also dV = P·dO
 *   warpgroup 2   dP − D and dS, with the weights that warpgroup 1 leaves in shared memory in the order of the threads; dK = dS·Q, or dQ = dS·K
 * A compute thread has 240 registers: warpgroup 1 holds 52 words of K (or Q), 116 sums and 32 logits, warpgroup 2 68 words of V (or G), 92 sums and 32 values
 * of dP.
 * The products of one warpgroup run while the other computes exponentials or dS.
 */
#include "attention/tensor.cuh"
#include "common/sm90a.cuh"

namespace tensorcore {

__device__ __forceinline__ void multiplyWide(float (&d)[116], const uint32_t (&a)[4], uint64_t b) {
    wgmma64x232(d, a, b);
}
__device__ __forceinline__ void multiplyWide(float (&d)[92], const uint32_t (&a)[4], uint64_t b) {
    wgmma64x184(d, a, b);
}
__device__ __forceinline__ void multiplyWide(float (&d)[100], const uint32_t (&a)[4], uint64_t b) {
    wgmma64x200(d, a, b);
}

/** OWN: columns of Q16 and K16 with scalars, both parts of the points once, and the ones. */
template <bool KEYS_FIXED, int KW, int OWN> struct WideBackward {
    static constexpr int VW = 264;
    /** Unique columns of values. */
    static constexpr int OWN_VALUES = 232;
    static constexpr int TILE = 64;
    static constexpr int GROUP_THREADS = 4 * WARP;
    static constexpr int THREADS = 3 * GROUP_THREADS;
    static constexpr int STAGES = 3;

    static constexpr int SCORES = TILE * KW * 2;
    static constexpr int VALUES = TILE * VW * 2;
    /** The last step along the depth of values reads a block too much, times zero. */
    static constexpr int TERMS = SCORES + VALUES + BLOCK;
    static constexpr int STAGE = TERMS + 2 * TILE * 4;
    static constexpr int EXCHANGE = TILE * TILE * 2;
    static constexpr int EXCHANGES = 2;
    static constexpr int EXCHANGE_AT = STAGES * STAGE;
    /** Coordinates of the fixed rows, both parts together. */
    static constexpr int MOST_COORDINATES = OWN / 2;
    static constexpr int COORDINATES = EXCHANGE_AT + EXCHANGES * EXCHANGE;
    static constexpr int BARRIERS = COORDINATES + TILE * MOST_COORDINATES * 4;
    /** What undoes the scale of gradients, and the point weight of the head: read early, used late. */
    static constexpr int FACTORS = BARRIERS + (2 * STAGES + 2 * EXCHANGES) * 8;
    static constexpr int SHARED = FACTORS + 2 * 4;
    static_assert(SHARED <= 227 * 1024 - 64 && STAGE % 128 == 0 && TILE * OWN * 4 <= STAGES * STAGE, "shared memory");

    struct Arguments : BackwardArguments {
        int width;
    };

    /** Where a block works. */
    struct Place {
        int head;
        /** First row of the block's in fp32 matrices. */
        int64_t row;
        /** First row of the sequence in fp16 matrices. */
        int64_t headRow;
        int first;
        int length;
        int lane;
        int warp;
    };

    struct Barriers {
        uint64_t* full;
        uint64_t* empty;
        uint64_t* weightsFull;
        uint64_t* weightsEmpty;
    };

    static __device__ __forceinline__ void run(const Arguments& a, int head) {
        SHARED_MEMORY(shared);
        int sequence = static_cast<int>(blockIdx.z);
        int start = a.starts[sequence];
        Place at;
        at.head = head;
        at.length = a.starts[sequence + 1] - start;
        at.first = static_cast<int>(blockIdx.x) * TILE;
        at.headRow = static_cast<int64_t>(head) * paddedRows(a.residues, static_cast<int>(gridDim.z)) + paddedStart(start, sequence);
        at.row = static_cast<int64_t>(head) * a.residues + start + at.first;
        int thread = static_cast<int>(threadIdx.x);
        at.lane = thread % WARP;
        at.warp = thread % GROUP_THREADS / WARP;
        float* weightGradient = a.weightGradients + ((static_cast<int64_t>(head) * 2 + (KEYS_FIXED ? 0 : 1)) * gridDim.z + sequence) * gridDim.x + blockIdx.x;
        if (at.first >= at.length) {
            if (thread == 0) {
                *weightGradient = 0;
            }
            return;
        }
        Barriers barriers;
        barriers.full = reinterpret_cast<uint64_t*>(shared + BARRIERS);
        barriers.empty = barriers.full + STAGES;
        barriers.weightsFull = barriers.empty + STAGES;
        barriers.weightsEmpty = barriers.weightsFull + EXCHANGES;
        float* factors = reinterpret_cast<float*>(shared + FACTORS);
        if (thread == WARP) {
            factors[0] = 1 / gradientScale(a.largest[head], a.largest[a.heads + head]);
            factors[1] = a.w[head];
        }
        if (thread == 0) {
            for (int stage = 0; stage < STAGES; stage++) {
                barrierInit(barriers.full + stage, 1);
                barrierInit(barriers.empty + stage, 2 * GROUP_THREADS);
            }
            for (int buffer = 0; buffer < EXCHANGES; buffer++) {
                barrierInit(barriers.weightsFull + buffer, GROUP_THREADS);
                barrierInit(barriers.weightsEmpty + buffer, GROUP_THREADS);
            }
        }
        int tiles = (at.length + TILE - 1) / TILE;
        if (tiles <= STAGES) {
            /* Rows that do not exist must be numbers, as their factors are zero. Later tiles find there what earlier ones left. */
            for (int i = thread; i < STAGES * STAGE / 16; i += THREADS) {
                *reinterpret_cast<uint4*>(shared + i * 16) = make_uint4(0, 0, 0, 0);
            }
        } else if (thread < STAGES * BLOCK / 4) {
            *reinterpret_cast<float*>(shared + thread / WARP * STAGE + SCORES + VALUES + thread % WARP * 4) = 0;
        }
        asyncFence();
        __syncthreads();

        if (thread < GROUP_THREADS) {
            releaseRegisters<24>();
            if (thread == 0) {
                copy(a, at, shared, barriers, tiles);
            }
        } else if (thread < 2 * GROUP_THREADS) {
            takeRegisters<240>();
            weigh(a, at, shared, barriers, tiles);
        } else {
            takeRegisters<240>();
            differentiate(a, at, shared, barriers, tiles, weightGradient);
        }
    }

    /** Item 0 of the stages is the fixed tile, item i the streamed tile i − 1. */
    static __device__ __forceinline__ void copy(const Arguments& a, const Place& at, unsigned char* shared, const Barriers& barriers, int tiles) {
        for (int item = 0; item <= tiles; item++) {
            int stage = item % STAGES;
            bool keys = (item == 0) == KEYS_FIXED;
            int first = item == 0 ? at.first : (item - 1) * TILE;
            int64_t row = at.headRow + first;
            unsigned groups = static_cast<unsigned>((min(at.length - first, TILE) + EDGE - 1) / EDGE);
            unsigned char* to = shared + stage * STAGE;
            uint64_t* full = barriers.full + stage;
            barrierWait(barriers.empty + stage, item / STAGES % 2 ^ 1);
            barrierExpect(full, groups * (EDGE * (KW + VW) * 2 + (keys ? 1 : 2) * EDGE * 4));
            copyBulk(to, (keys ? a.k : a.q) + row * KW, groups * (EDGE * KW * 2), full);
            copyBulk(to + SCORES, (keys ? a.v : a.g) + row * VW, groups * (EDGE * VW * 2), full);
            copyBulk(to + TERMS, (keys ? a.keyBias : a.minusLse) + row, groups * (EDGE * 4), full);
            if (!keys) {
                copyBulk(to + TERMS + TILE * 4, a.minusD + row, groups * (EDGE * 4), full);
            }
        }
    }

    /** This warp's 16 fixed rows as left factors. */
    template <int DEPTH> static __device__ __forceinline__ void keep(uint32_t (&fixed)[(DEPTH + 15) / 16][4], const unsigned char* rows, const Place& at) {
        const unsigned char* lane = rows + blockOffset(DEPTH, at.warp * 16, 0) + leftOffset(DEPTH, at.lane);
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++) {
            ldmatrix4(fixed[k], lane + blockOffset(DEPTH, 0, k * 16));
        }
        if (DEPTH % 16 != 0) {
            constexpr int LAST = DEPTH / 16;
            uint32_t half[2];
            ldmatrix2(half, rows + blockOffset(DEPTH, at.warp * 16, LAST * 16) + at.lane % 8 * 16 + at.lane / 8 % 2 * DEPTH * EDGE * 2);
            fixed[LAST][0] = half[0];
            fixed[LAST][1] = half[1];
            fixed[LAST][2] = fixed[LAST][3] = 0;
        }
    }

    /** s += fixed·streamedᵀ */
    template <int DEPTH>
    static __device__ __forceinline__ void multiply(float (&s)[TILE / 2], const uint32_t (&fixed)[(DEPTH + 15) / 16][4], const unsigned char* streamed) {
        uint64_t b = matrixDescriptor(streamed, BLOCK, EDGE * DEPTH * 2);
#pragma unroll
        for (int k = 0; k < (DEPTH + 15) / 16; k++) {
            wgmma64x64(s, fixed[k], b + k * (2 * BLOCK / 16));
        }
    }

    /** sums += factors·streamed */
    template <int COLUMNS, int SIZE>
    static __device__ __forceinline__ void collect(float (&sums)[SIZE], const uint32_t (&factors)[TILE / 16][4], const unsigned char* streamed) {
        uint64_t b = matrixDescriptor(streamed, EDGE * COLUMNS * 2, BLOCK);
#pragma unroll
        for (int k = 0; k < TILE / 16; k++) {
            multiplyWide(sums, factors[k], b + k * (2 * EDGE * COLUMNS * 2 / 16));
        }
    }

    template <int SIZE> static __device__ __forceinline__ void clear(float (&sums)[SIZE]) {
#pragma unroll
        for (int i = 0; i < SIZE; i++) {
            sums[i] = 0;
        }
    }

    /** Terms of the fixed rows of this thread. */
    static __device__ __forceinline__ void rowTerms(float (&terms)[2], const unsigned char* from, const Place& at) {
        const float* values = reinterpret_cast<const float*>(from) + at.warp * 16 + at.lane / 4;
        terms[0] = values[0];
        terms[1] = values[8];
    }

    static __device__ __forceinline__ float2 columnTerms(const unsigned char* from, int n, int lane) {
        return *reinterpret_cast<const float2*>(from + (n * 8 + lane % 4 * 2) * 4);
    }

    static __device__ __forceinline__ bool there(int i, int count, int lane) {
        return i / 4 * 8 + lane % 4 * 2 + i % 2 < count;
    }

    /** Warpgroup 1. */
    static __device__ __forceinline__ void weigh(const Arguments& a, const Place& at, unsigned char* shared, const Barriers& barriers, int tiles) {
        uint32_t fixed[KW / 16][4];
        float terms[2];
        barrierWait(barriers.full, 0);
        keep<KW>(fixed, shared, at);
        rowTerms(terms, shared + TERMS, at);
        barrierArrive(barriers.empty);

        float sums[OWN_VALUES / 2];
        if (KEYS_FIXED) {
            clear(sums);
        }
        float s[TILE / 2];
        uint32_t p[TILE / 16][4];
        for (int tile = 0; tile < tiles; tile++) {
            int stage = (tile + 1) % STAGES;
            const unsigned char* streamed = shared + stage * STAGE;
            barrierWait(barriers.full + stage, (tile + 1) / STAGES % 2);
            int count = at.length - tile * TILE;
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) {
                float2 column = columnTerms(streamed + TERMS, n, at.lane);
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    s[4 * n + 2 * r] = terms[r] + column.x;
                    s[4 * n + 2 * r + 1] = terms[r] + column.y;
                }
            }
            settle(s);
            wgmmaFence();
            multiply<KW>(s, fixed, streamed);
            wgmmaCommit();
            wgmmaWait<0>();
            settle(s);
            if (!KEYS_FIXED) {
                barrierArrive(barriers.empty + stage);
            }
            if (count < TILE) {
#pragma unroll
                for (int i = 0; i < TILE / 2; i++) {
                    s[i] = there(i, count, at.lane) ? s[i] : NOTHING;
                }
            }
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    p[n / 2][n % 2 * 2 + r] = packHalf2(exp2Fast(s[4 * n + 2 * r]) * WEIGHT_RANGE, exp2Fast(s[4 * n + 2 * r + 1]) * WEIGHT_RANGE);
                }
            }
            int buffer = tile % EXCHANGES;
            unsigned char* out = shared + EXCHANGE_AT + buffer * EXCHANGE + (at.warp * WARP + at.lane) * 16;
            barrierWait(barriers.weightsEmpty + buffer, tile / EXCHANGES % 2 ^ 1);
#pragma unroll
            for (int k = 0; k < TILE / 16; k++) {
                *reinterpret_cast<uint4*>(out + k * (GROUP_THREADS * 16)) = make_uint4(p[k][0], p[k][1], p[k][2], p[k][3]);
            }
            barrierArrive(barriers.weightsFull + buffer);
            if (KEYS_FIXED) {
                settle(p);
                settle(sums);
                wgmmaFence();
                collect<VW>(sums, p, streamed + SCORES);
                wgmmaCommit();
                wgmmaWait<0>();
                settle(sums);
                settle(p);
                barrierArrive(barriers.empty + stage);
            }
        }
        /* Everything has been read: the other warpgroup stages its results over it. */
        syncWarps(1, 2 * GROUP_THREADS);
        if (KEYS_FIXED) {
            float factor = *reinterpret_cast<const float*>(shared + FACTORS) / WEIGHT_RANGE;
#pragma unroll
            for (int r = 0; r < 2; r++) {
                int row = at.warp * 16 + at.lane / 4 + 8 * r;
                if (at.first + row < at.length) {
                    float* out = a.valueGradients + (at.row + row) * a.width;
#pragma unroll
                    for (int i = 0; i < OWN_VALUES / 4; i++) {
                        int column = i / 2 * 8 + at.lane % 4 * 2 + i % 2;
                        if (column < a.width) {
                            out[column] = sums[i / 2 * 4 + 2 * r + i % 2] * factor;
                        }
                    }
                }
            }
        }
    }

    /** Warpgroup 2. */
    static __device__ __forceinline__ void differentiate(const Arguments& a, const Place& at, unsigned char* shared, const Barriers& barriers, int tiles,
                                                         float* weightGradient) {
        uint32_t fixed[(VW + 15) / 16][4];
        float terms[2] = {0, 0};
        barrierWait(barriers.full, 0);
        keep<VW>(fixed, shared + SCORES, at);
        if (!KEYS_FIXED) {
            rowTerms(terms, shared + TERMS + TILE * 4, at);
        }
        float* coordinates = reinterpret_cast<float*>(shared + COORDINATES) + at.warp * 16 * MOST_COORDINATES;
        keepCoordinates(a, coordinates, reinterpret_cast<const uint16_t*>(shared) + at.warp * 16 * KW, at.lane);
        barrierArrive(barriers.empty);

        float sums[OWN / 2];
        clear(sums);
        float s[TILE / 2];
        uint32_t ds[TILE / 16][4];
        for (int tile = 0; tile < tiles; tile++) {
            int stage = (tile + 1) % STAGES;
            const unsigned char* streamed = shared + stage * STAGE;
            barrierWait(barriers.full + stage, (tile + 1) / STAGES % 2);
            int count = at.length - tile * TILE;
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) {
                float2 column = KEYS_FIXED ? columnTerms(streamed + TERMS + TILE * 4, n, at.lane) : make_float2(0, 0);
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    s[4 * n + 2 * r] = terms[r] + column.x;
                    s[4 * n + 2 * r + 1] = terms[r] + column.y;
                }
            }
            settle(s);
            wgmmaFence();
            multiply<VW>(s, fixed, streamed + SCORES);
            wgmmaCommit();
            wgmmaWait<0>();
            settle(s);
            if (count < TILE) {
                /* The rows are zeros, but their terms may be anything. */
#pragma unroll
                for (int i = 0; i < TILE / 2; i++) {
                    s[i] = there(i, count, at.lane) ? s[i] : 0;
                }
            }
            int buffer = tile % EXCHANGES;
            const unsigned char* from = shared + EXCHANGE_AT + buffer * EXCHANGE + (at.warp * WARP + at.lane) * 16;
            barrierWait(barriers.weightsFull + buffer, tile / EXCHANGES % 2);
#pragma unroll
            for (int k = 0; k < TILE / 16; k++) {
                uint4 words = *reinterpret_cast<const uint4*>(from + k * (GROUP_THREADS * 16));
                uint32_t weights[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    float2 p = unpackHalf2(weights[i]);
                    ds[k][i] = packHalf2(p.x * (s[8 * k + 2 * i] * (1 / WEIGHT_RANGE)), p.y * (s[8 * k + 2 * i + 1] * (1 / WEIGHT_RANGE)));
                }
            }
            barrierArrive(barriers.weightsEmpty + buffer);
            settle(ds);
            settle(sums);
            wgmmaFence();
            collect<KW>(sums, ds, streamed);
            wgmmaCommit();
            wgmmaWait<0>();
            settle(sums);
            settle(ds);
            barrierArrive(barriers.empty + stage);
        }
        syncWarps(1, 2 * GROUP_THREADS);
        float* staged = reinterpret_cast<float*>(shared);
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float* out = staged + (at.warp * 16 + at.lane / 4 + 8 * r) * OWN + at.lane % 4 * 2;
#pragma unroll
            for (int n = 0; n < OWN / 8; n++) {
                *reinterpret_cast<float2*>(out + n * 8) = make_float2(sums[4 * n + 2 * r], sums[4 * n + 2 * r + 1]);
            }
        }
        __syncwarp();
        const float* factors = reinterpret_cast<const float*>(shared + FACTORS);
        int firstRow = at.warp * 16;
        float* out = a.scoreGradients + (at.row + firstRow) * (a.scalars + a.coordinates);
        float share = warpSum(writeScores<KEYS_FIXED, 16, OWN>(out, staged + firstRow * OWN, at.length - at.first - firstRow,
            ScoreGradients{a.scalars, a.coordinates, factors[1], factors[0]}, at.lane,
            [&](int row, int d) { return coordinates[row * MOST_COORDINATES + d]; }));
        float* shares = reinterpret_cast<float*>(shared + EXCHANGE_AT);
        if (at.lane == 0) {
            shares[at.warp] = share;
        }
        syncWarps(2, GROUP_THREADS);
        if (at.warp == 0 && at.lane == 0) {
            *weightGradient = shares[0] + shares[1] + shares[2] + shares[3];
        }
    }

    /** The points of a warp's 16 fixed rows, times the root of w·log2(e), before their place is needed for tiles. */
    static __device__ __forceinline__ void keepCoordinates(const Arguments& a, float* coordinates, const uint16_t* rows, int lane) {
        for (int d = lane; d < a.coordinates; d += WARP) {
#pragma unroll 4
            for (int row = 0; row < 16; row++) {
                coordinates[row * MOST_COORDINATES + d] = unpackHalf2(rows[elementAt(KW, row, a.scalars + d)]).x
                        + unpackHalf2(rows[elementAt(KW, row, a.scalars + a.coordinates + d)]).x;
            }
        }
    }
};

template <int KW, int OWN> struct WideBackwards {
    static constexpr int SHARED = WideBackward<true, KW, OWN>::SHARED;

    /** Both kernels in one launch: the first H of blockIdx.y have keys, the others queries. */
    static __device__ __forceinline__ void run(const uint16_t* q, const uint16_t* k, const uint16_t* v, const uint16_t* g, const float* keyBias,
                                               const float* minusLse, const float* minusD, const float* w, const unsigned* largest, const int* starts,
                                               float* dq,
                                               float* dk, float* dv, float* weightGradients, int residues, int heads, int scalars, int coordinates, int width) {
        int head = static_cast<int>(blockIdx.y);
        if (head < heads) {
            WideBackward<true, KW, OWN>::run(
                {q, k, v, g, keyBias, minusLse, minusD, w, largest, starts, dk, dv, weightGradients, residues, heads, scalars, coordinates, width}, head);
        } else {
            WideBackward<false, KW, OWN>::run(
                {q, k, v, g, keyBias, minusLse, minusD, w, largest, starts, dq, dv, weightGradients, residues, heads, scalars, coordinates, width},
                head - heads);
        }
    }
};

} // namespace tensorcore

/*
 * attention_tensor_backward_wide_<score columns>_264: dK, dV and dQ; value rows of at most 232 columns, scalars + 6 coordinates + 2 at most OWN. Grid
 * (ceil(longest sequence / 64), 2·H, B), 384 threads, dynamic shared memory as WideBackward::SHARED.
 */
#define WIDE_BACKWARD(KW, OWN) \
    KERNEL(384, 1) \
    attention_tensor_backward_wide_##KW##_264(const uint16_t* q16, const uint16_t* k16, const uint16_t* v16, const uint16_t* g16, const float* keyBias, \
                                              const float* minusLse, const float* minusD, const float* w, const unsigned* largest, const int* starts, \
                                              float* dq, \
                                              float* dk, float* dv, float* weightGradients, int residues, int heads, int scalars, int coordinates, \
                                              int width) { \
        awaitPrevious(); \
        tensorcore::WideBackwards<KW, OWN>::run(q16, k16, v16, g16, keyBias, minusLse, minusD, w, largest, starts, dq, dk, dv, weightGradients, residues, \
                                                heads, scalars, coordinates, width); \
    } \
    EXPORT(attention_tensor_backward_wide_##KW##_264)

WIDE_BACKWARD(208, 184)
