/*
 * Between the inputs of the attention (org.bindrae.attention.AttentionInputs), the rows per head that its quadratic part works on
 * (org.bindrae.attention.cuda.RowLayout), and its result. One block of 8 warps per residue, a warp takes one row of one head after the other; lanes lie along
 * the columns, so that rows are read and written in whole lines. Coordinates are turned and gradients of the frames added up in double precision. Bound by
 * memory: everything goes through registers, and a warp begins to read points, scalars and factors before it needs the first of them.
 */
#include "attention/rows.cuh"

namespace attention {

/** The lanes of a warp write the points R·local + t of a row, x, y, z of one after the other. Coordinates of local points lie a stride apart. */
template <typename E> __device__ __forceinline__ void packPoints(const double* frame, const E* local, int stride, int points, E* row, int lane) {
    for (int column = lane; column < 3 * points; column += WARP) {
        int point = column / 3;
        int axis = column - 3 * point;
        double value = frame[ORIGIN + axis];
        for (int k = 0; k < 3; k++) {
            value += frame[3 * axis + k] * local[k * stride + point];
        }
        row[column] = static_cast<E>(value);
    }
}

/** Inputs to rows. Strides are elements from one residue to the next. */
template <typename E>
__device__ __forceinline__ void pack(const Layout layout, const E* rotations, const E* origins, const E* q, int qStride, const E* kv, int kvStride,
    const E* qPoints, int qPointsStride, const E* kvPoints, int kvPointsStride, const E* b1, const E* b2, const E* d2, const E* headWeights,
    double scalarScale, double biasScale,
    double pointScale, E* queries, E* keys, E* values, E* pointWeights) {
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    const double* frame = shareFrame(frameEntry(rotations, origins, residue, lane), lane);
    if (residue == 0) {
        for (int head = threadIdx.x; head < layout.heads; head += ROW_THREADS) {
            pointWeights[head] = static_cast<E>(softplus<double>(headWeights[head]) * pointScale);
        }
    }
    const E* ownKv = kv + static_cast<int64_t>(residue) * kvStride;
    const E* ownKvPoints = kvPoints + static_cast<int64_t>(residue) * kvPointsStride;
    int channels = layout.channels;
    int pairAxis = layout.heads * layout.pairPoints();
    for (int task = threadIdx.x / WARP; task < 3 * layout.heads; task += ROW_WARPS) {
        int head = task / 3;
        int kind = task - 3 * head;
        if (kind == 0) {
            E* row = queries + layout.keyRow(head, residue);
            const E* from = q + static_cast<int64_t>(residue) * qStride + head * channels;
            for (int c = lane; c < channels; c += WARP) {
                row[c] = static_cast<E>(scalarScale) * from[c];
            }
            for (int f = lane; f < layout.rank; f += WARP) {
                row[channels + f] = static_cast<E>(biasScale) * b1[(static_cast<int64_t>(residue) * layout.rank + f) * layout.heads + head];
            }
            packPoints(frame, qPoints + static_cast<int64_t>(residue) * qPointsStride + head * layout.qkPoints, layout.heads * layout.qkPoints,
                layout.qkPoints, row + layout.logitColumns(), lane);
        } else if (kind == 1) {
            E* row = keys + layout.keyRow(head, residue);
            const E* from = ownKv + 2 * head * channels;
            for (int c = lane; c < channels; c += WARP) {
                row[c] = from[c];
            }
            for (int f = lane; f < layout.rank; f += WARP) {
                row[channels + f] = b2[(static_cast<int64_t>(residue) * layout.rank + f) * layout.heads + head];
            }
            packPoints(frame, ownKvPoints + head * layout.pairPoints(), pairAxis, layout.qkPoints, row + layout.logitColumns(), lane);
        } else {
            E* row = values + layout.valueRow(head, residue);
            const E* from = ownKv + (2 * head + 1) * channels;
            for (int c = lane; c < channels; c += WARP) {
                row[c] = from[c];
            }
            packPoints(frame, ownKvPoints + head * layout.pairPoints() + layout.qkPoints, pairAxis, layout.vPoints, row + channels, lane);
            const E* factors = d2 + static_cast<int64_t>(residue) * layout.factorWidth();
            for (int e = lane; e < layout.factorWidth(); e += WARP) {
                row[layout.valueFactors() + e] = factors[e];
            }
        }
    }
}

/**
 * The lanes of a warp copy the scalars of a head, N at a time, and collect its channels: Σ_f d1·sums. All of that is under way at once: a lane takes a part of
 * each.
 */
template <int N, typename E>
__device__ __forceinline__ void finishHead(const Layout& layout, const E* factors, const E* own, E* row, int head, int lane) {
    int collected = layout.rank > 0 ? layout.cDown : 0;
#pragma unroll 1
    for (int i = lane; N * i < layout.channels || i < collected; i += WARP) {
        Values<E, N> scalars{};
        if (N * i < layout.channels) {
            scalars = Values<E, N>::of(own + N * i);
        }
        if (i < collected) {
            E sum = 0;
#pragma unroll 2
            for (int f = 0; f < layout.rank; f++) {
                int at = f * layout.cDown + i;
                sum += factors[at] * own[layout.valueFactors() + at];
            }
            row[layout.collectedColumn(head) + i] = sum;
        }
        if (N * i < layout.channels) {
            scalars.to(row + layout.scalarColumn(head) + N * i);
        }
    }
}

/** Weighted sums of value rows to the result. Points of all heads lie along the threads: few warps turn them, with all lanes. */
template <typename E>
__device__ __forceinline__ void epilogue(const Layout layout, const E* rotations, const E* origins, const E* d1, const E* sums, E* result) {
    constexpr int N = 16 / sizeof(E);
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    E entry = frameEntry(rotations, origins, residue, lane);
    E* row = result + layout.resultRow(residue);
    const E* factors = shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    int points = layout.heads * layout.vPoints;
    int place = threadIdx.x;
    E coordinates[3] = {0, 0, 0};
    auto bring = [&] {
        if (place < points) {
            int head = place / layout.vPoints;
            const E* from = sums + layout.valueRow(head, residue) + layout.channels + 3 * (place - head * layout.vPoints);
            for (int m = 0; m < 3; m++) {
                coordinates[m] = from[m];
            }
        }
    };
    bring();
    bool inSteps = layout.channels % N == 0 && inStep<N>(sums, layout.valueWidth()) && inStep<N>(result, layout.collectedColumn(layout.heads));
    for (int head = threadIdx.x / WARP; head < layout.heads; head += ROW_WARPS) {
        const E* own = sums + layout.valueRow(head, residue);
        if (inSteps) {
            finishHead<N>(layout, factors, own, row, head, lane);
        } else {
            finishHead<1>(layout, factors, own, row, head, lane);
        }
    }
    const double* frame = shareFrame(entry, lane);
    E* to = row + layout.pointColumn(0, 0);
#pragma unroll 1
    while (place < points) {
        double arm[3];
        double point[3];
        ownPoint(frame, coordinates, arm, point);
        for (int k = 0; k < 3; k++) {
            to[k * points + place] = static_cast<E>(point[k]);
        }
        to[3 * points + place] = sqrt(static_cast<E>(squaredNorm(point)));
        place += ROW_THREADS;
        bring();
    }
}

/** The gradient of d1, added to a row that is not null unless it is fresh. */
template <typename E>
__device__ __forceinline__ void epilogueBackwardFactors(const Layout& layout, const E* row, const E* sums, int residue, E* dD1, bool fresh) {
    if (dD1 != nullptr) {
        for (int e = threadIdx.x; e < layout.factorWidth(); e += ROW_THREADS) {
            E sum = 0;
#pragma unroll 4
            for (int head = 0; head < layout.heads; head++) {
                sum += row[layout.collectedColumn(head) + e % layout.cDown] * sums[layout.valueRow(head, residue) + layout.valueFactors() + e];
            }
            add(dD1[static_cast<int64_t>(residue) * layout.factorWidth() + e], sum, fresh);
        }
    }
}

/**
 * The way back through epilogue: overwrites dSums and products (Σ sums·dSums of each row), adds to the others where they are not
 * null, unless they are fresh.
 */
template <typename E>
__device__ __forceinline__ void epilogueBackward(const Layout layout, const E* rotations, const E* origins, const E* d1, const E* sums, const E* dResult,
    E* dSums, E* products, Fresh fresh, E* dRotations, E* dOrigins, E* dD1) {
    __shared__ double frameShares[FRAME * ROW_THREADS];
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    const double* frame = shareFrame(frameEntry(rotations, origins, residue, lane), lane);
    const E* row = dResult + layout.resultRow(residue);
    const E* factors = shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    int axis = layout.heads * layout.vPoints;
    FrameShare share(frameShares, ROW_THREADS);
    for (int head = threadIdx.x / WARP; head < layout.heads; head += ROW_WARPS) {
        const E* own = sums + layout.valueRow(head, residue);
        E* dOwn = dSums + layout.valueRow(head, residue);
        double product = 0;
        auto put = [&](int column, double gradient) {
            dOwn[column] = static_cast<E>(gradient);
            product += gradient * own[column];
        };
        for (int c = lane; c < layout.channels; c += WARP) {
            put(c, row[layout.scalarColumn(head) + c]);
        }
        const E* points = row + layout.pointColumn(0, head);
        for (int p = lane; p < layout.vPoints; p += WARP) {
            int column = layout.channels + 3 * p;
            E dPoint[4] = {points[p], points[axis + p], points[2 * axis + p], points[3 * axis + p]};
            double dArm[3];
            pointBackward(frame, own + column, dPoint, share, dArm);
            for (int m = 0; m < 3; m++) {
                put(column + m, dArm[m]);
            }
        }
        for (int e = lane; e < layout.factorWidth(); e += WARP) {
            put(layout.valueFactors() + e, row[layout.collectedColumn(head) + e % layout.cDown] * factors[e]);
        }
        product = warpSum(product);
        if (lane == 0) {
            products[layout.row(head, residue)] = static_cast<E>(product);
        }
    }
    epilogueBackwardFactors(layout, row, sums, residue, dD1, fresh[2]);
    share.addUp(dRotations, fresh[0], dOrigins, fresh[1], residue);
}

/** From the gradient of a global point R·local + t to those of local (x, y, z a stride apart; where there is a target), R and t. */
template <typename E>
__device__ __forceinline__ void unpackPoint(const double* frame, const E dGlobal[3], const E local[3], E* target, int stride, bool fresh, FrameShare& share) {
    double global[3] = {dGlobal[0], dGlobal[1], dGlobal[2]};
    double own[3] = {local[0], local[1], local[2]};
    share.add(global, own, global);
    if (target != nullptr) {
        for (int k = 0; k < 3; k++) {
            add(target[k * stride], static_cast<E>(frame[k] * global[0] + frame[3 + k] * global[1] + frame[6 + k] * global[2]), fresh);
        }
    }
}

/** Gradients of the scalars of a head, N at a time, to their targets where these are not null; all is read before the first is written. */
template <int N, typename E>
__device__ __forceinline__ void unpackScalars(const E* query, const E* key, const E* value, E scale, E* dQ, bool freshQ, E* dKv, bool freshKv, int channels,
    int lane) {
    constexpr int STEPS = 2;
#pragma unroll 1
    for (int first = N * lane; first < channels; first += STEPS * N * WARP) {
        Values<E, N> queries[STEPS];
        Values<E, N> keys[STEPS];
        Values<E, N> values[STEPS];
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            int c = first + step * N * WARP;
            if (c < channels) {
                queries[step] = Values<E, N>::of(query + c);
                keys[step] = Values<E, N>::of(key + c);
                values[step] = Values<E, N>::of(value + c);
            }
        }
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            int c = first + step * N * WARP;
            if (c < channels && dQ != nullptr) {
#pragma unroll
                for (int i = 0; i < N; i++) {
                    queries[step].at[i] *= scale;
                }
                queries[step].addTo(dQ + c, freshQ);
            }
            if (c < channels && dKv != nullptr) {
                keys[step].addTo(dKv + c, freshKv);
                values[step].addTo(dKv + channels + c, freshKv);
            }
        }
    }
}

