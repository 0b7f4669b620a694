/*
 * Between the inputs of the attention (org.bindrae.attention.AttentionInputs), the rows per head that its quadratic part works on
 * (org.bindrae.attention.cuda.RowLayout), and its result. One block of 8 warps per residue, a warp takes one row of one head after the other; lanes lie along
 * the columns, so that rows are read and written in whole lines. Coordinates are turned and gradients of the frames added up in double precision. Bound by
 * memory.
 */
#include "attention/rows.cuh"

namespace attention {

/** The lanes of a warp write the points R·local + t of a row, x, y, z of one after the other. */
template <typename E> __device__ __forceinline__ void packPoints(const double* frame, LocalPoints<const E> local, int points, E* row, int lane) {
    for (int column = lane; column < 3 * points; column += WARP) {
        int point = column / 3;
        int axis = column - 3 * point;
        double value = frame[ORIGIN + axis];
        for (int k = 0; k < 3; k++) {
            value += frame[3 * axis + k] * local.get(point, k);
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
    __shared__ double frame[FRAME];
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    loadFrame(frame, rotations, origins, residue);
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
            LocalPoints<const E> local{qPoints + static_cast<int64_t>(residue) * qPointsStride + head * layout.qkPoints, layout.heads * layout.qkPoints};
            packPoints(frame, local, layout.qkPoints, row + layout.logitColumns(), lane);
        } else if (kind == 1) {
            E* row = keys + layout.keyRow(head, residue);
            const E* from = ownKv + 2 * head * channels;
            for (int c = lane; c < channels; c += WARP) {
                row[c] = from[c];
            }
            for (int f = lane; f < layout.rank; f += WARP) {
                row[channels + f] = b2[(static_cast<int64_t>(residue) * layout.rank + f) * layout.heads + head];
            }
            LocalPoints<const E> local{ownKvPoints + head * layout.pairPoints(), pairAxis};
            packPoints(frame, local, layout.qkPoints, row + layout.logitColumns(), lane);
        } else {
            E* row = values + layout.valueRow(head, residue);
            const E* from = ownKv + (2 * head + 1) * channels;
            for (int c = lane; c < channels; c += WARP) {
                row[c] = from[c];
            }
            LocalPoints<const E> local{ownKvPoints + head * layout.pairPoints() + layout.qkPoints, pairAxis};
            packPoints(frame, local, layout.vPoints, row + channels, lane);
            const E* factors = d2 + static_cast<int64_t>(residue) * layout.factorWidth();
            for (int e = lane; e < layout.factorWidth(); e += WARP) {
                row[layout.valueFactors() + e] = factors[e];
            }
        }
    }
}

/** Shared memory of this warp, so many elements each; null for null. */
template <typename E> __device__ __forceinline__ E* warpPlace(E* shared, int elements) {
    return shared == nullptr ? nullptr : shared + threadIdx.x / WARP * elements;
}

/** Weighted sums of value rows to the result. */
template <typename E>
__device__ __forceinline__ void epilogue(const Layout layout, const E* rotations, const E* origins, const E* d1, const E* sums, E* result, E* shared) {
    __shared__ double frame[FRAME];
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    loadFrame(frame, rotations, origins, residue);
    E* row = result + layout.resultRow(residue);
    const E* factors = d1 + static_cast<int64_t>(residue) * layout.factorWidth();
    for (int head = threadIdx.x / WARP; head < layout.heads; head += ROW_WARPS) {
        E* place = warpPlace(shared, layout.valueWidth());
        const E* own = bring(place, sums + layout.valueRow(head, residue), layout.valueWidth(), lane);
        awaitBrought();
        for (int c = lane; c < layout.channels; c += WARP) {
            row[layout.scalarColumn(head) + c] = own[c];
        }
        for (int p = lane; p < layout.vPoints; p += WARP) {
            double arm[3];
            double point[3];
            ownPoint(frame, own + layout.channels, p, arm, point);
            for (int k = 0; k < 3; k++) {
                row[layout.pointColumn(k, head) + p] = static_cast<E>(point[k]);
            }
            row[layout.pointColumn(3, head) + p] = static_cast<E>(norm(point));
        }
        if (layout.rank > 0) {
            for (int c = lane; c < layout.cDown; c += WARP) {
                E collected = 0;
                for (int f = 0; f < layout.rank; f++) {
                    int at = f * layout.cDown + c;
                    collected += factors[at] * own[layout.valueFactors() + at];
                }
                row[layout.collectedColumn(head) + c] = collected;
            }
        }
        __syncwarp();
    }
}

/**
 * The way back through epilogue: overwrites dSums and products (Σ sums·dSums of each row), adds to the others where they are not
 * null, unless they are fresh.
 */
template <typename E>
__device__ __forceinline__ void epilogueBackward(const Layout layout, const E* rotations, const E* origins, const E* d1, const E* sums, const E* dResult,
    E* dSums, E* products, Fresh fresh, E* dRotations, E* dOrigins, E* dD1) {
    __shared__ double frame[FRAME];
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    loadFrame(frame, rotations, origins, residue);
    const E* row = dResult + layout.resultRow(residue);
    const E* factors = shifted(d1, static_cast<int64_t>(residue) * layout.factorWidth());
    FrameGradient frameGradient;
    for (int head = threadIdx.x / WARP; head < layout.heads; head += ROW_WARPS) {
        const E* own = sums + layout.valueRow(head, residue);
        E* dOwn = dSums + layout.valueRow(head, residue);
        double product = 0;
        epilogueBackward(layout, frame, HeadResult<E>(layout, row, head), own, factors, lane, frameGradient, [&](int column, double gradient) {
            dOwn[column] = static_cast<E>(gradient);
            product += gradient * own[column];
        });
        product = warpSum(product);
        if (lane == 0) {
            products[layout.row(head, residue)] = static_cast<E>(product);
        }
    }
    epilogueBackwardFactors(layout, row, sums, residue, dD1, fresh[2]);
    frameGradient.addTo(dRotations, fresh[0], dOrigins, fresh[1], residue);
}

/** From the gradient of a global point R·local + t to those of local (where there is a target), R and t. */
template <typename E>
__device__ __forceinline__ void unpackPoint(const double* frame, const E* dGlobal, LocalPoints<const E> local, LocalPoints<E> dLocal, bool fresh, int p,
    FrameGradient& frameGradient) {
    double global[3];
    double own[3];
    for (int m = 0; m < 3; m++) {
        global[m] = dGlobal[3 * p + m];
        own[m] = local.get(p, m);
        frameGradient.entries[ORIGIN + m] += global[m];
    }
    frameGradient.addOuter(global, own);
    if (dLocal.x != nullptr) {
        for (int k = 0; k < 3; k++) {
            double value = frame[k] * global[0] + frame[3 + k] * global[1] + frame[6 + k] * global[2];
            add(dLocal.x[k * dLocal.stride + p], static_cast<E>(value), fresh);
        }
    }
}

/** y += factor·x over the lanes of a warp, unless y is null. */
template <typename E> __device__ __forceinline__ void addScaled(E factor, const E* x, E* y, bool fresh, int n, int lane) {
    if (y != nullptr) {
        for (int c = lane; c < n; c += WARP) {
            add(y[c], factor * x[c], fresh);
        }
    }
}

/** Begins to bring points to shared memory. */
template <typename E> __device__ __forceinline__ LocalPoints<const E> bringPoints(E*& shared, LocalPoints<const E> local, int points, int lane) {
    if (shared == nullptr) {
        return local;
    }
    const E* first = shared;
    for (int k = 0; k < 3; k++) {
        bring(shared, local.x + k * local.stride, points, lane);
    }
    return {first, points};
}

/**
 * Gradients of rows to those of the inputs, which are added to where they are not null, unless they are fresh. Block residues + h adds up the parts of the
 * gradient of the point weight of head h and passes it on to the head weight.
 */
template <typename E>
__device__ __forceinline__ void unpack(const Layout layout, const E* rotations, const E* origins, const E* qPoints, int qPointsStride, const E* kvPoints,
    int kvPointsStride, const E* headWeights, double scalarScale, double biasScale, double pointScale, const E* dQueries, const E* dKeys, const E* dValues,
    const E* dPointWeights, int parts, Fresh fresh, E* dRotations, E* dOrigins, E* dQ, int dQStride, E* dKv, int dKvStride, E* dQPoints, int dQPointsStride,
    E* dKvPoints, int dKvPointsStride, E* dB1, E* dB2, E* dD2, E* dHeadWeights, E* shared) {
    int residue = blockIdx.x;
    if (residue >= layout.residues) {
        int head = residue - layout.residues;
        double sum = blockSumOf<ROW_THREADS>(dPointWeights + static_cast<int64_t>(head) * parts, parts);
        if (threadIdx.x == 0 && dHeadWeights != nullptr) {
            add(dHeadWeights[head], static_cast<E>(sum * pointScale * sigmoid<double>(headWeights[head])), fresh[9]);
        }
        return;
    }
    __shared__ double frame[FRAME];
    int lane = threadIdx.x % WARP;
    loadFrame(frame, rotations, origins, residue);
    int channels = layout.channels;
    int queryAxis = layout.heads * layout.qkPoints;
    int pairAxis = layout.heads * layout.pairPoints();
    FrameGradient frameGradient;
    for (int head = threadIdx.x / WARP; head < layout.heads; head += ROW_WARPS) {
        E* place = warpPlace(shared, 2 * layout.keyWidth() + layout.valueWidth() + 3 * (layout.qkPoints + layout.pairPoints()));
        const E* query = bring(place, dQueries + layout.keyRow(head, residue), layout.keyWidth(), lane);
        const E* key = bring(place, dKeys + layout.keyRow(head, residue), layout.keyWidth(), lane);
        const E* value = bring(place, dValues + layout.valueRow(head, residue), layout.valueWidth(), lane);
        int queryAt = head * layout.qkPoints;
        int pairAt = head * layout.pairPoints();
        LocalPoints<const E> queryLocal{qPoints + static_cast<int64_t>(residue) * qPointsStride + queryAt, queryAxis};
        LocalPoints<E> queryTarget{shifted(dQPoints, static_cast<int64_t>(residue) * dQPointsStride + queryAt), queryAxis};
        LocalPoints<const E> pairLocal{kvPoints + static_cast<int64_t>(residue) * kvPointsStride + pairAt, pairAxis};
        queryLocal = bringPoints(place, queryLocal, layout.qkPoints, lane);
        pairLocal = bringPoints(place, pairLocal, layout.pairPoints(), lane);
        awaitBrought();
        LocalPoints<E> pairTarget{shifted(dKvPoints, static_cast<int64_t>(residue) * dKvPointsStride + pairAt), pairAxis};
        addScaled(static_cast<E>(scalarScale), query, shifted(dQ, static_cast<int64_t>(residue) * dQStride + head * channels), fresh[2], channels, lane);
        int64_t pair = static_cast<int64_t>(residue) * dKvStride + 2 * head * channels;
        addScaled(E(1), key, shifted(dKv, pair), fresh[3], channels, lane);
        addScaled(E(1), value, shifted(dKv, pair + channels), fresh[3], channels, lane);
        for (int f = lane; f < layout.rank; f += WARP) {
            int64_t at = (static_cast<int64_t>(residue) * layout.rank + f) * layout.heads + head;
            if (dB1 != nullptr) {
                add(dB1[at], static_cast<E>(biasScale) * query[channels + f], fresh[6]);
            }
            if (dB2 != nullptr) {
                add(dB2[at], key[channels + f], fresh[7]);
            }
        }
        for (int n = lane; n < layout.qkPoints + layout.pairPoints(); n += WARP) {
            int p = n - layout.qkPoints;
            if (p < 0) {
                unpackPoint(frame, query + layout.logitColumns(), queryLocal, queryTarget, fresh[4], n, frameGradient);
            } else if (p < layout.qkPoints) {
                unpackPoint(frame, key + layout.logitColumns(), pairLocal, pairTarget, fresh[5], p, frameGradient);
            } else {
                // value points follow the key points among the local ones
                unpackPoint(frame, value + channels - 3 * layout.qkPoints, pairLocal, pairTarget, fresh[5], p, frameGradient);
            }
        }
        __syncwarp();
    }
    if (dD2 != nullptr) {
        for (int e = threadIdx.x; e < layout.factorWidth(); e += ROW_THREADS) {
            E sum = 0;
#pragma unroll 4
            for (int head = 0; head < layout.heads; head++) {
                sum += dValues[layout.valueRow(head, residue) + layout.valueFactors() + e];
            }
            add(dD2[static_cast<int64_t>(residue) * layout.factorWidth() + e], sum, fresh[8]);
        }
    }
    frameGradient.addTo(dRotations, fresh[0], dOrigins, fresh[1], residue);
}

} // namespace attention

