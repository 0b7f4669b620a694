/*
 * Between the inputs of the attention and the fp16 rows of the tensor cores, and between the gradient of the result and the fp16 rows of gradients: what
 * rows.cu does for fp32 rows, without these. Bound by memory: inputs go through registers, all that a warp needs being under way at once, into rows of fp16 in
 * shared memory, and from there in pieces of 16 bytes to where they belong. 256 threads.
 */
#include "attention/rows.cuh"
#include "attention/tensor.cuh"

namespace tensorcore {

using attention::inStep;
using attention::Layout;
using attention::ROW_THREADS;
using attention::ROW_WARPS;
using attention::Values;

/** A float as an fp16 number and what that lacks, as bits of fp16. */
struct Parts {
    uint16_t high;
    uint16_t low;

    __device__ __forceinline__ explicit Parts(float value) {
        uint32_t rounded = packHalf2(value, 0);
        high = static_cast<uint16_t>(rounded);
        low = static_cast<uint16_t>(packHalf2(value - unpackHalf2(rounded).x, 0));
    }
};

/** 1 as fp16. */
constexpr uint16_t HALF_ONE = 0x3C00;

/** N floats to fp16, N even or one; they become what the fp16 numbers are. */
template <int N> __device__ __forceinline__ void writeHalves(uint16_t* to, float values[N]) {
    if constexpr (N == 1) {
        uint32_t word = packHalf2(values[0], 0);
        values[0] = unpackHalf2(word).x;
        *to = static_cast<uint16_t>(word);
    } else {
        Values<uint32_t, N / 2> words;
#pragma unroll
        for (int i = 0; i < N / 2; i++) {
            words.at[i] = packHalf2(values[2 * i], values[2 * i + 1]);
            float2 rounded = unpackHalf2(words.at[i]);
            values[2 * i] = rounded.x;
            values[2 * i + 1] = rounded.y;
        }
        words.to(reinterpret_cast<uint32_t*>(to));
    }
}

/** The largest value of each warp, of the block in thread 0. All threads call it once. */
__device__ __forceinline__ float blockMax(float value) {
    __shared__ float values[ROW_WARPS];
    if (threadIdx.x % WARP == 0) {
        values[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    float most = values[0];
    if (threadIdx.x == 0) {
        for (int warp = 1; warp < ROW_WARPS; warp++) {
            most = fmaxf(most, values[warp]);
        }
    }
    return most;
}

/** The norm of a row for the largest of its head; none where it is no number: a damaged sequence spoils no other. */
__device__ __forceinline__ float soundNorm(float sumOfSquares) {
    return isfinite(sumOfSquares) ? sqrtf(sumOfSquares) : 0;
}

/** Eight rows of a sequence and head, a warp has one. */
struct RowGroup {
    /** Rows that exist, none or less after the end of the sequence. */
    int count;
    /** Its first residue. */
    int residue;
    /** First row in fp16 matrices, and those of a head there. */
    int64_t padded;
    int rows;
    int head;

    __device__ __forceinline__ RowGroup(const int* starts, int residues) {
        int sequence = static_cast<int>(blockIdx.z);
        int start = starts[sequence];
        int first = static_cast<int>(blockIdx.x) * EDGE;
        count = min(starts[sequence + 1] - start - first, EDGE);
        residue = start + first;
        head = static_cast<int>(blockIdx.y);
        rows = paddedRows(residues, static_cast<int>(gridDim.z));
        padded = static_cast<int64_t>(head) * rows + paddedStart(start, sequence) + first;
    }
};

/**
 * Rows of fp16 of a group in shared memory, matrix after matrix as blocks of 8 × 8 like in global memory, but the blocks 16 bytes further apart: what a warp
 * writes to one row, and what it reads in pieces of 16 bytes, lies in different banks.
 */
struct Image {
    static constexpr int PITCH = EDGE * EDGE + EDGE;
    unsigned char* memory;

    /** The place of a column of this row of a matrix. */
    __device__ __forceinline__ uint16_t* at(int row, int firstBlock, int column) const {
        return reinterpret_cast<uint16_t*>(memory) + (firstBlock + column / EDGE) * PITCH + row * EDGE + column % EDGE;
    }

    /** Columns [from, to) of this row to zero. */
    __device__ __forceinline__ void clear(int row, int firstBlock, int from, int to, int lane) const {
        for (int column = from + lane; column < to; column += WARP) {
            *at(row, firstBlock, column) = 0;
        }
    }

    /** Piece i of a matrix: row i % 8 of its block i / 8. */
    __device__ __forceinline__ uint4 piece(int firstBlock, int i) const {
        return *reinterpret_cast<const uint4*>(at(i % EDGE, firstBlock + i / EDGE, 0));
    }
};

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

/** One row of each of the fp16 matrices, made by a warp. */
struct RowPacker {
    const Layout& layout;
    const ValueSlabs& slabs;
    const Image& image;
    int row;
    int64_t residue;
    int head;
    int lane;
    /** First blocks of the matrices in the image; a slab of values has so many columns. */
    int keys;
    int values;
    int valueColumns;

    __device__ __forceinline__ void putQuery(int column, uint16_t half) const {
        *image.at(row, 0, column) = half;
    }
    __device__ __forceinline__ void putKey(int column, uint16_t half) const {
        *image.at(row, keys, column) = half;
    }
    __device__ __forceinline__ void putValue(int column, uint16_t half) const {
        *image.at(row, values, column) = half;
    }

    /** Scalars, N at a time; returns the lane's part of the squares of those of the value row. */
    template <int N> __device__ __forceinline__ float scalars(const Inputs& in, float queryScale) const {
        const float* query = in.q + residue * in.qStride + head * layout.channels;
        const float* key = in.kv + residue * in.kvStride + 2 * head * layout.channels;
        float squares = 0;
#pragma unroll 1
        for (int c = N * lane; c < layout.channels; c += N * WARP) {
            auto q = Values<float, N>::of(query + c);
            auto k = Values<float, N>::of(key + c);
            auto v = Values<float, N>::of(key + layout.channels + c);
#pragma unroll
            for (int i = 0; i < N; i++) {
                q.at[i] *= queryScale;
                squares = fmaf(v.at[i], v.at[i], squares);
            }
            writeHalves<N>(image.at(row, 0, c), q.at);
            writeHalves<N>(image.at(row, keys, c), k.at);
            writeHalves<N>(image.at(row, values, c), v.at);
        }
        return squares;
    }

    /** The factors of the pair term; returns the lane's part of the squares of those of the value row. */
    __device__ __forceinline__ float factors(const Inputs& in, float factorScale) const {
        float squares = 0;
        const float* own = in.d2 + residue * layout.factorWidth();
#pragma unroll 2
        for (int e = lane; e < layout.factorWidth(); e += WARP) {
            float value = own[e];
            squares = fmaf(value, value, squares);
            putValue(slabs.place(layout.valueFactors() + e, valueColumns), static_cast<uint16_t>(packHalf2(value, 0)));
        }
        for (int factor = lane; factor < layout.rank; factor += WARP) {
            int64_t at = (residue * layout.rank + factor) * layout.heads + head;
            float query = in.b1[at] * factorScale;
            float key = in.b2[at];
            putQuery(layout.channels + factor, static_cast<uint16_t>(packHalf2(query, 0)));
            putKey(layout.channels + factor, static_cast<uint16_t>(packHalf2(key, 0)));
        }
        return squares;
    }

    /** Points of queries, then of keys, then of values. */
    __device__ __forceinline__ int points() const {
        return layout.qkPoints + layout.pairPoints();
    }

    /** The coordinates of a point in the residue's frame; none after the last. */
    __device__ __forceinline__ void local(const Inputs& in, int point, float coordinates[3]) const {
        if (point < points()) {
            bool ofQuery = point < layout.qkPoints;
            const float* from = ofQuery ? in.qPoints + residue * in.qPointsStride + head * layout.qkPoints + point
                                        : in.kvPoints + residue * in.kvPointsStride + head * layout.pairPoints() + point - layout.qkPoints;
            int axis = layout.heads * (ofQuery ? layout.qkPoints : layout.pairPoints());
            for (int m = 0; m < 3; m++) {
                coordinates[m] = from[m * axis];
            }
        }
    }

    /** Turns a point, R·local + t, and writes its parts; adds the squares of global coordinates to those of keys, or of the value row. */
    __device__ __forceinline__ void turn(const double* frame, int point, const float local[3], float root, float& ofKeys, float& ofValues) const {
        int coordinates = 3 * layout.qkPoints;
        int kind = point < layout.qkPoints ? 0 : point < 2 * layout.qkPoints ? 1 : 2;
        int base = kind < 2 ? layout.logitColumns() : layout.channels;
        int firstBlock = kind == 0 ? 0 : kind == 1 ? keys : values;
        int column = 3 * (point - kind * layout.qkPoints);
        int high = column + (kind == 1 ? base + coordinates : base);
        int low = column + (kind == 0 ? base + coordinates : kind == 1 ? base : slabs.first);
        double x = local[0];
        double y = local[1];
        double z = local[2];
        float squares = 0;
#pragma unroll
        for (int m = 0; m < 3; m++) {
            float value = static_cast<float>(frame[attention::ORIGIN + m] + frame[3 * m] * x + frame[3 * m + 1] * y + frame[3 * m + 2] * z);
            squares = fmaf(value, value, squares);
            Parts parts(kind < 2 ? value * root : value);
            *image.at(row, firstBlock, high + m) = parts.high;
            *image.at(row, firstBlock, low + m) = parts.low;
            if (kind < 2) {
                *image.at(row, firstBlock, base + 2 * coordinates + 2 + column + m) = parts.high;
            }
        }
        ofKeys += kind == 1 ? squares : 0;
        ofValues += kind == 2 ? squares : 0;
    }
};

} // namespace tensorcore

/**
 * Inputs to Q16, K16, V16 slab after slab, the key bias −½·w·|kp|²·log2(e), the point weights w [H], and the largest norm of the block's rows of V into
 * valueNorms[head][block]; clears the second row of largest [2][H]. Grid (ceil(longest sequence / 8), H, B), dynamic shared memory 144 bytes for each 8 columns
 * of fp16. A warp makes a row of each matrix.
 */
KERNEL(256, 5)
attention_tensor_pack_f16(LAYOUT_PARAMETERS, const float* __restrict__ rotations, const float* __restrict__ origins, const float* __restrict__ q, int qStride,
    const float* __restrict__ kv, int kvStride, const float* __restrict__ qPoints, int qPointsStride, const float* __restrict__ kvPoints, int kvPointsStride,
    const float* __restrict__ b1, const float* __restrict__ b2, const float* __restrict__ d2, const float* __restrict__ headWeights, double scalarScale,
    double biasScale, double pointScale, const int* __restrict__ starts, int first, int further, int slabs, int scoreColumns, int valueColumns,
    uint16_t* __restrict__ q16, uint16_t* __restrict__ k16, uint16_t* __restrict__ v16, float* __restrict__ keyBias, float* __restrict__ pointWeights,
    float* __restrict__ valueNorms, unsigned* __restrict__ largest) {
    awaitPrevious();
    using namespace tensorcore;
    SHARED_MEMORY(shared);
    constexpr int N = 4;
    Layout layout LAYOUT_ARGUMENTS;
    ValueSlabs valueSlabs{layout.valueWidth(), channels, 3 * vPoints, first, further};
    Inputs in{rotations, origins, q, qStride, kv, kvStride, qPoints, qPointsStride, kvPoints, kvPointsStride, b1, b2, d2};
    RowGroup group(starts, residues);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int warp = static_cast<int>(threadIdx.x) / WARP;
    float weight = softplus(headWeights[group.head]) * static_cast<float>(pointScale);
    if (blockIdx.x == 0 && blockIdx.z == 0 && threadIdx.x == 0) {
        pointWeights[group.head] = weight;
        largest[heads + group.head] = 0;
    }
    float& ownNorm = valueNorms[(static_cast<int64_t>(group.head) * gridDim.z + blockIdx.z) * gridDim.x + blockIdx.x];
    if (group.count <= 0) {
        if (threadIdx.x == 0) {
            ownNorm = 0;
        }
        return;
    }
    int scoreBlocks = scoreColumns / EDGE;
    int valueBlocks = valueColumns / EDGE;
    Image image{shared};
    bool there = warp < group.count;
    int scalars = layout.logitColumns();
    int scoresUsed = there ? scalars + 9 * qkPoints + 2 : 0;
    weight *= LOG2E;
    float squares = 0;
    float distance = 0;
    if (there) {
        RowPacker row{layout, valueSlabs, image, warp, group.residue + warp, group.head, lane, scoreBlocks, 2 * scoreBlocks, valueColumns};
        float entry = attention::frameEntry(rotations, origins, row.residue, lane);
        float local[3] = {0, 0, 0};
        row.local(in, lane, local);
        float queryScale = static_cast<float>(scalarScale) * LOG2E;
        if (channels % N == 0 && inStep<N>(q, qStride) && inStep<N>(kv, kvStride)) {
            squares = row.scalars<N>(in, queryScale);
        } else {
            squares = row.scalars<1>(in, queryScale);
        }
        squares += row.factors(in, static_cast<float>(biasScale) * LOG2E);
        if (lane < 2) {
            row.putQuery(scalars + 6 * qkPoints + lane, lane == 0 ? HALF_ONE : 0);
            row.putKey(scalars + 6 * qkPoints + lane, lane == 1 ? HALF_ONE : 0);
        }
        const double* frame = attention::shareFrame(entry, lane);
        float root = sqrtf(weight);
#pragma unroll 1
        for (int point = lane; point < row.points(); point += WARP) {
            row.turn(frame, point, local, root, distance, squares);
            row.local(in, point + WARP, local);
        }
    }
    image.clear(warp, 0, scoresUsed, scoreColumns, lane);
    image.clear(warp, scoreBlocks, scoresUsed, scoreColumns, lane);
    for (int slab = 0; slab < slabs; slab++) {
        image.clear(warp, 2 * scoreBlocks + slab * valueBlocks, there ? valueSlabs.used(slab) : 0, valueColumns, lane);
    }
    distance = warpSum(distance);
    if (lane == 0) {
        keyBias[group.padded + warp] = -0.5f * weight * distance;
    }
    float norm = blockMax(soundNorm(warpSum(squares)));
    if (threadIdx.x == 0) {
        ownNorm = norm;
    }
    uint4* queries = reinterpret_cast<uint4*>(q16 + group.padded * scoreColumns);
    uint4* keys = reinterpret_cast<uint4*>(k16 + group.padded * scoreColumns);
    for (int i = threadIdx.x; i < scoreColumns; i += ROW_THREADS) {
        queries[i] = image.piece(0, i);
        keys[i] = image.piece(scoreBlocks, i);
    }
    for (int slab = 0; slab < slabs; slab++) {
        uint4* values = reinterpret_cast<uint4*>(v16 + (static_cast<int64_t>(slab) * heads * group.rows + group.padded) * valueColumns);
        for (int i = threadIdx.x; i < valueColumns; i += ROW_THREADS) {
            values[i] = image.piece(2 * scoreBlocks + slab * valueBlocks, i);
        }
    }
}
EXPORT(attention_tensor_pack_f16)

namespace tensorcore {

/** Rows that a warp, and a block, bounds. */
constexpr int BOUND_ROWS = 2;
constexpr int BOUND_BLOCK = BOUND_ROWS * ROW_WARPS;

/**
 * The lane's part of a bound for the squared norm of gradients of O, of several rows at once, that all is under way: scalars N at a time, points with the
 * largest gradient that their norms can add, factors.
 */
template <int N>
__device__ __forceinline__ void boundRows(const Layout& layout, const float* const rows[BOUND_ROWS], const float* const factors[BOUND_ROWS], int head, int lane,
    float squares[BOUND_ROWS]) {
    int axis = layout.heads * layout.vPoints;
    int collected = layout.rank > 0 ? layout.cDown : 0;
    for (int i = lane; N * i < layout.channels || i < layout.vPoints || i < collected; i += WARP) {
        Values<float, N> scalars[BOUND_ROWS]{};
        float point[BOUND_ROWS][4]{};
        float channel[BOUND_ROWS]{};
#pragma unroll
        for (int j = 0; j < BOUND_ROWS; j++) {
            if (N * i < layout.channels) {
                scalars[j] = Values<float, N>::of(rows[j] + layout.scalarColumn(head) + N * i);
            }
            if (i < layout.vPoints) {
                for (int k = 0; k < 4; k++) {
                    point[j][k] = rows[j][layout.pointColumn(0, head) + k * axis + i];
                }
            }
            if (i < collected) {
                channel[j] = rows[j][layout.collectedColumn(head) + i];
            }
        }
        float factorSquares[BOUND_ROWS]{};
        if (i < collected) {
#pragma unroll 2
            for (int f = 0; f < layout.rank; f++) {
#pragma unroll
                for (int j = 0; j < BOUND_ROWS; j++) {
                    float factor = factors[j][f * layout.cDown + i];
                    factorSquares[j] = fmaf(factor, factor, factorSquares[j]);
                }
            }
        }
#pragma unroll
        for (int j = 0; j < BOUND_ROWS; j++) {
#pragma unroll
            for (int n = 0; n < N; n++) {
                squares[j] = fmaf(scalars[j].at[n], scalars[j].at[n], squares[j]);
            }
            float most = sqrtf(point[j][0] * point[j][0] + point[j][1] * point[j][1] + point[j][2] * point[j][2]) + fabsf(point[j][3]);
            squares[j] = fmaf(most, most, squares[j]);
            squares[j] = fmaf(channel[j] * channel[j], factorSquares[j], squares[j]);
        }
    }
}

} // namespace tensorcore

/**
 * A bound for the norm of each row of gradients of O, without O: the largest into largest[H + head], which must be zero. The largest of the norms of rows of V
 * that pack found for the head into largest[head]. Grid (1 + ceil(longest sequence / 16), H, B): the first block of a head and sequence has only the latter to
 * do, for all sequences; a warp of the others has two rows.
 */
KERNEL(256, 5)
attention_tensor_bound_f32(LAYOUT_PARAMETERS, const float* __restrict__ dResult, const float* __restrict__ d1, const int* __restrict__ starts,
    const float* __restrict__ valueNorms, int norms, unsigned* __restrict__ largest) {
    awaitPrevious();
    using namespace tensorcore;
    constexpr int N = 4;
    Layout layout LAYOUT_ARGUMENTS;
    int head = static_cast<int>(blockIdx.y);
    int sequence = static_cast<int>(blockIdx.z);
    int lane = static_cast<int>(threadIdx.x) % WARP;
    int warp = static_cast<int>(threadIdx.x) / WARP;
    float most = 0;
    if (blockIdx.x == 0) {
        for (int i = threadIdx.x; sequence == 0 && i < norms; i += ROW_THREADS) {
            most = fmaxf(most, valueNorms[static_cast<int64_t>(head) * norms + i]);
        }
        most = blockMax(warpMax(most));
        if (sequence == 0 && threadIdx.x == 0) {
            largest[head] = __float_as_uint(most);
        }
        return;
    }
    int first = starts[sequence] + (static_cast<int>(blockIdx.x) - 1) * BOUND_BLOCK;
    int last = starts[sequence + 1] - 1;
    if (first > last) {
        return;
    }
    const float* rows[BOUND_ROWS];
    const float* factors[BOUND_ROWS];
    float squares[BOUND_ROWS]{};
    for (int j = 0; j < BOUND_ROWS; j++) {
        // after the end, the last one again
        int residue = min(first + warp + j * ROW_WARPS, last);
        rows[j] = dResult + layout.resultRow(residue);
        factors[j] = attention::shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    }
    if (channels % N == 0 && inStep<N>(dResult, layout.collectedColumn(heads))) {
        boundRows<N>(layout, rows, factors, head, lane, squares);
    } else {
        boundRows<1>(layout, rows, factors, head, lane, squares);
    }
    for (int j = 0; j < BOUND_ROWS; j++) {
        most = fmaxf(most, soundNorm(warpSum(squares[j])));
    }
    most = blockMax(most);
    if (threadIdx.x == 0) {
        atomicMax(largest + heads + head, __float_as_uint(most));
    }
}
EXPORT(attention_tensor_bound_f32)

namespace tensorcore {

/** The gradients of one row of sums as fp16 numbers, slab after slab in shared memory: of scalars and factors, by the lanes of a warp. */
struct GradientRow {
    const Layout& layout;
    const ValueSlabs& slabs;
    int columns;
    uint16_t* image;
    int head;
    int lane;
    /** Factor of the gradients in fp16. */
    float scale;

    /**
     * Scalars N at a time, and the columns of factors: a lane takes a part of each, so that all is under way at once. Returns the lane's part of
     * Σ gradient·sums; factorShares gets what the row adds to the gradient of d1, unless it is null.
     */
    template <int N>
    __device__ __forceinline__ float fill(const float* own, const float* dResult, const float* factors, float* factorShares, bool freshShares) const {
        int collected = layout.rank > 0 ? layout.cDown : 0;
        float product = 0;
#pragma unroll 1
        for (int i = lane; N * i < layout.channels || i < collected; i += WARP) {
            Values<float, N> gradients{};
            Values<float, N> sums{};
            if (N * i < layout.channels) {
                gradients = Values<float, N>::of(dResult + layout.scalarColumn(head) + N * i);
                sums = Values<float, N>::of(own + N * i);
            }
            if (i < collected) {
                float gradient = dResult[layout.collectedColumn(head) + i];
#pragma unroll 2
                for (int f = 0; f < layout.rank; f++) {
                    int e = f * layout.cDown + i;
                    float factor = factors[e];
                    float sum = own[layout.valueFactors() + e];
                    float value[1] = {gradient * factor * scale};
                    writeHalves<1>(image + slabs.place(layout.valueFactors() + e, columns), value);
                    product = fmaf(value[0], sum, product);
                    if (factorShares != nullptr) {
                        attention::add(factorShares[e], gradient * sum, freshShares);
                    }
                }
            }
            if (N * i < layout.channels) {
#pragma unroll
                for (int n = 0; n < N; n++) {
                    gradients.at[n] *= scale;
                }
                writeHalves<N>(image + N * i, gradients.at);
#pragma unroll
                for (int n = 0; n < N; n++) {
                    product = fmaf(gradients.at[n], sums.at[n], product);
                }
            }
        }
        return product;
    }
};

} // namespace tensorcore

/**
 * The way back through the epilogue to G16, slab after slab, and −D = −Σ G16·O over the unique columns (of the rounded gradients, so that dP − D cancels as
 * it should); gradients of the frames and d1 as attention_epilogue_backward_f32. Grid (longest sequence, 1, B); a block has a residue, a warp one row after the
 * other, but points of the rows at hand lie along the threads: few warps turn them, with all lanes. Dynamic shared memory: for each of as many threads as 8
 * heads have points a frame; for each of 8 warps a row of G16, a float for each point, the columns of d1. The last residue of a sequence also writes the zeros
 * that fill its group.
 */
KERNEL(256, 4)
attention_tensor_epilogue_backward_f16(LAYOUT_PARAMETERS, const float* __restrict__ rotations, const float* __restrict__ origins, const float* __restrict__ d1,
    const float* __restrict__ sums, const float* __restrict__ dResult, const int* __restrict__ starts, const unsigned* __restrict__ largest, int first,
    int further, int slabs, int columns, uint16_t* __restrict__ g16, float* __restrict__ minusD, int freshBits, float* dRotations, float* dOrigins,
    float* dD1) {
    awaitPrevious();
    using namespace tensorcore;
    SHARED_MEMORY(shared);
    constexpr int N = 4;
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
    int together = min(heads, ROW_WARPS);
    attention::FrameShare share(reinterpret_cast<double*>(shared), min(together * vPoints, ROW_THREADS));
    uint16_t* images = reinterpret_cast<uint16_t*>(share.shared + attention::FRAME * share.holders);
    float* products = reinterpret_cast<float*>(images + ROW_WARPS * slabs * columns);
    float* factorShares = products + ROW_WARPS * vPoints;
    const float* row = dResult + layout.resultRow(residue);
    const float* factors = attention::shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    float entry = attention::frameEntry(rotations, origins, residue, lane);
    const double* frame = nullptr;
    bool inSteps = channels % N == 0 && inStep<N>(sums, layout.valueWidth()) && inStep<N>(dResult, layout.collectedColumn(heads));
#pragma unroll 1
    for (int firstHead = 0; firstHead < heads; firstHead += ROW_WARPS) {
        int points = min(ROW_WARPS, heads - firstHead) * vPoints;
        int at = static_cast<int>(threadIdx.x);
        float coordinates[3] = {0, 0, 0};
        float dPoint[4] = {0, 0, 0, 0};
        auto bring = [&] {
            if (at < points) {
                int one = at / vPoints;
                const float* from = sums + layout.valueRow(firstHead + one, residue) + channels + 3 * (at - one * vPoints);
                for (int m = 0; m < 3; m++) {
                    coordinates[m] = from[m];
                }
                for (int k = 0; k < 4; k++) {
                    dPoint[k] = row[layout.pointColumn(k, firstHead) + at];
                }
            }
        };
        bring();
        int head = firstHead + warp;
        uint16_t* image = images + warp * slabs * columns;
        float product = 0;
        if (head < heads) {
            const float* own = sums + layout.valueRow(head, residue);
            GradientRow gradients{layout, valueSlabs, columns, image, head, lane, gradientScale(largest[head], largest[heads + head])};
            float* shares = dD1 == nullptr ? nullptr : factorShares + warp * layout.factorWidth();
            if (inSteps) {
                product = gradients.fill<N>(own, row, factors, shares, firstHead == 0);
            } else {
                product = gradients.fill<1>(own, row, factors, shares, firstHead == 0);
            }
            for (int slab = 0; slab < slabs; slab++) {
                for (int column = valueSlabs.used(slab) + lane; column < columns; column += WARP) {
                    image[slab * columns + column] = 0;
                }
            }
        }
        if (frame == nullptr) {
            frame = attention::shareFrame(entry, lane);
        }
#pragma unroll 1
        while (at < points) {
            double dArm[3];
            attention::pointBackward(frame, coordinates, dPoint, share, dArm);
            int one = at / vPoints;
            float scale = gradientScale(largest[firstHead + one], largest[heads + firstHead + one]);
            uint16_t* to = images + one * slabs * columns + 3 * (at - one * vPoints);
            float ofPoint = 0;
            for (int m = 0; m < 3; m++) {
                float value[1] = {static_cast<float>(dArm[m]) * scale};
                writeHalves<1>(to + channels + m, value);
                to[first + m] = to[channels + m];
                ofPoint = fmaf(value[0], coordinates[m], ofPoint);
            }
            products[at] = ofPoint;
            at += ROW_THREADS;
            bring();
        }
        __syncthreads();
        if (head < heads) {
            for (int p = lane; p < vPoints; p += WARP) {
                product += products[warp * vPoints + p];
            }
            product = warpSum(product);
            if (lane == 0) {
                minusD[static_cast<int64_t>(head) * rows + paddedRow] = -product;
            }
            for (int slab = 0; slab < slabs; slab++) {
                const uint4* pieces = reinterpret_cast<const uint4*>(image + slab * columns);
                uint16_t* group = g16 + (static_cast<int64_t>(slab * heads + head) * rows + paddedRow / EDGE * EDGE) * columns;
                for (int column = lane * EDGE; column < columns; column += WARP * EDGE) {
                    uint4* to = reinterpret_cast<uint4*>(group + elementAt(columns, place % EDGE, column));
                    to[0] = pieces[column / EDGE];
                    // the rows of a block follow one another
                    for (int i = 1; i <= zeros; i++) {
                        to[i] = make_uint4(0, 0, 0, 0);
                    }
                }
            }
        }
        if (firstHead + ROW_WARPS < heads) {
            __syncthreads();
        }
    }
    if (dD1 != nullptr) {
        for (int e = threadIdx.x; e < layout.factorWidth(); e += ROW_THREADS) {
            float sum = 0;
            for (int one = 0; one < together; one++) {
                sum += factorShares[one * layout.factorWidth() + e];
            }
            attention::add(dD1[static_cast<int64_t>(residue) * layout.factorWidth() + e], sum, fresh[2]);
        }
    }
    if (dRotations != nullptr || dOrigins != nullptr) {
        share.addUp(dRotations, fresh[0], dOrigins, fresh[1], residue);
    }
}
EXPORT(attention_tensor_epilogue_backward_f16)
