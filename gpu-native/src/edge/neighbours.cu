/*
 * The k nearest neighbours of each residue within its sequence (org.bindrae.geometry.KNearest); O(T·k) memory. Squared distances in double precision, rounded
 * operation by operation as Java does, and ties to the smaller index, so the order is exactly the host's.
 *
 * Up to 32 neighbours a block looks for one residue: each of its four warps goes through a quarter of the sequence, 32 candidates at a time, and holds the best
 * so far in order, one per lane. Where a candidate is better than the last of them, each of the 64 counts how many come before it, and so knows its place: all
 * comparisons are independent of one another, nothing is sorted step by step. In the same way the four lists become one. More neighbours are found one after
 * another, each by a search of its own, by a warp per residue.
 */
#include "common/sequences.cuh"

namespace edge {

constexpr int THREADS = 128;

/** a·b + c without a fused operation. */
__device__ __forceinline__ double plusProduct(double a, double b, double c) {
    return __dadd_rn(__dmul_rn(a, b), c);
}

struct Points {
    const double* coordinates;
    const int* present;

    __device__ __forceinline__ bool counts(int i) const {
        const double* p = coordinates + 3 * static_cast<int64_t>(i);
        return present[i] != 0 && isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]);
    }

    __device__ __forceinline__ double squaredDistance(int i, double x, double y, double z) const {
        const double* p = coordinates + 3 * static_cast<int64_t>(i);
        double dx = p[0] - x;
        double dy = p[1] - y;
        double dz = p[2] - z;
        // dx² + 0 is dx² as Java computes it
        return plusProduct(dz, dz, plusProduct(dy, dy, plusProduct(dx, dx, 0.0)));
    }
};

/** A neighbour, or a candidate for one; infinitely far where there is none. */
struct Best {
    int index;
    double squared;
};

constexpr int WARPS = THREADS / WARP;

/** What the warps of a block tell one another about the neighbours of one residue: the list of each, and its candidates for it. */
struct Lists {
    double squared[WARPS][WARP];
    int index[WARPS][WARP];
    double candidates[WARPS][WARP];
};

/** Takes the candidates of those lanes that are better than the last of the k of a warp's list, all of larger indices, into it. */
__device__ __forceinline__ void takeBetter(unsigned better, Best candidate, int k, Lists& lists) {
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    int count = __popc(better);
    int order = __popc(better & ((1u << lane) - 1));
    bool takesPart = (better >> lane & 1u) != 0;
    Best best = {lists.index[warp][lane], lists.squared[warp][lane]};
    if (takesPart) {
        lists.candidates[warp][order] = candidate.squared;
    }
    __syncwarp();
    int bestPlace = lane;
    int candidatePlace = 0;
#pragma unroll 4
    for (int other = 0; other < count; other++) {
        double squared = lists.candidates[warp][other];
        bestPlace += squared < best.squared ? 1 : 0;
        candidatePlace += squared < candidate.squared || (squared == candidate.squared && other < order) ? 1 : 0;
    }
    // of the list, those that are not farther come before
#pragma unroll 4
    for (int other = 0; other < k; other++) {
        candidatePlace += lists.squared[warp][other] <= candidate.squared ? 1 : 0;
    }
    __syncwarp();
    if (lane < k && bestPlace < k) {
        lists.squared[warp][bestPlace] = best.squared;
        lists.index[warp][bestPlace] = best.index;
    }
    if (takesPart && candidatePlace < k) {
        lists.squared[warp][candidatePlace] = candidate.squared;
        lists.index[warp][candidatePlace] = candidate.index;
    }
    __syncwarp();
}

/** Makes the list of a warp: the k nearest to a residue of start … end − 1. */
__device__ __forceinline__ void nearestInOrder(const Points& points, int self, int start, int end, int k, double infinity, Lists& lists) {
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    const double* p = points.coordinates + 3 * static_cast<int64_t>(self);
    lists.squared[warp][lane] = infinity;
    lists.index[warp][lane] = -1;
    __syncwarp();
    for (int first = start; first < end; first += WARP) {
        Best candidate = {first + lane, infinity};
        if (candidate.index < end && candidate.index != self && points.counts(candidate.index)) {
            candidate.squared = points.squaredDistance(candidate.index, p[0], p[1], p[2]);
        }
        unsigned better = __ballot_sync(ALL_LANES, candidate.squared < lists.squared[warp][k - 1]);
        if (better != 0) {
            takeBetter(better, candidate, k, lists);
        }
    }
}

