/*
 * FlashIPA backward on tensor cores: two kernels, each with its own part of every sum, so that no atomics are needed.
 *
 * One pattern for both. A block keeps FIXED rows (keys, or queries) of one head and takes the others in tiles of STREAM by asynchronous copies into one stage
 * or two.
 *   keys fixed:    S, dP [keys × queries];  dV = P·dO, dK = dS·Q
 *   queries fixed: S, dP [queries × keys];  dQ = dS·K
 * Warps 0–3 compute S and P = 2^(S + bias − lse) in tiles of 32 × STREAM/2, at the same time warps 4–7 dP − D likewise; they read P from shared memory and
 * write dS = P·(dP − D). Then dV is warps 0–3's and dK warps 4–7's, by column slices of all FIXED rows; dQ is everybody's, in shares that even out the work.
 * Registers for sm_80 and sm_90a: up to 255, of which 128 are sums; no spills, but for 64 bytes with slabs.
 * Row and column sums of the rounded dS come from the ones in the rows.
 */
#include "attention/tensor.cuh"

namespace tensorcore {

template <bool KEYS_FIXED, bool SLABS, int STREAM, int STAGES, int KW, int VW> struct Backward {
    static constexpr int THREADS = 256;
    static constexpr int FIXED = 64;
    /** 8-column tiles of STREAM in a warp's tile of S and dP. */
    static constexpr int COLUMNS = STREAM / 16;
    static_assert(VW % 32 == 8 && KW % 16 == 0 && STREAM % 32 == 0, "tiles");
    /** 8-column tiles that a warp may own of the products. */
    static constexpr int OWN = 8;

    static constexpr int FIXED_SCORES = FIXED * KW * 2;
    static constexpr int FIXED_VALUES = FIXED * VW * 2;
    static constexpr int STREAM_SCORES = STREAM * KW * 2;
    static constexpr int STREAM_VALUES = STREAM * VW * 2;
    static constexpr int STAGE = STREAM_SCORES + STREAM_VALUES + 2 * STREAM * 4;
    static constexpr int STAGES_AT = FIXED_SCORES + FIXED_VALUES;
    static constexpr int WEIGHTS = STAGES_AT + STAGES * STAGE;
    static constexpr int TILE = FIXED * STREAM * 2;
    static constexpr int TERMS = WEIGHTS + 2 * TILE;
    static constexpr int SHARED = TERMS + 2 * FIXED * 4;
    /** Columns of a staged row of dK or dQ. */
    static constexpr int STAGED = KW;
    static_assert(FIXED * STAGED * 4 <= TERMS - FIXED_SCORES, "dK and dQ are staged over all but the fixed query or key rows");

    struct Arguments : BackwardArguments {
        int slabCount;
        ValueSlabs slabs;
    };

    /** Where a block works. */
    struct Place {
        /** First row of the sequence in fp32 matrices. */
        int64_t row;
        /** The same in fp16 matrices and arrays of a value per row. */
        int64_t headRow;
        int length;
        int first;
        int slab;
        int thread;
        int lane;
        int warp;
    };

    static __device__ __forceinline__ void run(const Arguments& a) {
        SHARED_MEMORY(shared);
        int sequence = static_cast<int>(blockIdx.z);
        int head = static_cast<int>(blockIdx.y) % a.heads;
        int start = a.starts[sequence];
        Place at;
        at.length = a.starts[sequence + 1] - start;
        at.first = static_cast<int>(blockIdx.x) * FIXED;
        at.slab = static_cast<int>(blockIdx.y) / a.heads;
        int rows = paddedRows(a.residues, static_cast<int>(gridDim.z));
        at.row = static_cast<int64_t>(head) * a.residues + start;
        at.headRow = static_cast<int64_t>(head) * rows + paddedStart(start, sequence);
        at.thread = static_cast<int>(threadIdx.x);
        at.lane = at.thread % WARP;
        at.warp = at.thread / WARP;
        float* weightGradient = a.weightGradients + ((static_cast<int64_t>(head) * 2 + (KEYS_FIXED ? 0 : 1)) * gridDim.z + sequence) * gridDim.x + blockIdx.x;
        if (at.first >= at.length) {
            if (at.slab == 0 && at.thread == 0) {
                *weightGradient = 0;
            }
            return;
        }
        const uint16_t* fixedScores = (KEYS_FIXED ? a.k : a.q) + at.headRow * KW;
        const uint16_t* fixedValues = (KEYS_FIXED ? a.v : a.g) + at.headRow * VW;
        const uint16_t* streamScores = (KEYS_FIXED ? a.q : a.k) + at.headRow * KW;
        const uint16_t* streamValues = (KEYS_FIXED ? a.g : a.v) + at.headRow * VW;
        int64_t slabStride = static_cast<int64_t>(a.heads) * rows * VW;
        bool wantsScores = at.slab == 0;

        unsigned char* stages = shared + STAGES_AT;
        unsigned char* weights = shared + WEIGHTS;
        unsigned char* gradients = weights + TILE;
        float* terms = reinterpret_cast<float*>(shared + TERMS);

        int fixedCount = min(at.length - at.first, FIXED);
        copyRows<FIXED, KW, THREADS>(shared, fixedScores + static_cast<int64_t>(at.first) * KW, fixedCount, at.thread);
        if (!SLABS) {
            copyRows<FIXED, VW, THREADS>(shared + FIXED_SCORES, fixedValues + static_cast<int64_t>(at.first) * VW, fixedCount, at.thread);
        }
        copyValues<FIXED>(terms, (KEYS_FIXED ? a.keyBias : a.minusLse) + at.headRow + at.first, fixedCount, at.thread);
        if (!KEYS_FIXED) {
            copyValues<FIXED>(terms + FIXED, a.minusD + at.headRow + at.first, fixedCount, at.thread);
        }
        load(a, at, stages, streamScores, streamValues, 0);
        copyAsyncCommit();

        float sums[4][OWN][4];
#pragma unroll
        for (int m = 0; m < 4; m++) {
#pragma unroll
            for (int n = 0; n < OWN; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    sums[m][n][i] = 0;
                }
            }
        }
        int from;
        int own;
        share(a, at, from, own);
        int row = at.warp % 4 / 2 * 32;
        int column = at.warp % 2 * (STREAM / 2);

        int tiles = (at.length + STREAM - 1) / STREAM;
        for (int tile = 0; tile < tiles; tile++) {
            unsigned char* stage = stages + tile % STAGES * STAGE;
            int count = min(at.length - tile * STREAM, STREAM);
            if (STAGES == 1 && tile > 0) {
                __syncthreads();
                load(a, at, stage, streamScores, streamValues, tile * STREAM);
                copyAsyncCommit();
            }
            copyAsyncWait<0>();
            __syncthreads();
            if (STAGES > 1 && tile + 1 < tiles) {
                load(a, at, stages + (tile + 1) % STAGES * STAGE, streamScores, streamValues, (tile + 1) * STREAM);
                copyAsyncCommit();
            }
            const float* streamTerms = reinterpret_cast<const float*>(stage + STREAM_SCORES + STREAM_VALUES);
            float s[2][COLUMNS][4];
            if (at.warp < 4) {
                begin(s, KEYS_FIXED ? terms + row : streamTerms + column, KEYS_FIXED ? streamTerms + column : terms + row, at.lane);
                multiply<KW>(s, shared + blockOffset(KW, row, 0), stage + blockOffset(KW, column, 0), at.lane);
                weigh(s, weights + blockOffset(STREAM, row, column), count - column, at.lane);
            } else if (!SLABS) {
                beginD(s, KEYS_FIXED ? streamTerms + STREAM + column : terms + FIXED + row, at.lane);
                multiply<VW>(s, shared + FIXED_SCORES + blockOffset(VW, row, 0), stage + STREAM_SCORES + blockOffset(VW, column, 0), at.lane);
            }
            if (SLABS) {
                if (at.warp >= 4) {
                    beginD(s, KEYS_FIXED ? streamTerms + STREAM + column : terms + FIXED + row, at.lane);
                }
                for (int slab = wantsScores ? a.slabCount - 1 : at.slab; slab >= 0 && slab >= at.slab; slab--) {
                    __syncthreads();
                    if (wantsScores) {
                        copyRows<FIXED, VW, THREADS>(shared + FIXED_SCORES, fixedValues + slab * slabStride + static_cast<int64_t>(at.first) * VW, fixedCount,
                                                     at.thread);
                    }
                    copyRows<STREAM, VW, THREADS>(stage + STREAM_SCORES, streamValues + slab * slabStride + static_cast<int64_t>(tile) * STREAM * VW, count,
                                                  at.thread);
                    copyAsyncCommit();
                    copyAsyncWait<0>();
                    __syncthreads();
                    if (wantsScores && at.warp >= 4) {
                        multiply<VW>(s, shared + FIXED_SCORES + blockOffset(VW, row, 0), stage + STREAM_SCORES + blockOffset(VW, column, 0), at.lane);
                    }
                }
            }
            __syncthreads();
            if (at.warp >= 4 && wantsScores) {
                differentiate(s, weights + blockOffset(STREAM, row, column), gradients + blockOffset(STREAM, row, column), at.lane);
            }
            __syncthreads();
            if (KEYS_FIXED && at.warp < 4) {
                collect<VW>(sums, weights, stage + STREAM_SCORES + from * BLOCK, own, at.lane);
            } else if (wantsScores) {
                collect<KW>(sums, gradients, stage + from * BLOCK, own, at.lane);
            }
        }

        float unscale = 1 / gradientScale(a.largest[head], a.largest[a.heads + head]);
        if (KEYS_FIXED && at.warp < 4) {
            writeValues(a, at, sums, from, own, unscale / WEIGHT_RANGE);
        }
        if (wantsScores) {
            __syncthreads();
            float* staged = reinterpret_cast<float*>(shared + FIXED_SCORES);
            if (!KEYS_FIXED || at.warp >= 4) {
                stageScores(staged, sums, from, own, at.lane);
            }
            __syncthreads();
            writeGradients(a, at, staged, reinterpret_cast<const uint16_t*>(shared), a.w[head], unscale, weightGradient);
        }
    }

