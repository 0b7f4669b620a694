/*
 * FlashIPA forward with warpgroup products (Shah et al. 2024): two warpgroups of 64 queries each compute, one more warp copies K, V and biases in tiles of 80
 * keys into two stages. Weights stay in registers; while the products P·V of a tile run, the next tile's softmax is computed.
 *
 * Shared memory Wide::SHARED; a compute thread has 240 registers and holds 132 sums, 40 logits and 2 × 20 words of weights.
 */
#include "attention/tensor.cuh"
#include "common/sm90a.cuh"

namespace tensorcore {

template <int KW> struct Wide {
    static constexpr int VW = 264;
    static constexpr int KEYS = 80;
    static constexpr int GROUP_ROWS = 64;
    static constexpr int GROUPS = 2;
    static constexpr int ROWS = GROUPS * GROUP_ROWS;
    static constexpr int GROUP_THREADS = 4 * WARP;
    static constexpr int THREADS = (1 + GROUPS) * GROUP_THREADS;
    static constexpr int STAGES = 2;
    /** Columns of O in two products, as one has at most 256. */
    static constexpr int LEFT = 136;
    static constexpr int RIGHT = VW - LEFT;

    static constexpr int Q_BYTES = ROWS * KW * 2;
    static constexpr int K_BYTES = KEYS * KW * 2;
    static constexpr int V_BYTES = KEYS * VW * 2;
    static constexpr int K_AT = Q_BYTES;
    static constexpr int V_AT = K_AT + STAGES * K_BYTES;
    static constexpr int BIASES = V_AT + STAGES * V_BYTES;
    static constexpr int BARRIERS = BIASES + STAGES * KEYS * 4;
    static constexpr int SHARED = BARRIERS + (1 + 4 * STAGES) * 8;
    static_assert(ROWS * VW * 4 <= BIASES - K_AT && SHARED <= 227 * 1024 && K_BYTES % 128 == 0 && V_BYTES % 128 == 0, "shared memory");

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
        int rows = paddedRows(a.residues, static_cast<int>(gridDim.z));
        int64_t headRow = static_cast<int64_t>(head) * rows + paddedStart(start, sequence);
        int thread = static_cast<int>(threadIdx.x);
        int tiles = (length + KEYS - 1) / KEYS;

        uint64_t* queriesFull = reinterpret_cast<uint64_t*>(shared + BARRIERS);
        uint64_t* keysFull = queriesFull + 1;
        uint64_t* valuesFull = keysFull + STAGES;
        uint64_t* keysEmpty = valuesFull + STAGES;
        uint64_t* valuesEmpty = keysEmpty + STAGES;
        if (thread == 0) {
            barrierInit(queriesFull, 1);
            for (int stage = 0; stage < STAGES; stage++) {
                barrierInit(keysFull + stage, 1);
                barrierInit(valuesFull + stage, 1);
                barrierInit(keysEmpty + stage, GROUPS * GROUP_THREADS);
                barrierInit(valuesEmpty + stage, GROUPS * GROUP_THREADS);
            }
        }
        if (tiles <= STAGES) {
            /* Values that do not exist must be numbers, as their weights are zero. */
            for (int i = thread; i < STAGES * V_BYTES / 16; i += THREADS) {
                *reinterpret_cast<uint4*>(shared + V_AT + i * 16) = make_uint4(0, 0, 0, 0);
            }
        }
        asyncFence();
        __syncthreads();

        if (thread < GROUP_THREADS) {
            releaseRegisters<24>();
            if (thread == 0) {
                const uint16_t* keys = a.k + headRow * KW;
                const uint16_t* values = a.v + (static_cast<int64_t>(slab) * a.heads * rows + headRow) * VW;
                unsigned queryGroups = groups(length - query, ROWS);
                barrierExpect(queriesFull, queryGroups * (EDGE * KW * 2));
                copyBulk(shared, a.q + (headRow + query) * KW, queryGroups * (EDGE * KW * 2), queriesFull);
                for (int tile = 0; tile < tiles; tile++) {
                    int stage = tile % STAGES;
                    unsigned parity = tile / STAGES % 2 ^ 1;
                    int64_t first = static_cast<int64_t>(tile) * KEYS;
                    unsigned keyGroups = groups(length - tile * KEYS, KEYS);
                    barrierWait(keysEmpty + stage, parity);
                    barrierExpect(keysFull + stage, keyGroups * (EDGE * KW * 2 + EDGE * 4));
                    copyBulk(shared + K_AT + stage * K_BYTES, keys + first * KW, keyGroups * (EDGE * KW * 2), keysFull + stage);
                    copyBulk(shared + BIASES + stage * KEYS * 4, a.keyBias + headRow + first, keyGroups * (EDGE * 4), keysFull + stage);
                    barrierWait(valuesEmpty + stage, parity);
                    barrierExpect(valuesFull + stage, keyGroups * (EDGE * VW * 2));
                    copyBulk(shared + V_AT + stage * V_BYTES, values + first * VW, keyGroups * (EDGE * VW * 2), valuesFull + stage);
                }
            }
            return;
        }

        takeRegisters<240>();
        int lane = thread % WARP;
        int group = thread / GROUP_THREADS - 1;
        int row = group * GROUP_ROWS + thread % GROUP_THREADS / WARP * 16 + lane / 4;
        float left[LEFT / 2];
        float right[RIGHT / 2];
#pragma unroll
        for (int i = 0; i < LEFT / 2; i++) {
            left[i] = 0;
        }
#pragma unroll
        for (int i = 0; i < RIGHT / 2; i++) {
            right[i] = 0;
        }
        float s[KEYS / 2];
        uint32_t p[KEYS / 16][4];
        float maximum[2] = {NOTHING, NOTHING};
        float sum[2] = {0, 0};
        float scale[2];

        barrierWait(queriesFull, 0);
        barrierWait(keysFull, 0);
        begin(s, shared + BIASES, lane);
        wgmmaFence();
        score(s, shared + blockOffset(KW, group * GROUP_ROWS, 0), shared + K_AT);
        wgmmaCommit();
        wgmmaWait<0>();
        barrierArrive(keysEmpty);
        soften(s, p, length, maximum, sum, scale, lane);

        for (int tile = 1; tile < tiles; tile++) {
            int stage = tile % STAGES;
            int last = (tile - 1) % STAGES;
            barrierWait(keysFull + stage, tile / STAGES % 2);
            begin(s, shared + BIASES + stage * KEYS * 4, lane);
            settle(s);
            settle(p);
            settle(left);
            settle(right);
            wgmmaFence();
            score(s, shared + blockOffset(KW, group * GROUP_ROWS, 0), shared + K_AT + stage * K_BYTES);
            wgmmaCommit();
            barrierWait(valuesFull + last, (tile - 1) / STAGES % 2);
            collect(left, right, p, shared + V_AT + last * V_BYTES);
            wgmmaCommit();
            wgmmaWait<1>();
            barrierArrive(keysEmpty + stage);
            uint32_t next[KEYS / 16][4];
            soften(s, next, length - tile * KEYS, maximum, sum, scale, lane);
            wgmmaWait<0>();
            settle(p);
            barrierArrive(valuesEmpty + last);
#pragma unroll
            for (int i = 0; i < LEFT / 2; i++) {
                left[i] *= scale[i / 2 % 2];
            }
#pragma unroll
            for (int i = 0; i < RIGHT / 2; i++) {
                right[i] *= scale[i / 2 % 2];
            }
#pragma unroll
            for (int k = 0; k < KEYS / 16; k++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    p[k][i] = next[k][i];
                }
            }
        }
        int last = (tiles - 1) % STAGES;
        barrierWait(valuesFull + last, (tiles - 1) / STAGES % 2);
        wgmmaFence();
        collect(left, right, p, shared + V_AT + last * V_BYTES);
        wgmmaCommit();
        wgmmaWait<0>();