/** The nearest of those behind (squared, index) in the order of distance and index; in all lanes. */
__device__ __forceinline__ Best nearestBehind(const Points& points, int self, int start, int end, Best last, double infinity) {
    int lane = threadIdx.x % WARP;
    const double* p = points.coordinates + 3 * static_cast<int64_t>(self);
    Best best = {-1, infinity};
    for (int candidate = start + lane; candidate < end; candidate += WARP) {
        if (candidate != self && points.counts(candidate)) {
            double squared = points.squaredDistance(candidate, p[0], p[1], p[2]);
            bool behind = squared > last.squared || (squared == last.squared && candidate > last.index);
            if (behind && squared < best.squared) {
                best = {candidate, squared};
            }
        }
    }
#pragma unroll
    for (int step = WARP / 2; step > 0; step /= 2) {
        double squared = __shfl_xor_sync(ALL_LANES, best.squared, step);
        int index = __shfl_xor_sync(ALL_LANES, best.index, step);
        if (squared < best.squared || (squared == best.squared && index >= 0 && index < best.index)) {
            best = {index, squared};
        }
    }
    return best;
}

}

/* Up to 32 neighbours: a block per residue; 3.5 KB shared memory. */
KERNEL(edge::THREADS) edge_nearest(const double* coordinates, const int* present, const int* offsets, int sequences, int k, int* indices, double* distances) {
    awaitPrevious();
    __shared__ edge::Lists lists;
    int residue = blockIdx.x;
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    const double infinity = 1.0 / 0.0;
    edge::Points points = {coordinates, present};
    int s = sequenceOf(residue, offsets, sequences);
    int start = offsets[s];
    // a residue that does not count sees nobody
    int end = points.counts(residue) ? offsets[s + 1] : start;
    int chunks = (end - start + WARP - 1) / WARP;
    int share = WARP * ((chunks + edge::WARPS - 1) / edge::WARPS);
    int first = start + warp * share;
    edge::nearestInOrder(points, residue, first, first + share < end ? first + share : end, k, infinity, lists);
    __syncthreads();
    if (lane >= k) {
        return;
    }
    double squared = lists.squared[warp][lane];
    // indices rise from warp to warp
    int place = lane;
    for (int other = 0; other < edge::WARPS; other++) {
        for (int p = 0; p < k && other != warp; p++) {
            double theirs = lists.squared[other][p];
            place += theirs < squared || (theirs == squared && other < warp) ? 1 : 0;
        }
    }
    if (place < k) {
        indices[static_cast<int64_t>(residue) * k + place] = lists.index[warp][lane];
        distances[static_cast<int64_t>(residue) * k + place] = sqrt(squared);
    }
}
EXPORT(edge_nearest)

/* Any number of neighbours: a warp per residue, four per block; no shared memory. */
KERNEL(edge::THREADS) edge_nearest_many(const double* coordinates, const int* present, const int* offsets, int sequences, int k, int* indices,
        double* distances, int residues) {
    awaitPrevious();
    int residue = blockIdx.x * edge::WARPS + threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (residue >= residues) {
        return;
    }
    const double infinity = 1.0 / 0.0;
    edge::Points points = {coordinates, present};
    int s = sequenceOf(residue, offsets, sequences);
    int start = offsets[s];
    int end = points.counts(residue) ? offsets[s + 1] : start;
    int* index = indices + static_cast<int64_t>(residue) * k;
    double* distance = distances + static_cast<int64_t>(residue) * k;
    edge::Best last = {-1, -1.0};
    for (int place = 0; place < k; place++) {
        if (place == 0 || last.index >= 0) {
            last = edge::nearestBehind(points, residue, start, end, last, infinity);
        }
        if (lane == 0) {
            index[place] = last.index;
            distance[place] = sqrt(last.squared);
        }
    }
}
EXPORT(edge_nearest_many)