    static __device__ __forceinline__ void load(const Arguments& a, const Place& at, unsigned char* stage, const uint16_t* scores, const uint16_t* values,
                                                int from) {
        int count = min(at.length - from, STREAM);
        float* terms = reinterpret_cast<float*>(stage + STREAM_SCORES + STREAM_VALUES);
        copyRows<STREAM, KW, THREADS>(stage, scores + static_cast<int64_t>(from) * KW, count, at.thread);
        if (!SLABS) {
            copyRows<STREAM, VW, THREADS>(stage + STREAM_SCORES, values + static_cast<int64_t>(from) * VW, count, at.thread);
        }
        copyValues<STREAM>(terms, (KEYS_FIXED ? a.minusLse : a.keyBias) + at.headRow + from, count, at.thread);
        if (KEYS_FIXED) {
            copyValues<STREAM>(terms + STREAM, a.minusD + at.headRow + from, count, at.thread);
        }
    }

    /** The 8-column tiles [from, from + own) of this warp in its product. */
    static __device__ __forceinline__ void share(const Arguments& a, const Place& at, int& from, int& own) {
        int index = at.warp % 4;
        if (KEYS_FIXED && at.warp < 4) {
            int tiles = (a.slabs.count(at.slab) + 7) / 8;
            from = tiles * index / 4;
            own = tiles * (index + 1) / 4 - from;
            return;
        }
        /* All scalars, both parts of the points, and the two ones. */
        int tiles = (a.scalars + 2 * a.coordinates + 2 + 7) / 8;
        if (KEYS_FIXED) {
            from = tiles * index / 4;
            own = tiles * (index + 1) / 4 - from;
            return;
        }
        int each = min(OWN, (tiles + 5) / 6);
        int rest = max(tiles - 4 * each, 0);
        if (at.warp < 4) {
            from = min(each * index, tiles);
            own = min(each, tiles - from);
        } else {
            from = 4 * each + rest * index / 4;
            own = 4 * each + rest * (index + 1) / 4 - from;
        }
    }

