/*
 * FlashIPA forward on tensor cores: O = softmax(Q·Kᵀ + bias)·V with a running maximum (Dao et al. 2022), V in slabs of columns.
 *
 * A block owns ROWS queries of one head and one slab, two warps own 32 of them: in the product Q·Kᵀ each warp has 16 rows and all keys of a tile, so that
 * maxima and sums stay within a warp; in P·V each has all 32 rows and half of the columns, so that a fragment of V serves 32 rows. P goes through shared
 * memory.
 * K, V and biases come in tiles of KEYS keys by asynchronous copies into two stages. Registers for sm_90a: 244 to 255 at 264 value columns.
 */
#include "attention/tensor.cuh"

namespace tensorcore {

template <int WARPS, int KEYS, int KW, int VW> struct Forward {
    static constexpr int THREADS = WARPS * WARP;
    static constexpr int ROWS = WARPS * 16;
    static constexpr int TILES = VW / 8;
    /** 8-column tiles of O of a warp; the second warp of a pair has one less. */
    static constexpr int OWN = TILES / 2 + 1;
    static_assert(TILES % 4 == 1 && KW % 16 == 0 && KEYS % 16 == 0, "column pairs");

    static constexpr int Q_BYTES = ROWS * KW * 2;
    static constexpr int K_BYTES = KEYS * KW * 2;
    static constexpr int V_BYTES = KEYS * VW * 2;
    static constexpr int P_BYTES = ROWS * KEYS * 2;
    static constexpr int STAGE = K_BYTES + V_BYTES + KEYS * 4;
    static constexpr int SCALES = Q_BYTES + 2 * STAGE + P_BYTES;
    static constexpr int SHARED = SCALES + ROWS * 4;
    static_assert(ROWS * VW * 4 <= SCALES, "O is staged over the tiles");

    static __device__ __forceinline__ void run(const ForwardArguments& a) {
        SHARED_MEMORY(shared);
        int sequence = static_cast<int>(blockIdx.z);
        int start = a.starts[sequence];
        int length = a.starts[sequence + 1] - start;
        int query = static_cast<int>(blockIdx.x) * ROWS;
        if (query >= length) {
            return;
        }
        int head = static_cast<int>(blockIdx.y) % a.heads;
        int slab = static_cast<int>(blockIdx.y) / a.heads;
        int thread = static_cast<int>(threadIdx.x);
        int lane = thread % WARP;
        int warp = thread / WARP;
        int pair = warp / 2;
        /* The pairs of the upper half swap their halves, so that each scheduler of the multiprocessor has both a longer and a shorter share of columns. */
        int half = WARPS == 8 ? warp % 2 ^ warp / 4 : warp % 2;
        int rows = paddedRows(a.residues, static_cast<int>(gridDim.z));
        int64_t headRow = static_cast<int64_t>(head) * rows + paddedStart(start, sequence);
        const uint16_t* keys = a.k + headRow * KW;
        const uint16_t* values = a.v + (static_cast<int64_t>(slab) * a.heads * rows + headRow) * VW;
        const float* biases = a.keyBias + headRow;

        unsigned char* stages = shared + Q_BYTES;
        unsigned char* weights = stages + 2 * STAGE;
        float* scales = reinterpret_cast<float*>(shared + SCALES);

        copyRows<ROWS, KW, THREADS>(shared, a.q + (headRow + query) * KW, min(length - query, ROWS), thread);
        load(stages, keys, values, biases, min(length, KEYS), thread);
        copyAsyncCommit();

        float o[2][OWN][4];
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int n = 0; n < OWN; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    o[m][n][i] = 0;
                }
            }
        }
        float maximum[2] = {NOTHING, NOTHING};
        float sum[2] = {0, 0};
        int row = pair * 32 + warp % 2 * 16;

        int tiles = (length + KEYS - 1) / KEYS;
        for (int tile = 0; tile < tiles; tile++) {
            unsigned char* stage = stages + tile % 2 * STAGE;
            copyAsyncWait<0>();
            __syncthreads();
            if (tile + 1 < tiles) {
                int next = (tile + 1) * KEYS;
                load(stages + (tile + 1) % 2 * STAGE, keys + static_cast<int64_t>(next) * KW, values + static_cast<int64_t>(next) * VW, biases + next,
                     min(length - next, KEYS), thread);
                copyAsyncCommit();
            }
            score(shared + blockOffset(KW, row, 0), stage, weights + blockOffset(KEYS, row, 0), scales + row, length - tile * KEYS, maximum, sum, lane);
            syncWarps(1 + pair, 2 * WARP);
            weigh(o, weights + blockOffset(KEYS, pair * 32, 0), stage + K_BYTES, scales + pair * 32, half, lane);
        }

        finish(a, o, shared, scales, headRow + query, static_cast<int64_t>(head) * a.residues + start + query, length - query, slab, pair, half, row, maximum,
               sum, lane, thread);
    }

    static __device__ __forceinline__ void load(unsigned char* stage, const uint16_t* keys, const uint16_t* values, const float* biases, int count,
                                                int thread) {
        copyRows<KEYS, KW, THREADS>(stage, keys, count, thread);
        copyRows<KEYS, VW, THREADS>(stage + K_BYTES, values, count, thread);
        copyValues<KEYS>(reinterpret_cast<float*>(stage + K_BYTES + V_BYTES), biases, count, thread);
    }

    /** Weights of 16 queries and the keys of a tile, relative to the new maximum, into shared memory, and 2^(old − new maximum) of each row. */
    static __device__ __forceinline__ void score(const unsigned char* queries, const unsigned char* stage, unsigned char* weights, float* scales, int keys,
                                                 float maximum[2], float sum[2], int lane) {
        float s[KEYS / 8][4];
        const float* biases = reinterpret_cast<const float*>(stage + K_BYTES + V_BYTES);
        int column = lane % 4 * 2;
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
            float2 bias = *reinterpret_cast<const float2*>(biases + n * 8 + column);
            s[n][0] = s[n][2] = bias.x;
            s[n][1] = s[n][3] = bias.y;
        }
        const unsigned char* left = queries + leftOffset(KW, lane);
        const unsigned char* right = stage + rightOffset(KW, lane);
