/*
 * Conversion of rows to fp16 for the tensor cores, and what the backward pass needs per row. One warp per row; bound by memory.
 */
#include "attention/tensor.cuh"

namespace tensorcore {

/** Column of a Q16 (query) or K16 row. */
__device__ __forceinline__ float scoreColumn(const float* row, int column, int scalars, int coordinates, float scalarScale, float pointScale, bool query) {
    if (column < scalars) {
        return row[column] * scalarScale;
    }
    int rest = column - scalars;
    int part = rest / coordinates;
    if (part >= 2) {
        rest -= 2 * coordinates;
        if (rest < 2) {
            return (rest == 0) == query ? 1.0f : 0.0f;
        }
        rest -= 2;
        if (rest >= coordinates) {
            return 0;
        }
        return roundHalf(row[scalars + rest] * pointScale);
    }
    float value = row[scalars + rest - part * coordinates] * pointScale;
    float high = roundHalf(value);
    return (part == 0) == query ? high : value - high;
}

__device__ __forceinline__ void scoreRow(const float* row, uint32_t* out, int lane, int scalars, int coordinates, int pitch, float scalarScale, float pointScale,
                                         bool query) {
    for (int word = lane; word < pitch / 2; word += WARP) {
        out[word] = packHalf2(scoreColumn(row, 2 * word, scalars, coordinates, scalarScale, pointScale, query),
                              scoreColumn(row, 2 * word + 1, scalars, coordinates, scalarScale, pointScale, query));
    }
}

/** The norm of this warp's row enters the largest norm of the head; all rows of a block belong to one head. */
__device__ __forceinline__ void raiseNorm(float sumOfSquares, unsigned* largest, int head) {
    __shared__ float norms[ROW_WARPS];
    float norm = sqrtf(warpSum(sumOfSquares));
    if (threadIdx.x % WARP == 0) {
        norms[threadIdx.x / WARP] = norm;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        float largestNorm = norms[0];
        for (int warp = 1; warp < ROW_WARPS; warp++) {
            largestNorm = fmaxf(largestNorm, norms[warp]);
        }
        atomicMax(largest + head, __float_as_uint(largestNorm));
    }
}

} // namespace tensorcore

/**
 * Q and K rows to Q16, K16 and the key bias −½·w·|kp|²·log2(e) [H][T]. Grid (T / 8, H). Sets the largest norms [2][H] to zero. Assumes P ≥ 1.
 */
KERNEL(256)
attention_tensor_scores_f16(const float* q, const float* k, const float* w, uint16_t* q16, uint16_t* k16, float* keyBias, unsigned* largest, int residues,
                            int heads, int scalars, int coordinates, int pitch) {
    using namespace tensorcore;
    int head = static_cast<int>(blockIdx.y);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int residue = static_cast<int>(blockIdx.x) * ROW_WARPS + static_cast<int>(threadIdx.x) / WARP;
    if (blockIdx.x == 0 && threadIdx.x < 2) {
        largest[threadIdx.x * heads + head] = 0;
    }
    if (residue >= residues) {
        return;
    }
    int64_t row = static_cast<int64_t>(head) * residues + residue;
    int width = scalars + coordinates;
    float weight = w[head] * LOG2E;
    float pointScale = sqrtf(weight);
    const float* key = k + row * width;
    scoreRow(q + row * width, reinterpret_cast<uint32_t*>(q16 + row * pitch), lane, scalars, coordinates, pitch, LOG2E, pointScale, true);
    scoreRow(key, reinterpret_cast<uint32_t*>(k16 + row * pitch), lane, scalars, coordinates, pitch, 1, pointScale, false);
    float squares = 0;
    for (int d = lane; d < coordinates; d += WARP) {
        squares = fmaf(key[scalars + d], key[scalars + d], squares);
    }
    squares = warpSum(squares);
    if (lane == 0) {
        keyBias[row] = -0.5f * weight * squares;
    }
}
EXPORT(attention_tensor_scores_f16)