        /* Everything has been read: O is staged over K and V. */
        syncWarps(1, GROUPS * GROUP_THREADS);
        float* staged = reinterpret_cast<float*>(shared + K_AT);
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float total = sum[r] + __shfl_xor_sync(ALL_LANES, sum[r], 1);
            total += __shfl_xor_sync(ALL_LANES, total, 2);
            int at = row + 8 * r;
            if (slab == 0 && lane % 4 == 0 && query + at < length) {
                a.minusLse[headRow + query + at] = -maximum[r] - logf(total) * LOG2E;
            }
            float inverse = 1 / total;
            float* out = staged + at * VW + lane % 4 * 2;
#pragma unroll
            for (int n = 0; n < LEFT / 8; n++) {
                *reinterpret_cast<float2*>(out + n * 8) = make_float2(left[4 * n + 2 * r] * inverse, left[4 * n + 2 * r + 1] * inverse);
            }
#pragma unroll
            for (int n = 0; n < RIGHT / 8; n++) {
                *reinterpret_cast<float2*>(out + LEFT + n * 8) = make_float2(right[4 * n + 2 * r] * inverse, right[4 * n + 2 * r + 1] * inverse);
            }
        }
        __syncwarp();
        int first = row - lane / 4;
        float* o = a.o + (static_cast<int64_t>(head) * a.residues + start + query + first) * a.slabs.width + a.slabs.begin(slab);
        writeSums<16, VW>(o, staged + first * VW, length - query - first, a.slabs, slab, lane);
    }

    /** Groups of EDGE rows with the next of count rows, at most those of a tile. */
    static __device__ __forceinline__ unsigned groups(int count, int most) {
        return static_cast<unsigned>((min(count, most) + EDGE - 1) / EDGE);
    }

    static __device__ __forceinline__ void begin(float (&s)[KEYS / 2], const unsigned char* biases, int lane) {
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
            float2 bias = *reinterpret_cast<const float2*>(biases + (n * 8 + lane % 4 * 2) * 4);
            s[4 * n] = s[4 * n + 2] = bias.x;
            s[4 * n + 1] = s[4 * n + 3] = bias.y;
        }
    }

    static __device__ __forceinline__ void score(float (&s)[KEYS / 2], const unsigned char* queries, const unsigned char* keys) {
        uint64_t a = matrixDescriptor(queries, BLOCK, EDGE * KW * 2);
        uint64_t b = matrixDescriptor(keys, BLOCK, EDGE * KW * 2);
#pragma unroll
        for (int k = 0; k < KW / 16; k++) {
            wgmma64x80(s, a + k * (2 * BLOCK / 16), b + k * (2 * BLOCK / 16));
        }
    }

    static __device__ __forceinline__ void collect(float (&left)[LEFT / 2], float (&right)[RIGHT / 2], const uint32_t (&p)[KEYS / 16][4],
                                                   const unsigned char* values) {
        uint64_t b = matrixDescriptor(values, EDGE * VW * 2, BLOCK);
#pragma unroll
        for (int k = 0; k < KEYS / 16; k++) {
            wgmma64x136(left, p[k], b + k * (2 * EDGE * VW * 2 / 16));
            wgmma64x128(right, p[k], b + k * (2 * EDGE * VW * 2 / 16) + LEFT / EDGE * (BLOCK / 16));
        }
    }

    /** Logits to weights relative to the new maximum; scale: 2^(old − new maximum). */
    static __device__ __forceinline__ void soften(float (&s)[KEYS / 2], uint32_t (&p)[KEYS / 16][4], int keys, float (&maximum)[2], float (&sum)[2],
                                                  float (&scale)[2], int lane) {
        if (keys < KEYS) {
#pragma unroll
            for (int i = 0; i < KEYS / 2; i++) {
                s[i] = i / 4 * 8 + lane % 4 * 2 + i % 2 < keys ? s[i] : NOTHING;
            }
        }
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float largest = maximum[r];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                largest = fmaxf(largest, fmaxf(s[4 * n + 2 * r], s[4 * n + 2 * r + 1]));
            }
            largest = fmaxf(largest, __shfl_xor_sync(ALL_LANES, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(ALL_LANES, largest, 2));
            scale[r] = exp2Fast(maximum[r] - largest);
            maximum[r] = largest;
            float total = 0;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                uint32_t weights = packHalf2(exp2Fast(s[4 * n + 2 * r] - largest), exp2Fast(s[4 * n + 2 * r + 1] - largest));
                p[n / 2][n % 2 * 2 + r] = weights;
                float2 rounded = unpackHalf2(weights);
                total += rounded.x + rounded.y;
            }
            sum[r] = fmaf(sum[r], scale[r], total);
        }
    }
};

} // namespace tensorcore

/* attention_tensor_forward_wide_<score columns>_264: grid (ceil(longest sequence / 128), H·slabs, B), 384 threads, dynamic shared memory as Wide::SHARED. */
#define WIDE(KW) \
    KERNEL(384, 1) \
    attention_tensor_forward_wide_##KW##_264(const uint16_t* q16, const uint16_t* k16, const uint16_t* v16, const float* keyBias, const int* starts, float* o, \
                                             float* minusLse, int residues, int heads, int width, int channels, int coordinates, int first, int further) { \
        awaitPrevious(); \
        using namespace tensorcore; \
        Wide<KW>::run({q16, k16, v16, keyBias, starts, o, minusLse, residues, heads, ValueSlabs{width, channels, coordinates, first, further}}); \
    } \
    EXPORT(attention_tensor_forward_wide_##KW##_264)

WIDE(208)
WIDE(224)