    /** Terms of the logits of a warp's tile: those of its rows and those of its columns. */
    static __device__ __forceinline__ void begin(float s[2][COLUMNS][4], const float* keyTerms, const float* queryTerms, int lane) {
        const float* rowTerms = KEYS_FIXED ? keyTerms : queryTerms;
        const float* columnTerms = KEYS_FIXED ? queryTerms : keyTerms;
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) {
            float2 column = *reinterpret_cast<const float2*>(columnTerms + n * 8 + lane % 4 * 2);
#pragma unroll
            for (int m = 0; m < 2; m++) {
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    float row = rowTerms[m * 16 + r * 8 + lane / 4];
                    s[m][n][2 * r] = row + column.x;
                    s[m][n][2 * r + 1] = row + column.y;
                }
            }
        }
    }

    /** −D of the queries, which are the tile's columns, or rows. */
    static __device__ __forceinline__ void beginD(float s[2][COLUMNS][4], const float* minusD, int lane) {
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
            for (int m = 0; m < 2; m++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    s[m][n][i] = KEYS_FIXED ? minusD[n * 8 + lane % 4 * 2 + i % 2] : minusD[m * 16 + i / 2 * 8 + lane / 4];
                }
            }
        }
    }

    /** s += left·rightᵀ over DEPTH columns of 32 rows and STREAM/2 rows. */
    template <int DEPTH>
    static __device__ __forceinline__ void multiply(float s[2][COLUMNS][4], const unsigned char* left, const unsigned char* right, int lane) {
        const unsigned char* leftLane = left + leftOffset(DEPTH, lane);
        const unsigned char* rightLane = right + rightOffset(DEPTH, lane);
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++) {
            uint32_t a[2][4];
            ldmatrix4(a[0], leftLane + blockOffset(DEPTH, 0, k * 16));
            ldmatrix4(a[1], leftLane + blockOffset(DEPTH, 16, k * 16));
#pragma unroll
            for (int n = 0; n < COLUMNS; n += 2) {
                uint32_t b[4];
                ldmatrix4(b, rightLane + blockOffset(DEPTH, n * 8, k * 16));
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    mmaF16(s[m][n], a[m], b);
                    mmaF16(s[m][n + 1], a[m], b + 2);
                }
            }
        }
        if (DEPTH % 16 != 0) {
            /* The last 8 columns: rows of two blocks under each other. */
            int lastLane = lane % 8 * 16 + lane / 8 % 2 * DEPTH * EDGE * 2;
            constexpr int LAST = DEPTH / 16 * 16;
            uint32_t a[2][4];
#pragma unroll
            for (int m = 0; m < 2; m++) {
                ldmatrix2(a[m], left + lastLane + blockOffset(DEPTH, m * 16, LAST));
                a[m][2] = a[m][3] = 0;
            }
#pragma unroll
            for (int n = 0; n < COLUMNS; n += 2) {
                uint32_t b[2];
                ldmatrix2(b, right + lastLane + blockOffset(DEPTH, n * 8, LAST));
                uint32_t b0[2] = {b[0], 0};
                uint32_t b1[2] = {b[1], 0};
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    mmaF16(s[m][n], a[m], b0);
                    mmaF16(s[m][n + 1], a[m], b1);
                }
            }
        }
    }

    /** Weights of a warp's tile into shared memory; columns from count on do not exist. */
    static __device__ __forceinline__ void weigh(float s[2][COLUMNS][4], unsigned char* weights, int count, int lane) {
        if (count < STREAM / 2) {
#pragma unroll
            for (int n = 0; n < COLUMNS; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    bool there = n * 8 + lane % 4 * 2 + i % 2 < count;
                    s[0][n][i] = there ? s[0][n][i] : NOTHING;
                    s[1][n][i] = there ? s[1][n][i] : NOTHING;
                }
            }
        }
        unsigned char* out = weights + lane * 4;
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
#pragma unroll
                for (int n = 0; n < COLUMNS; n++) {
                    *reinterpret_cast<uint32_t*>(out + blockOffset(STREAM, m * 16 + r * 8, n * 8)) =
                        packHalf2(exp2Fast(s[m][n][2 * r]) * WEIGHT_RANGE, exp2Fast(s[m][n][2 * r + 1]) * WEIGHT_RANGE);
                }
            }
        }
    }

    /** dS of a warp's tile into shared memory, from dP − D and the weights. */
    static __device__ __forceinline__ void differentiate(const float s[2][COLUMNS][4], const unsigned char* weights, unsigned char* gradients, int lane) {
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
#pragma unroll
                for (int n = 0; n < COLUMNS; n++) {
                    int at = lane * 4 + blockOffset(STREAM, m * 16 + r * 8, n * 8);
                    float2 p = unpackHalf2(*reinterpret_cast<const uint32_t*>(weights + at));
                    *reinterpret_cast<uint32_t*>(gradients + at) =
                        packHalf2(p.x * (s[m][n][2 * r] * (1 / WEIGHT_RANGE)), p.y * (s[m][n][2 * r + 1] * (1 / WEIGHT_RANGE)));
                }
            }
        }
    }

    /** sums += factors·rows: all FIXED rows and `own` 8-column tiles. */
    template <int COLS>
    static __device__ __forceinline__ void collect(float sums[4][OWN][4], const unsigned char* factors, const unsigned char* rows, int own, int lane) {
        switch (own) {
            case 8:
                return collectTiles<8, COLS>(sums, factors, rows, lane);
            case 7:
                return collectTiles<7, COLS>(sums, factors, rows, lane);
            case 6:
                return collectTiles<6, COLS>(sums, factors, rows, lane);
            case 5:
                return collectTiles<5, COLS>(sums, factors, rows, lane);
            case 4:
                return collectTiles<4, COLS>(sums, factors, rows, lane);
            case 3:
                return collectTiles<3, COLS>(sums, factors, rows, lane);
            case 2:
                return collectTiles<2, COLS>(sums, factors, rows, lane);
            case 1:
                return collectTiles<1, COLS>(sums, factors, rows, lane);
            default:
                return;
        }
    }

    template <int TILES, int COLS>
    static __device__ __forceinline__ void collectTiles(float sums[4][OWN][4], const unsigned char* factors, const unsigned char* rows, int lane) {
        const unsigned char* left = factors + leftOffset(STREAM, lane);
        const unsigned char* right = rows + leftOffset(COLS, lane);
#pragma unroll
        for (int k = 0; k < STREAM / 16; k++) {
            uint32_t a[4][4];
#pragma unroll
            for (int m = 0; m < 4; m++) {
                ldmatrix4(a[m], left + blockOffset(STREAM, m * 16, k * 16));
            }
#pragma unroll
            for (int n = 0; n + 1 < TILES; n += 2) {
                uint32_t b[4];
                ldmatrix4Trans(b, right + blockOffset(COLS, k * 16, n * 8));
#pragma unroll
                for (int m = 0; m < 4; m++) {
                    mmaF16(sums[m][n], a[m], b);
                    mmaF16(sums[m][n + 1], a[m], b + 2);
                }
            }
            if (TILES % 2 == 1) {
                uint32_t b[2];
                ldmatrix2Trans(b, right + blockOffset(COLS, k * 16, (TILES - 1) * 8));
#pragma unroll
                for (int m = 0; m < 4; m++) {
                    mmaF16(sums[m][TILES - 1], a[m], b);
                }
            }
        }
    }

    static __device__ __forceinline__ void writeValues(const Arguments& a, const Place& at, const float sums[4][OWN][4], int from, int own, float factor) {
        int begin = a.slabs.begin(at.slab);
        int count = a.slabs.count(at.slab);
#pragma unroll
        for (int m = 0; m < 4; m++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
                int row = at.first + m * 16 + r * 8 + at.lane / 4;
                if (row < at.length) {
                    float* out = a.valueGradients + (at.row + row) * a.slabs.width + begin;
#pragma unroll
                    for (int n = 0; n < OWN; n++) {
#pragma unroll
                        for (int i = 0; i < 2; i++) {
                            int column = (from + n) * 8 + at.lane % 4 * 2 + i;
                            if (n < own && column < count) {
                                out[column] = sums[m][n][2 * r + i] * factor;
                            }
                        }
                    }
                }
            }
        }
    }

    static __device__ __forceinline__ void stageScores(float* staged, const float sums[4][OWN][4], int from, int own, int lane) {
#pragma unroll
        for (int m = 0; m < 4; m++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
                float* out = staged + (m * 16 + r * 8 + lane / 4) * STAGED + from * 8 + lane % 4 * 2;
#pragma unroll
                for (int n = 0; n < OWN; n++) {
                    if (n < own) {
                        *reinterpret_cast<float2*>(out + n * 8) = make_float2(sums[m][n][2 * r], sums[m][n][2 * r + 1]);
                    }
                }
            }
        }
    }

    /** dQ or dK rows from the staged products, and the block's share of dw. */
    static __device__ __forceinline__ void writeGradients(const Arguments& a, const Place& at, const float* staged, const uint16_t* fixedScores, float w,
                                                          float unscale, float* weightGradient) {
        constexpr int ROWS = FIXED / (THREADS / WARP);
        int first = at.warp * ROWS;
        float* out = a.scoreGradients + (at.row + at.first + first) * (a.scalars + a.coordinates);
        float share = writeScores<KEYS_FIXED, ROWS, STAGED>(out, staged + first * STAGED, at.length - at.first - first,
            ScoreGradients{a.scalars, a.coordinates, w, unscale}, at.lane, [&](int row, int d) {
                int column = a.scalars + d;
                return half(fixedScores[elementAt(KW, first + row, column)]) + half(fixedScores[elementAt(KW, first + row, column + a.coordinates)]);
            });
        share = blockSum<THREADS>(share);
        if (at.thread == 0) {
            *weightGradient = share;
        }
    }

    static __device__ __forceinline__ float half(uint16_t bits) {
        return unpackHalf2(bits).x;
    }
};

} // namespace tensorcore