/*
 * Grid: residues (unpack: residues + heads); 256 threads; static shared memory below 1 KB, and where staged dynamic for what 8 warps read of a head. Pointers
 * of the pair term are null where there is none. Bit i of fresh: the i-th array of gradients after it is overwritten. Registers for sm_90a, f32: pack and
 * epilogue 64, epilogue_backward 120, unpack 102; no spills.
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
    KERNEL(attention::ROW_THREADS) \
    attention_epilogue_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ d1, \
        const E* __restrict__ sums, E* __restrict__ result, int staged) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        attention::epilogue<E>(LAYOUT_ARGUMENTS, rotations, origins, d1, sums, result, staged ? reinterpret_cast<E*>(shared) : nullptr); \
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
    KERNEL(attention::ROW_THREADS) \
    attention_unpack_##TYPE(LAYOUT_PARAMETERS, const E* __restrict__ rotations, const E* __restrict__ origins, const E* __restrict__ qPoints, \
        int qPointsStride, const E* __restrict__ kvPoints, int kvPointsStride, const E* __restrict__ headWeights, double scalarScale, double biasScale, \
        double pointScale, \
        const E* __restrict__ dQueries, const E* __restrict__ dKeys, const E* __restrict__ dValues, const E* __restrict__ dPointWeights, int parts, \
        int fresh, E* __restrict__ dRotations, E* __restrict__ dOrigins, E* __restrict__ dQ, int dQStride, E* __restrict__ dKv, int dKvStride, \
        E* __restrict__ dQPoints, int dQPointsStride, E* __restrict__ dKvPoints, int dKvPointsStride, E* __restrict__ dB1, E* __restrict__ dB2, \
        E* __restrict__ dD2, \
        E* __restrict__ dHeadWeights, int staged) { \
        awaitPrevious(); \
        SHARED_MEMORY(shared); \
        attention::unpack<E>(LAYOUT_ARGUMENTS, rotations, origins, qPoints, qPointsStride, kvPoints, kvPointsStride, headWeights, scalarScale, biasScale, \
            pointScale, dQueries, dKeys, dValues, dPointWeights, parts, {fresh}, dRotations, dOrigins, dQ, dQStride, dKv, dKvStride, dQPoints, dQPointsStride, \
            dKvPoints, dKvPointsStride, dB1, dB2, dD2, dHeadWeights, \
            staged ? reinterpret_cast<E*>(shared) : nullptr); \
    } \
    EXPORT(attention_unpack_##TYPE)

ROW_KERNELS(float, f32)
ROW_KERNELS(double, f64)