/**
 * Gradients of rows to those of the inputs, which are added to where they are not null, unless they are fresh. Block h < heads adds up the parts of the
 * gradient of the point weight of head h and passes it on to the head weight; the blocks after these take a residue each.
 */
template <typename E>
__device__ __forceinline__ void unpack(const Layout layout, const E* rotations, const E* origins, const E* qPoints, int qPointsStride, const E* kvPoints,
    int kvPointsStride, const E* headWeights, double scalarScale, double biasScale, double pointScale, const E* dQueries, const E* dKeys, const E* dValues,
    const E* dPointWeights, int parts, Fresh fresh, E* dRotations, E* dOrigins, E* dQ, int dQStride, E* dKv, int dKvStride, E* dQPoints, int dQPointsStride,
    E* dKvPoints, int dKvPointsStride, E* dB1, E* dB2, E* dD2, E* dHeadWeights) {
    constexpr int N = 2;
    __shared__ double frameShares[FRAME * ROW_THREADS];
    int lane = threadIdx.x % WARP;
    int residue = static_cast<int>(blockIdx.x) - layout.heads;
    if (residue < 0) {
        int head = blockIdx.x;
        double sum = blockSumOf<ROW_THREADS>(dPointWeights + static_cast<int64_t>(head) * parts, parts);
        if (threadIdx.x == 0 && dHeadWeights != nullptr) {
            add(dHeadWeights[head], static_cast<E>(sum * pointScale * sigmoid<double>(headWeights[head])), fresh[9]);
        }
        return;
    }
    E entry = frameEntry(rotations, origins, residue, lane);
    int channels = layout.channels;
    int points = layout.qkPoints + layout.pairPoints();
    int place = threadIdx.x;
    // of the point here: its head, its number among those of queries, then of keys, then of values, and what is known of it
    int head = 0;
    int number = 0;
    E dGlobal[3] = {0, 0, 0};
    E local[3] = {0, 0, 0};
    auto bring = [&] {
        if (place < layout.heads * points) {
            head = place / points;
            number = place - head * points;
            int pair = number - layout.qkPoints;
            bool ofQuery = pair < 0;
            const E* from = ofQuery ? dQueries + layout.keyRow(head, residue) + layout.logitColumns() + 3 * number
                : pair < layout.qkPoints ? dKeys + layout.keyRow(head, residue) + layout.logitColumns() + 3 * pair
                : dValues + layout.valueRow(head, residue) + channels + 3 * (pair - layout.qkPoints);
            const E* own = ofQuery ? qPoints + static_cast<int64_t>(residue) * qPointsStride + head * layout.qkPoints + number
                : kvPoints + static_cast<int64_t>(residue) * kvPointsStride + head * layout.pairPoints() + pair;
            int stride = layout.heads * (ofQuery ? layout.qkPoints : layout.pairPoints());
            for (int m = 0; m < 3; m++) {
                dGlobal[m] = from[m];
                local[m] = own[m * stride];
            }
        }
    };
    bring();
    bool inSteps = channels % N == 0 && inStep<N>(dQueries, layout.keyWidth()) && inStep<N>(dKeys, layout.keyWidth())
        && inStep<N>(dValues, layout.valueWidth()) && inStep<N>(dQ, dQStride) && inStep<N>(dKv, dKvStride);
#pragma unroll 1
    for (int row = threadIdx.x / WARP; row < layout.heads; row += ROW_WARPS) {
        const E* query = dQueries + layout.keyRow(row, residue);
        const E* key = dKeys + layout.keyRow(row, residue);
        const E* value = dValues + layout.valueRow(row, residue);
#pragma unroll 1
        for (int f = lane; f < layout.rank; f += WARP) {
            int64_t at = (static_cast<int64_t>(residue) * layout.rank + f) * layout.heads + row;
            E ofQuery = query[channels + f];
            E ofKey = key[channels + f];
            if (dB1 != nullptr) {
                add(dB1[at], static_cast<E>(biasScale) * ofQuery, fresh[6]);
            }
            if (dB2 != nullptr) {
                add(dB2[at], ofKey, fresh[7]);
            }
        }
        E* toQ = shifted(dQ, static_cast<int64_t>(residue) * dQStride + row * channels);
        E* toKv = shifted(dKv, static_cast<int64_t>(residue) * dKvStride + 2 * row * channels);
        if (inSteps) {
            unpackScalars<N>(query, key, value, static_cast<E>(scalarScale), toQ, fresh[2], toKv, fresh[3], channels, lane);
        } else {
            unpackScalars<1>(query, key, value, static_cast<E>(scalarScale), toQ, fresh[2], toKv, fresh[3], channels, lane);
        }
    }
    const double* frame = shareFrame(entry, lane);
    FrameShare share(frameShares, min(layout.heads * points, ROW_THREADS));
#pragma unroll 1
    while (place < layout.heads * points) {
        int pair = number - layout.qkPoints;
        E* target = pair < 0 ? shifted(dQPoints, static_cast<int64_t>(residue) * dQPointsStride + head * layout.qkPoints + number)
            : shifted(dKvPoints, static_cast<int64_t>(residue) * dKvPointsStride + head * layout.pairPoints() + pair);
        unpackPoint(frame, dGlobal, local, target, layout.heads * (pair < 0 ? layout.qkPoints : layout.pairPoints()), fresh[pair < 0 ? 4 : 5], share);
        place += ROW_THREADS;
        bring();
    }
    if (dD2 != nullptr) {
#pragma unroll 1
        for (int e = threadIdx.x; e < layout.factorWidth(); e += ROW_THREADS) {
            E sum = 0;
#pragma unroll 8
            for (int head = 0; head < layout.heads; head++) {
                sum += dValues[layout.valueRow(head, residue) + layout.valueFactors() + e];
            }
            add(dD2[static_cast<int64_t>(residue) * layout.factorWidth() + e], sum, fresh[8]);
        }
    }
    if (dRotations != nullptr || dOrigins != nullptr) {
        share.addUp(dRotations, fresh[0], dOrigins, fresh[1], residue);
    }
}

} // namespace attention