/*
 * attention_tensor_keys_…: dK, dV and the keys' share of dw; attention_tensor_queries_…: dQ and the queries' share. Grid (ceil(longest sequence / 64), H·slabs
 * for keys or H for queries, B), 256 threads, dynamic shared memory as Backward::SHARED. Names end in _<tile>x<stages>_<score columns>_<value
 * columns>, and _slabs where V may have several.
 */
#define BACKWARD(NAME, KEYS_FIXED, SLABS, STREAM, STAGES, KW, VW) \
    KERNEL(256, 1) \
    NAME(const uint16_t* q16, const uint16_t* k16, const uint16_t* v16, const uint16_t* g16, const float* keyBias, const float* minusLse, const float* minusD, \
         const float* w, const unsigned* largest, const int* starts, float* scoreGradients, float* valueGradients, float* weightGradients, int residues, \
         int heads, \
         int scalars, int scoreCoordinates, int slabCount, int width, int channels, int coordinates, int first, int further) { \
        awaitPrevious(); \
        using namespace tensorcore; \
        Backward<KEYS_FIXED, SLABS, STREAM, STAGES, KW, VW>::run({q16, k16, v16, g16, keyBias, minusLse, minusD, w, largest, starts, scoreGradients, \
                                                          valueGradients, weightGradients, residues, heads, scalars, scoreCoordinates, slabCount, \
                                                          ValueSlabs{width, channels, coordinates, first, further}}); \
    } \
    EXPORT(NAME)

