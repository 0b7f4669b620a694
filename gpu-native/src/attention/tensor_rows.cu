/*
 * Between the inputs of the attention and the fp16 rows of the tensor cores, and between the gradient of the result and the fp16 rows of gradients: what
 * rows.cu does for fp32 rows, without these. Bound by memory. 256 threads.
 */
#include "attention/rows.cuh"
#include "attention/tensor.cuh"

namespace tensorcore {

using attention::FRAME;
using attention::Layout;
using attention::ROW_WARPS;

/** Eight rows of a sequence and head. */
struct RowGroup {
    /** Rows that exist, none or less after the end of the sequence. */
    int count;
    /** Its first residue. */
    int residue;
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
        residue = start + first;
        head = static_cast<int>(blockIdx.y);
        rows = paddedRows(residues, static_cast<int>(gridDim.z));
        padded = static_cast<int64_t>(head) * rows + paddedStart(start, sequence) + first;
        lane = static_cast<int>(threadIdx.x) % WARP;
        warp = static_cast<int>(threadIdx.x) / WARP;
    }
};

/** The squared norm of each warp's row enters the largest norm of the head, unless it is no number: a damaged sequence spoils no other. */
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

/** The inputs of attention_pack_f32. */
struct Inputs {
    const float* rotations;
    const float* origins;
    const float* q;
    int qStride;
    const float* kv;
    int kvStride;
    const float* qPoints;
    int qPointsStride;
    const float* kvPoints;
    int kvPointsStride;
    const float* b1;
    const float* b2;
    const float* d2;
};

/**
 * What a residue has for a head, in shared memory: frame, query, key and value scalars, factors of values, of queries and of keys, coordinates of the query,
 * key and value points in the residue's frame (queries x, y, z; keys and values x, y, z) and global (x, y, z of one point after the other).
 */
struct Sources {
    const float* frame;
    const float* query;
    const float* key;
    const float* value;
    const float* valueFactors;
    const float* queryFactors;
    const float* keyFactors;
    const float* local;
    const float* coordinates;

    __device__ __forceinline__ Sources(const Layout& layout, const float* row) {
        frame = row;
        query = frame + FRAME;
        key = query + layout.channels;
        value = key + layout.channels;
        valueFactors = value + layout.channels;
        queryFactors = valueFactors + layout.factorWidth();
        keyFactors = queryFactors + layout.rank;
        local = keyFactors + layout.rank;
        coordinates = local + 3 * (layout.qkPoints + layout.pairPoints());
    }

    /** Values of a row, and those from one row to the next: rows lie in different banks. */
    static __device__ __forceinline__ int size(const Layout& layout) {
        int values = FRAME + 3 * layout.channels + layout.factorWidth() + 2 * layout.rank + 6 * (layout.qkPoints + layout.pairPoints());
        return (values + WARP - 1) / WARP * WARP + EDGE;
    }
};

/** This warp brings what a residue has for a head, and turns its points: R·local + t. */
__device__ __forceinline__ void bringRow(const Layout& layout, const Inputs& in, int64_t residue, int head, float* row, int lane) {
    using attention::bring;
    float* to = row;
    bring(to, in.rotations + 9 * residue, 9, lane);
    bring(to, in.origins + 3 * residue, 3, lane);
    bring(to, in.q + residue * in.qStride + head * layout.channels, layout.channels, lane);
    bring(to, in.kv + residue * in.kvStride + 2 * head * layout.channels, 2 * layout.channels, lane);
    if (layout.rank > 0) {
        bring(to, in.d2 + residue * layout.factorWidth(), layout.factorWidth(), lane);
        for (int factor = lane; factor < layout.rank; factor += WARP) {
            int64_t at = (residue * layout.rank + factor) * layout.heads + head;
            copyAsync4(to + factor, in.b1 + at, true);
            copyAsync4(to + layout.rank + factor, in.b2 + at, true);
        }
        to += 2 * layout.rank;
    }
    for (int axis = 0; axis < 3; axis++) {
        bring(to, in.qPoints + residue * in.qPointsStride + (axis * layout.heads + head) * layout.qkPoints, layout.qkPoints, lane);
    }
    for (int axis = 0; axis < 3; axis++) {
        bring(to, in.kvPoints + residue * in.kvPointsStride + (axis * layout.heads + head) * layout.pairPoints(), layout.pairPoints(), lane);
    }
    attention::awaitBrought();
    Sources from(layout, row);
    for (int point = lane; point < layout.qkPoints + layout.pairPoints(); point += WARP) {
        bool query = point < layout.qkPoints;
        int axis = query ? layout.qkPoints : layout.pairPoints();
        const float* local = from.local + (query ? point : 2 * layout.qkPoints + point);
        double x = local[0];
        double y = local[axis];
        double z = local[2 * axis];
        for (int m = 0; m < 3; m++) {
            double value = from.frame[attention::ORIGIN + m] + from.frame[3 * m] * x + from.frame[3 * m + 1] * y + from.frame[3 * m + 2] * z;
            to[point * 3 + m] = static_cast<float>(value);
        }
    }
}