#pragma unroll
        for (int k = 0; k < KW / 16; k++) {
            uint32_t a[4];
            ldmatrix4(a, left + blockOffset(KW, 0, k * 16));
#pragma unroll
            for (int n = 0; n < KEYS / 16; n++) {
                uint32_t b[4];
                ldmatrix4(b, right + blockOffset(KW, n * 16, k * 16));
                mmaF16(s[2 * n], a, b);
                mmaF16(s[2 * n + 1], a, b + 2);
            }
        }
        if (keys < KEYS) {
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    s[n][i] = n * 8 + column + i % 2 < keys ? s[n][i] : NOTHING;
                }
            }
        }
        unsigned char* out = weights + lane * 4;
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float largest = maximum[r];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                largest = fmaxf(largest, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
            }
            largest = fmaxf(largest, __shfl_xor_sync(ALL_LANES, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(ALL_LANES, largest, 2));
            float scale = exp2Fast(maximum[r] - largest);
            maximum[r] = largest;
            if (lane % 4 == 0) {
                scales[lane / 4 + 8 * r] = scale;
            }
            float total = 0;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                uint32_t p = packHalf2(exp2Fast(s[n][2 * r] - largest), exp2Fast(s[n][2 * r + 1] - largest));
                *reinterpret_cast<uint32_t*>(out + blockOffset(KEYS, r * 8, n * 8)) = p;
                float2 rounded = unpackHalf2(p);
                total += rounded.x + rounded.y;
            }
            sum[r] = fmaf(sum[r], scale, total);
        }
    }

    /** O = scale·O + P·V for 32 queries and the warp's columns. */
    static __device__ __forceinline__ void weigh(float o[2][OWN][4], const unsigned char* weights, const unsigned char* values, const float* scales, int half,
                                                 int lane) {
        float scale[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            scale[i] = scales[lane / 4 + 8 * i];
        }
        if (__any_sync(ALL_LANES, scale[0] != 1 || scale[1] != 1 || scale[2] != 1 || scale[3] != 1)) {
#pragma unroll
            for (int m = 0; m < 2; m++) {
#pragma unroll
                for (int n = 0; n < OWN; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        o[m][n][i] *= scale[2 * m + i / 2];
                    }
                }
            }
        }
        const unsigned char* left = weights + leftOffset(KEYS, lane);
        const unsigned char* right = values + half * OWN * BLOCK + leftOffset(VW, lane);
