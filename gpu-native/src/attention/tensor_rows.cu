/*
 * Conversion of rows to fp16 for the tensor cores, and what the backward pass needs per row; bound by memory. A block has 8 rows of a sequence and head; its warps
 * share the 8×8 blocks of their fp16 rows, and each takes a row for what is a sum over a row. Grid (ceil(longest sequence / 8), H, B), 256 threads.
 */
#include "attention/tensor.cuh"

namespace tensorcore {

constexpr int ROW_WARPS = 8;

/** Where a block works. */
struct RowGroup {
    /** Rows that exist, none or less after the end of the sequence. */
    int count;
    /** First row in fp32 matrices. */
    int64_t row;
    /** First row in fp16 matrices, and those of a head there. */
    int64_t padded;
    int rows;
    int head;
    int lane;
    int warp;

    __device__ __forceinline__ RowGroup(const int* starts, int residues) {
        int sequence = static_cast<int>(blockIdx.z);
        int start = starts[sequence];
        int first = static_cast<int>(blockIdx.x) * EDGE;
        count = min(starts[sequence + 1] - start - first, EDGE);
        head = static_cast<int>(blockIdx.y);
        rows = paddedRows(residues, static_cast<int>(gridDim.z));
        row = static_cast<int64_t>(head) * residues + start + first;
        padded = static_cast<int64_t>(head) * rows + paddedStart(start, sequence) + first;
        lane = static_cast<int>(threadIdx.x) % WARP;
        warp = static_cast<int>(threadIdx.x) / WARP;
    }
};

/** Element of a Q16 (query) or K16 row. */
__device__ __forceinline__ float scoreElement(const float* row, int column, int scalars, int coordinates, float scalarScale, float pointScale, bool query) {
    if (column < scalars) {
        return row[column] * scalarScale;
    }
    int rest = column - scalars;
    bool low = !query;
    if (rest >= coordinates) {
        rest -= coordinates;
        low = query;
    }
    if (rest >= coordinates) {
        rest -= coordinates;
        if (rest < 2) {
            return (rest == 0) == query ? 1.0f : 0.0f;
        }
        rest -= 2;
        low = false;
    }
    if (rest >= coordinates) {
        return 0;
    }
    float value = row[scalars + rest] * pointScale;
    return low ? value - roundHalf(value) : value;
}

/** The norm of this warp's row enters the largest norm of the head, unless it is no number: a damaged sequence spoils no other. */
__device__ __forceinline__ void raiseNorm(float sumOfSquares, unsigned* largest, const RowGroup& group) {
    __shared__ float norms[ROW_WARPS];
    if (group.lane == 0) {
        norms[group.warp] = isfinite(sumOfSquares) ? sumOfSquares : 0;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        float most = norms[0];
        for (int warp = 1; warp < ROW_WARPS; warp++) {
            most = fmaxf(most, norms[warp]);
        }
        atomicMax(largest + group.head, __float_as_uint(sqrtf(most)));
    }
}

} // namespace tensorcore

/** Q and K rows to Q16, K16 and the key bias −½·w·|kp|²·log2(e). Sets the largest norms [2][H] to zero. */
KERNEL(256)
attention_tensor_scores_f16(const float* q, const float* k, const float* w, const int* starts, uint16_t* q16, uint16_t* k16, float* keyBias, unsigned* largest,
                            int residues, int heads, int scalars, int coordinates, int columns) {
    using namespace tensorcore;
    RowGroup group(starts, residues);
    if (blockIdx.x == 0 && blockIdx.z == 0 && threadIdx.x < 2) {
        largest[threadIdx.x * heads + group.head] = 0;
    }
    if (group.count <= 0) {
        return;
    }
    int width = scalars + coordinates;
    float weight = w[group.head] * LOG2E;
    float pointScale = sqrtf(weight);
    int row = group.lane / 4;
    bool there = row < group.count;
    const float* query = q + (group.row + row) * width;
    const float* key = k + (group.row + row) * width;
    uint32_t* queryWords = reinterpret_cast<uint32_t*>(q16 + group.padded * columns);
    uint32_t* keyWords = reinterpret_cast<uint32_t*>(k16 + group.padded * columns);
#pragma unroll 2
    for (int block = group.warp; block < columns / EDGE; block += ROW_WARPS) {
        int column = block * EDGE + group.lane % 4 * 2;
        float parts[4] = {0, 0, 0, 0};
        if (there) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                parts[i] = scoreElement(query, column + i, scalars, coordinates, LOG2E, pointScale, true);
                parts[2 + i] = scoreElement(key, column + i, scalars, coordinates, 1, pointScale, false);
            }
        }
        queryWords[block * WARP + group.lane] = packHalf2(parts[0], parts[1]);
        keyWords[block * WARP + group.lane] = packHalf2(parts[2], parts[3]);
    }
    if (group.warp < group.count) {
        const float* own = k + (group.row + group.warp) * width + scalars;
        float squares = 0;
        for (int d = group.lane; d < coordinates; d += WARP) {
            squares = fmaf(own[d], own[d], squares);
        }
        squares = warpSum(squares);
        if (group.lane == 0) {
            keyBias[group.padded + group.warp] = -0.5f * weight * squares;
        }
    } else if (group.lane == 0) {
        keyBias[group.padded + group.warp] = 0;
    }
}
EXPORT(attention_tensor_scores_f16)