/** Element of a Q16 (query) or K16 row. */
template <bool QUERY>
__device__ __forceinline__ float scoreElement(const Layout& layout, const Sources& from, int column, float scalarScale, float biasScale, float pointScale) {
    int coordinates = 3 * layout.qkPoints;
    if (column < layout.channels) {
        return (QUERY ? from.query : from.key)[column] * scalarScale;
    }
    int rest = column - layout.channels;
    if (rest < layout.rank) {
        return (QUERY ? from.queryFactors : from.keyFactors)[rest] * biasScale;
    }
    rest -= layout.rank;
    bool low = !QUERY;
    if (rest >= coordinates) {
        rest -= coordinates;
        low = QUERY;
    }
    if (rest >= coordinates) {
        rest -= coordinates;
        if (rest < 2) {
            return (rest == 0) == QUERY ? 1.0f : 0.0f;
        }
        rest -= 2;
        low = false;
    }
    if (rest >= coordinates) {
        return 0;
    }
    float value = from.coordinates[rest + (QUERY ? 0 : coordinates)] * pointScale;
    return low ? value - roundHalf(value) : value;
}

/** Element of a value row of RowLayout. */
__device__ __forceinline__ float valueElement(const Layout& layout, const Sources& from, int column) {
    int rest = column - layout.channels;
    if (rest < 0) {
        return from.value[column];
    }
    return rest < 3 * layout.vPoints ? from.coordinates[6 * layout.qkPoints + rest] : from.valueFactors[rest - 3 * layout.vPoints];
}

/** Element of a V16 row. */
__device__ __forceinline__ float slabElement(const Layout& layout, const ValueSlabs& slabs, const Sources& from, int slab, int column) {
    if (column < slabs.count(slab)) {
        return valueElement(layout, from, slabs.begin(slab) + column);
    }
    if (slabs.low(slab, column)) {
        float full = valueElement(layout, from, slabs.channels + column - slabs.first);
        return full - roundHalf(full);
    }
    return 0;
}

} // namespace tensorcore

/**
 * Inputs to Q16, K16, V16 slab after slab, the key bias −½·w·|kp|²·log2(e), the point weights w [H] and the largest norm of a row of V, into largest[head];
 * largest [2][H] must be zero. Grid (ceil(longest sequence / 8), H, B), dynamic shared memory 8 times Sources::size. A block's warps share the 8×8 blocks of
 * its rows.
 */