#pragma unroll
        for (int k = 0; k < KEYS / 16; k++) {
            uint32_t a[2][4];
            ldmatrix4(a[0], left + blockOffset(KEYS, 0, k * 16));
            ldmatrix4(a[1], left + blockOffset(KEYS, 16, k * 16));
#pragma unroll
            for (int n = 0; n < OWN - 1; n += 2) {
                uint32_t b[4];
                ldmatrix4Trans(b, right + blockOffset(VW, k * 16, n * 8));
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    mmaF16(o[m][n], a[m], b);
                    mmaF16(o[m][n + 1], a[m], b + 2);
                }
            }
            if (half == 0) {
                uint32_t b[2];
                ldmatrix2Trans(b, right + blockOffset(VW, k * 16, (OWN - 1) * 8));
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    mmaF16(o[m][OWN - 1], a[m], b);
                }
            }
        }
    }

    /** Divides by the sums, adds low parts to high parts and writes O and −log2 Σ 2^logit. */
    static __device__ __forceinline__ void finish(const ForwardArguments& a, float o[2][OWN][4], unsigned char* shared, float* scales, int64_t paddedRow,
                                                  int64_t firstRow, int queries, int slab, int pair, int half, int row, const float maximum[2],
                                                  const float sum[2], int lane, int thread) {
        __syncthreads();
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float total = sum[r] + __shfl_xor_sync(ALL_LANES, sum[r], 1);
            total += __shfl_xor_sync(ALL_LANES, total, 2);
            int at = row + lane / 4 + 8 * r;
            if (lane % 4 == 0) {
                scales[at] = 1 / total;
                if (slab == 0 && at < queries) {
                    a.minusLse[paddedRow + at] = -maximum[r] - logf(total) * LOG2E;
                }
            }
        }
        __syncthreads();
        float* staged = reinterpret_cast<float*>(shared);
#pragma unroll
        for (int m = 0; m < 2; m++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
                int at = pair * 32 + m * 16 + r * 8 + lane / 4;
                float scale = scales[at];
                float* out = staged + at * VW + half * OWN * 8 + lane % 4 * 2;
#pragma unroll
                for (int n = 0; n < OWN; n++) {
                    if (n < OWN - 1 || half == 0) {
                        *reinterpret_cast<float2*>(out + n * 8) = make_float2(o[m][n][2 * r] * scale, o[m][n][2 * r + 1] * scale);
                    }
                }
            }
        }
        __syncthreads();
        int first = thread / WARP * 16;
        writeSums<16, VW>(a.o + (firstRow + first) * a.slabs.width + a.slabs.begin(slab), staged + first * VW, queries - first, a.slabs, slab, lane);
    }
};

} // namespace tensorcore

/*
 * attention_tensor_forward_<warps>x<keys>_<score columns>_<value columns>: grid (ceil(longest sequence / (16·warps)), H·slabs, B), 32·warps threads, dynamic
 * shared memory as Forward::SHARED.
 */
#define FORWARD(WARPS, KEYS, KW, VW) \
    KERNEL(WARPS * 32) \
    attention_tensor_forward_##WARPS##x##KEYS##_##KW##_##VW(const uint16_t* q16, const uint16_t* k16, const uint16_t* v16, const float* keyBias, \
                                                            const int* starts, float* o, float* minusLse, int residues, int heads, int width, int channels, \
                                                            int coordinates, int first, int further) { \
        awaitPrevious(); \
        using namespace tensorcore; \
        using Attention = Forward<WARPS, KEYS, KW, VW>; \
        Attention::run({q16, k16, v16, keyBias, starts, o, minusLse, residues, heads, ValueSlabs{width, channels, coordinates, first, further}}); \
    } \
    EXPORT(attention_tensor_forward_##WARPS##x##KEYS##_##KW##_##VW)

#define FORWARDS(KW, VW) \
    FORWARD(8, 64, KW, VW) \
    FORWARD(4, 64, KW, VW) \
    FORWARD(4, 32, KW, VW)

FORWARDS(208, 264)
FORWARDS(224, 264)
FORWARDS(80, 136)