/*
 * Grid: residues (unpack: heads + residues); 256 threads; static shared memory: a frame for each warp, and where gradients of frames are added up a frame for
 * each thread, 24 KB. Pointers of the pair term are null where there is none. Bit i of fresh: the i-th array of gradients after it is overwritten. Registers
 * for sm_90a, f32: pack 64, epilogue 48, epilogue_backward 120, unpack 62; no spills.
 */
#define ROW_KERNELS(E, TYPE) \
    KERNEL(attention::ROW_THREADS) \
    attention_pack_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ q, int qStride, \
        const E* __restrict__ kv, int kvStride, const E* __restrict__ qPoints, int qPointsStride, const E* __restrict__ kvPoints, int kvPointsStride, \
        const E* __restrict__ b1, const E* __restrict__ b2, const E* __restrict__ d2, const E* __restrict__ headWeights, double scalarScale, double biasScale, \
        double pointScale, E* __restrict__ queries, E* __restrict__ keys, E* __restrict__ values, E* __restrict__ pointWeights) { \
        awaitPrevious(); \
        attention::pack<E>(LAYOUT_ARGUMENTS, rotations, origins, q, qStride, kv, kvStride, qPoints, qPointsStride, kvPoints, kvPointsStride, b1, b2, d2, \
            headWeights, scalarScale, biasScale, pointScale, queries, keys, values, pointWeights); \
    } \
    EXPORT(attention_pack_##TYPE) \
    KERNEL(attention::ROW_THREADS, sizeof(E) == 4 ? 5 : 4) \
    attention_epilogue_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ d1, \
        const E* __restrict__ sums, E* __restrict__ result) { \
        awaitPrevious(); \
        attention::epilogue<E>(LAYOUT_ARGUMENTS, rotations, origins, d1, sums, result); \
    } \
    EXPORT(attention_epilogue_##TYPE) \
    KERNEL(attention::ROW_THREADS) \
    attention_epilogue_backward_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ d1, \
        const E* __restrict__ sums, const E* __restrict__ dResult, E* __restrict__ dSums, E* __restrict__ products, int fresh, E* __restrict__ dRotations, \
        E* __restrict__ dOrigins, E* __restrict__ dD1) { \
        awaitPrevious(); \
        attention::epilogueBackward<E>(LAYOUT_ARGUMENTS, rotations, origins, d1, sums, dResult, dSums, products, {fresh}, dRotations, dOrigins, dD1); \
    } \
    EXPORT(attention_epilogue_backward_##TYPE) \
    KERNEL(attention::ROW_THREADS, sizeof(E) == 4 ? 4 : 2) \
    attention_unpack_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ qPoints, \
        int qPointsStride, const E* __restrict__ kvPoints, int kvPointsStride, const E* __restrict__ headWeights, double scalarScale, double biasScale, \
        double pointScale, \
        const E* __restrict__ dQueries, const E* __restrict__ dKeys, const E* __restrict__ dValues, const E* __restrict__ dPointWeights, int parts, \
        int fresh, E* __restrict__ dRotations, E* __restrict__ dOrigins, E* __restrict__ dQ, int dQStride, E* __restrict__ dKv, int dKvStride, \
        E* __restrict__ dQPoints, int dQPointsStride, E* __restrict__ dKvPoints, int dKvPointsStride, E* __restrict__ dB1, E* __restrict__ dB2, \
        E* __restrict__ dD2, E* __restrict__ dHeadWeights) { \
        awaitPrevious(); \
        attention::unpack<E>(LAYOUT_ARGUMENTS, rotations, origins, qPoints, qPointsStride, kvPoints, kvPointsStride, headWeights, scalarScale, biasScale, \
            pointScale, dQueries, dKeys, dValues, dPointWeights, parts, {fresh}, dRotations, dOrigins, dQ, dQStride, dKv, dKvStride, dQPoints, dQPointsStride, \
            dKvPoints, dKvPointsStride, dB1, dB2, dD2, dHeadWeights); \
    } \
    EXPORT(attention_unpack_##TYPE)

ROW_KERNELS(float, f32)
ROW_KERNELS(double, f64)