KERNEL(256)
attention_tensor_pack_f16(LAYOUT_PARAMETERS, const float* __restrict__ rotations, const float* __restrict__ origins, const float* __restrict__ q, int qStride,
    const float* __restrict__ kv, int kvStride, const float* __restrict__ qPoints, int qPointsStride, const float* __restrict__ kvPoints, int kvPointsStride,
    const float* __restrict__ b1, const float* __restrict__ b2, const float* __restrict__ d2, const float* __restrict__ headWeights, double scalarScale,
    double biasScale, double pointScale, const int* __restrict__ starts, int first, int further, int slabs, int scoreColumns, int valueColumns,
    uint16_t* __restrict__ q16, uint16_t* __restrict__ k16, uint16_t* __restrict__ v16, float* __restrict__ keyBias, float* __restrict__ pointWeights,
    unsigned* __restrict__ largest) {
    awaitPrevious();
    using namespace tensorcore;
    SHARED_MEMORY(shared);
    __shared__ float ownWeight;
    Layout layout LAYOUT_ARGUMENTS;
    ValueSlabs valueSlabs{layout.valueWidth(), channels, 3 * vPoints, first, further};
    Inputs in{rotations, origins, q, qStride, kv, kvStride, qPoints, qPointsStride, kvPoints, kvPointsStride, b1, b2, d2};
    RowGroup group(starts, residues);
    bool announces = blockIdx.x == 0 && blockIdx.z == 0;
    if (threadIdx.x == 0 && (announces || group.count > 0)) {
        ownWeight = static_cast<float>(softplus<double>(headWeights[group.head]) * pointScale);
        if (announces) {
            pointWeights[group.head] = ownWeight;
        }
    }
    if (group.count <= 0) {
        return;
    }
    float* staged = reinterpret_cast<float*>(shared);
    int size = Sources::size(layout);
    if (group.warp < group.count) {
        bringRow(layout, in, group.residue + group.warp, group.head, staged + group.warp * size, group.lane);
    }
    __syncthreads();
    float weight = ownWeight * LOG2E;
    float root = sqrtf(weight);
    int row = group.lane / 4;
    bool there = row < group.count;
    Sources from(layout, staged + row * size);
    int scoreBlocks = scoreColumns / EDGE;
    int valueBlocks = valueColumns / EDGE;
    uint32_t* queryWords = reinterpret_cast<uint32_t*>(q16 + group.padded * scoreColumns);
    uint32_t* keyWords = reinterpret_cast<uint32_t*>(k16 + group.padded * scoreColumns);
    float queryScale = static_cast<float>(scalarScale) * LOG2E;
    float factorScale = static_cast<float>(biasScale) * LOG2E;
#pragma unroll 2
    for (int block = group.warp; block < scoreBlocks; block += ROW_WARPS) {
        int column = block * EDGE + group.lane % 4 * 2;
        float parts[4] = {0, 0, 0, 0};
        if (there) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                parts[i] = scoreElement<true>(layout, from, column + i, queryScale, factorScale, root);
                parts[2 + i] = scoreElement<false>(layout, from, column + i, 1, 1, root);
            }
        }
        queryWords[block * WARP + group.lane] = packHalf2(parts[0], parts[1]);
        keyWords[block * WARP + group.lane] = packHalf2(parts[2], parts[3]);
    }
    for (int slab = 0; slab < slabs; slab++) {
        uint32_t* words = reinterpret_cast<uint32_t*>(v16 + (static_cast<int64_t>(slab) * heads * group.rows + group.padded) * valueColumns);
#pragma unroll 2
        for (int block = group.warp; block < valueBlocks; block += ROW_WARPS) {
            int column = block * EDGE + group.lane % 4 * 2;
            float low = there ? slabElement(layout, valueSlabs, from, slab, column) : 0;
            float high = there ? slabElement(layout, valueSlabs, from, slab, column + 1) : 0;
            words[block * WARP + group.lane] = packHalf2(low, high);
        }
    }
    float squares = 0;
    float distance = 0;
    if (group.warp < group.count) {
        Sources own(layout, staged + group.warp * size);
        for (int d = group.lane; d < 3 * qkPoints; d += WARP) {
            float coordinate = own.coordinates[3 * qkPoints + d];
            distance = fmaf(coordinate, coordinate, distance);
        }
        for (int column = group.lane; column < layout.valueWidth(); column += WARP) {
            float value = valueElement(layout, own, column);
            squares = fmaf(value, value, squares);
        }
    }
    distance = warpSum(distance);
    if (group.lane == 0) {
        keyBias[group.padded + group.warp] = -0.5f * weight * distance;
    }
    raiseNorm(warpSum(squares), largest, group);
}
EXPORT(attention_tensor_pack_f16)

/**
 * A bound for the norm of each row of gradients of O, without O: the largest into largest[H + head]. Grid (ceil(longest sequence / 8), H, B); a warp has a row.
 */
KERNEL(256)
attention_tensor_bound_f32(LAYOUT_PARAMETERS, const float* __restrict__ dResult, const float* __restrict__ d1, const int* __restrict__ starts,
    unsigned* __restrict__ largest) {
    awaitPrevious();
    using namespace tensorcore;
    Layout layout LAYOUT_ARGUMENTS;
    RowGroup group(starts, residues);
    if (group.count <= 0) {
        return;
    }
    float squares = 0;
    if (group.warp < group.count) {
        int residue = group.residue + group.warp;
        const float* row = dResult + layout.resultRow(residue);
        const float* factors = d1 + static_cast<int64_t>(residue) * layout.factorWidth();
        for (int c = group.lane; c < channels; c += WARP) {
            float gradient = row[layout.scalarColumn(group.head) + c];
            squares = fmaf(gradient, gradient, squares);
        }
        for (int p = group.lane; p < vPoints; p += WARP) {
            float x = row[layout.pointColumn(0, group.head) + p];
            float y = row[layout.pointColumn(1, group.head) + p];
            float z = row[layout.pointColumn(2, group.head) + p];
            float most = sqrtf(x * x + y * y + z * z) + fabsf(row[layout.pointColumn(3, group.head) + p]);
            squares = fmaf(most, most, squares);
        }
        for (int e = group.lane; e < layout.factorWidth(); e += WARP) {
            float gradient = row[layout.collectedColumn(group.head) + e % cDown] * factors[e];
            squares = fmaf(gradient, gradient, squares);
        }
    }
    raiseNorm(warpSum(squares), largest + heads, group);
}
EXPORT(attention_tensor_bound_f32)