#define BACKWARDS(STREAM, STAGES, KW, VW) \
    BACKWARD(attention_tensor_keys_##STREAM##x##STAGES##_##KW##_##VW, true, false, STREAM, STAGES, KW, VW) \
    BACKWARD(attention_tensor_queries_##STREAM##x##STAGES##_##KW##_##VW, false, false, STREAM, STAGES, KW, VW)

#define BACKWARDS_SLABS(STREAM, STAGES, KW, VW) \
    BACKWARD(attention_tensor_keys_##STREAM##x##STAGES##_##KW##_##VW##_slabs, true, true, STREAM, STAGES, KW, VW) \
    BACKWARD(attention_tensor_queries_##STREAM##x##STAGES##_##KW##_##VW##_slabs, false, true, STREAM, STAGES, KW, VW)

BACKWARDS(64, 2, 208, 264)
BACKWARDS(64, 2, 224, 264)
BACKWARDS(64, 2, 80, 136)
BACKWARDS_SLABS(64, 2, 208, 264)
BACKWARDS_SLABS(64, 2, 224, 264)
BACKWARDS_SLABS(64, 2, 80, 136)
/* For cards with 99 KB of shared memory for a block. */
BACKWARDS(32, 1, 208, 264)
BACKWARDS(32, 1, 80, 136)
BACKWARDS_SLABS(32, 1, 208, 264)
BACKWARDS_SLABS(32, 1, 80, 136)