/** V rows to V16 [slabs][H][T][pitch], and the largest norm of a row into largest[head]. Grid (T / 8, H). */
KERNEL(256)
attention_tensor_values_f16(const float* v, uint16_t* v16, unsigned* largest, int residues, int heads, int width, int channels, int coordinates, int first,
                            int further, int slabs, int pitch) {
    using namespace tensorcore;
    ValueSlabs layout{width, channels, coordinates, first, further};
    int head = static_cast<int>(blockIdx.y);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int residue = static_cast<int>(blockIdx.x) * ROW_WARPS + static_cast<int>(threadIdx.x) / WARP;
    float squares = 0;
    if (residue < residues) {
        int64_t row = static_cast<int64_t>(head) * residues + residue;
        const float* values = v + row * width;
        for (int slab = 0; slab < slabs; slab++) {
            int begin = layout.begin(slab);
            int count = layout.count(slab);
            uint32_t* out = reinterpret_cast<uint32_t*>(v16 + (static_cast<int64_t>(slab) * heads * residues + row) * pitch);
            for (int word = lane; word < pitch / 2; word += WARP) {
                float parts[2];
                for (int i = 0; i < 2; i++) {
                    int column = 2 * word + i;
                    float value = 0;
                    if (column < count) {
                        value = values[begin + column];
                        squares = fmaf(value, value, squares);
                    } else if (layout.low(slab, column)) {
                        float full = values[channels + column - first];
                        value = full - roundHalf(full);
                    }
                    parts[i] = value;
                }
                out[word] = packHalf2(parts[0], parts[1]);
            }
        }
    }
    raiseNorm(squares, largest, head);
}
EXPORT(attention_tensor_values_f16)

/** The largest norm of a row of dO into largest[H + head]. Grid (T / 8, H). */
KERNEL(256) attention_tensor_norms_f32(const float* rows, unsigned* largest, int residues, int heads, int width) {
    using namespace tensorcore;
    int head = static_cast<int>(blockIdx.y);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int residue = static_cast<int>(blockIdx.x) * ROW_WARPS + static_cast<int>(threadIdx.x) / WARP;
    float squares = 0;
    if (residue < residues) {
        const float* values = rows + (static_cast<int64_t>(head) * residues + residue) * width;
        for (int column = lane; column < width; column += WARP) {
            squares = fmaf(values[column], values[column], squares);
        }
    }
    raiseNorm(squares, largest, heads + head);
}
EXPORT(attention_tensor_norms_f32)

/**
 * dO rows to G16 [slabs][H][T][pitch] and −D [H][T], D = Σ G16·O over the unique columns (of the rounded gradients, so that dP − D cancels as it should).
 * Grid (T / 8, H).
 */
KERNEL(256)
attention_tensor_gradients_f16(const float* gradients, const float* o, const unsigned* largest, uint16_t* g16, float* minusD, int residues, int heads, int width,
                               int channels, int coordinates, int first, int further, int slabs, int pitch) {
    using namespace tensorcore;
    ValueSlabs layout{width, channels, coordinates, first, further};
    int head = static_cast<int>(blockIdx.y);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int residue = static_cast<int>(blockIdx.x) * ROW_WARPS + static_cast<int>(threadIdx.x) / WARP;
    if (residue >= residues) {
        return;
    }
    float scale = gradientScale(largest[head], largest[heads + head]);
    int64_t row = static_cast<int64_t>(head) * residues + residue;
    const float* gradient = gradients + row * width;
    const float* result = o + row * width;
    float sum = 0;
    for (int slab = 0; slab < slabs; slab++) {
        int begin = layout.begin(slab);
        int count = layout.count(slab);
        uint32_t* out = reinterpret_cast<uint32_t*>(g16 + (static_cast<int64_t>(slab) * heads * residues + row) * pitch);
        for (int word = lane; word < pitch / 2; word += WARP) {
            float parts[2];
            for (int i = 0; i < 2; i++) {
                int column = 2 * word + i;
                float value = 0;
                if (column < count) {
                    value = roundHalf(gradient[begin + column] * scale);
                    sum = fmaf(value, result[begin + column], sum);
                } else if (layout.low(slab, column)) {
                    value = gradient[channels + column - first] * scale;
                }
                parts[i] = value;
            }
            out[word] = packHalf2(parts[0], parts[1]);
        }
    }
    sum = warpSum(sum);
    if (lane == 0) {
        minusD[row] = -sum;
    }
}
EXPORT(attention_tensor_gradients_f16)