/** V rows to V16, slab after slab, and the largest norm of a row into largest[head]. */
KERNEL(256)
attention_tensor_values_f16(const float* v, const int* starts, uint16_t* v16, unsigned* largest, int residues, int heads, int width, int channels, int coordinates,
                            int first, int further, int slabs, int columns) {
    using namespace tensorcore;
    ValueSlabs layout{width, channels, coordinates, first, further};
    RowGroup group(starts, residues);
    if (group.count <= 0) {
        return;
    }
    int row = group.lane / 4;
    bool there = row < group.count;
    const float* values = v + (group.row + row) * width;
    for (int slab = 0; slab < slabs; slab++) {
        int begin = layout.begin(slab);
        int count = layout.count(slab);
        uint32_t* words = reinterpret_cast<uint32_t*>(v16 + (static_cast<int64_t>(slab) * heads * group.rows + group.padded) * columns);
#pragma unroll 2
        for (int block = group.warp; block < columns / EDGE; block += ROW_WARPS) {
            float parts[2] = {0, 0};
            if (there) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    int column = block * EDGE + group.lane % 4 * 2 + i;
                    if (column < count) {
                        parts[i] = values[begin + column];
                    } else if (layout.low(slab, column)) {
                        float full = values[channels + column - first];
                        parts[i] = full - roundHalf(full);
                    }
                }
            }
            words[block * WARP + group.lane] = packHalf2(parts[0], parts[1]);
        }
    }
    float squares = 0;
    if (group.warp < group.count) {
        const float* own = v + (group.row + group.warp) * width;
        for (int column = group.lane; column < width; column += WARP) {
            squares = fmaf(own[column], own[column], squares);
        }
    }
    raiseNorm(warpSum(squares), largest, group);
}
EXPORT(attention_tensor_values_f16)

/** The largest norm of a row of dO into largest[H + head]; 32 rows a block: grid (ceil(longest sequence / 32), H, B). */
KERNEL(256) attention_tensor_norms_f32(const float* rows, const int* starts, unsigned* largest, int residues, int heads, int width) {
    using namespace tensorcore;
    constexpr int EACH = 4;
    RowGroup group(starts, residues);
    int start = starts[blockIdx.z];
    int length = starts[blockIdx.z + 1] - start;
    int first = (static_cast<int>(blockIdx.x) * ROW_WARPS + group.warp) * EACH;
    const float* values = rows + (static_cast<int64_t>(group.head) * residues + start + first) * width;
    float squares[EACH] = {};
    for (int column = group.lane; column < width; column += WARP) {
#pragma unroll
        for (int row = 0; row < EACH; row++) {
            if (first + row < length) {
                float value = values[static_cast<int64_t>(row) * width + column];
                squares[row] = fmaf(value, value, squares[row]);
            }
        }
    }
    float most = 0;
#pragma unroll
    for (int row = 0; row < EACH; row++) {
        most = fmaxf(most, warpSum(squares[row]));
    }
    raiseNorm(most, largest + heads, group);
}
EXPORT(attention_tensor_norms_f32)

/** dO rows to G16, slab after slab, and −D = −Σ G16·O over the unique columns: of the rounded gradients, so that dP − D cancels as it should. */
KERNEL(256)
attention_tensor_gradients_f16(const float* gradients, const float* o, const int* starts, const unsigned* largest, uint16_t* g16, float* minusD, int residues,
                               int heads, int width, int channels, int coordinates, int first, int further, int slabs, int columns) {
    using namespace tensorcore;
    ValueSlabs layout{width, channels, coordinates, first, further};
    RowGroup group(starts, residues);
    if (group.count <= 0) {
        return;
    }
    float scale = gradientScale(largest[group.head], largest[heads + group.head]);
    int row = group.lane / 4;
    bool there = row < group.count;
    const float* values = gradients + (group.row + row) * width;
    for (int slab = 0; slab < slabs; slab++) {
        int begin = layout.begin(slab);
        int count = layout.count(slab);
        uint32_t* words = reinterpret_cast<uint32_t*>(g16 + (static_cast<int64_t>(slab) * heads * group.rows + group.padded) * columns);
#pragma unroll 2
        for (int block = group.warp; block < columns / EDGE; block += ROW_WARPS) {
            float parts[2] = {0, 0};
            if (there) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    int column = block * EDGE + group.lane % 4 * 2 + i;
                    if (column < count) {
                        parts[i] = values[begin + column] * scale;
                    } else if (layout.low(slab, column)) {
                        parts[i] = values[channels + column - first] * scale;
                    }
                }
            }
            words[block * WARP + group.lane] = packHalf2(parts[0], parts[1]);
        }
    }
    float sum = 0;
    if (group.warp < group.count) {
        const float* own = gradients + (group.row + group.warp) * width;
        const float* result = o + (group.row + group.warp) * width;
        for (int column = group.lane; column < width; column += WARP) {
            sum = fmaf(roundHalf(own[column] * scale), result[column], sum);
        }
        sum = warpSum(sum);
    }
    if (group.lane == 0) {
        minusD[group.padded + group.warp] = -sum;
    }
}
EXPORT(attention_tensor_gradients_f16)