/**
 * The way back through the epilogue to G16, slab after slab, and −D = −Σ G16·O over the unique columns (of the rounded gradients, so that dP − D cancels as
 * it should); gradients of the frames and d1 as attention_epilogue_backward_f32. Grid (longest sequence, 1, B); a block has a residue, a warp one row after the
 * other. Dynamic shared memory: for each of 8 warps two rows of sums, and what the result has of a head. The last residue of a sequence also writes the zeros
 * that fill its group.
 */
KERNEL(256)
attention_tensor_epilogue_backward_f16(LAYOUT_PARAMETERS, const float* __restrict__ rotations, const float* __restrict__ origins, const float* __restrict__ d1,
    const float* __restrict__ sums, const float* __restrict__ dResult, const int* __restrict__ starts, const unsigned* __restrict__ largest, int first,
    int further, int slabs, int columns, uint16_t* __restrict__ g16, float* __restrict__ minusD, int freshBits, float* dRotations, float* dOrigins,
    float* dD1) {
    awaitPrevious();
    using namespace tensorcore;
    SHARED_MEMORY(shared);
    __shared__ double frame[FRAME];
    Layout layout LAYOUT_ARGUMENTS;
    attention::Fresh fresh{freshBits};
    ValueSlabs valueSlabs{layout.valueWidth(), channels, 3 * vPoints, first, further};
    int sequence = static_cast<int>(blockIdx.z);
    int start = starts[sequence];
    int place = static_cast<int>(blockIdx.x);
    int length = starts[sequence + 1] - start;
    if (place >= length) {
        return;
    }
    int residue = start + place;
    int rows = paddedRows(residues, static_cast<int>(gridDim.z));
    int paddedRow = paddedStart(start, sequence) + place;
    int zeros = place + 1 < length ? 0 : (EDGE - length % EDGE) % EDGE;
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int warp = static_cast<int>(threadIdx.x) / WARP;
    attention::loadFrame(frame, rotations, origins, residue);
    const float* row = dResult + layout.resultRow(residue);
    const float* factors = attention::shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    float* staged = reinterpret_cast<float*>(shared) + warp * (2 * layout.valueWidth() + channels + 4 * vPoints + cDown);
    attention::FrameGradient frameGradient;
    for (int head = warp; head < heads; head += ROW_WARPS) {
        float* spot = staged + layout.valueWidth();
        const float* own = attention::bring(spot, sums + layout.valueRow(head, residue), layout.valueWidth(), lane);
        attention::HeadResult<float> result(layout, row, head);
        result.bringTo(spot, layout, lane);
        attention::awaitBrought();
        float scale = gradientScale(largest[head], largest[heads + head]);
        float product = 0;
        attention::epilogueBackward(layout, frame, result, own, factors, lane, frameGradient, [&](int column, double gradient) {
            float value = roundHalf(static_cast<float>(gradient) * scale);
            staged[column] = value;
            product = fmaf(value, own[column], product);
        });
        product = warpSum(product);
        if (lane == 0) {
            minusD[static_cast<int64_t>(head) * rows + paddedRow] = -product;
        }
        __syncwarp();
        for (int slab = 0; slab < slabs; slab++) {
            uint16_t* group = g16 + (static_cast<int64_t>(slab * heads + head) * rows + paddedRow / EDGE * EDGE) * columns;
            int begin = valueSlabs.begin(slab);
            int count = valueSlabs.count(slab);
            for (int word = lane; word < columns / 2; word += WARP) {
                float parts[2] = {0, 0};
                for (int i = 0; i < 2; i++) {
                    int column = 2 * word + i;
                    if (column < count) {
                        parts[i] = staged[begin + column];
                    } else if (valueSlabs.low(slab, column)) {
                        parts[i] = staged[channels + column - first];
                    }
                }
                *reinterpret_cast<uint32_t*>(group + elementAt(columns, place % EDGE, 2 * word)) = packHalf2(parts[0], parts[1]);
                for (int i = 1; i <= zeros; i++) {
                    *reinterpret_cast<uint32_t*>(group + elementAt(columns, place % EDGE + i, 2 * word)) = 0;
                }
            }
        }
        __syncwarp();
    }
    attention::epilogueBackwardFactors(layout, row, sums, residue, dD1, fresh[2]);
    frameGradient.addTo(dRotations, fresh[0], dOrigins, fresh[1], residue);
}
EXPORT(attention_tensor_epilogue_backward_f16)
