/*
 * The k nearest neighbours of each residue within its sequence (org.bindrae.geometry.KNearest): one warp per residue, four per block, over all residues of the
 * sequence; O(T·k) memory. Squared distances in double precision, rounded operation by operation as Java does, and ties to the smaller index, so the order is
 * exactly the host's. No shared memory.
 *
 * Up to 32 neighbours the warp holds the best so far in order, one per lane, and a candidate that is better moves those behind it; candidates come by rising index,
 * so an equal one stays behind. More neighbours are found one after another, each by a search of its own.
 */
#include "common/device.cuh"

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

/** The sequence of a row: the last that starts at it or before. */
__device__ __forceinline__ int sequenceOf(const int* starts, int count, int row) {
    int low = 0;
    int high = count;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (starts[middle] <= row) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/** What a warp knows of one residue's neighbours: lane p holds the one of place p. */
struct Best {
    int index;
    double squared;
};

__device__ __forceinline__ Best nearestInOrder(const Points& points, int self, int start, int end, int k, double infinity) {
    int lane = threadIdx.x % WARP;
    const double* p = points.coordinates + 3 * static_cast<int64_t>(self);
    Best best = {-1, infinity};
    for (int first = start; first < end; first += WARP) {
        int candidate = first + lane;
        double squared = infinity;
        if (candidate < end && candidate != self && points.counts(candidate)) {
            squared = points.squaredDistance(candidate, p[0], p[1], p[2]);
        }
        double limit = __shfl_sync(ALL_LANES, best.squared, k - 1);
        unsigned better = __ballot_sync(ALL_LANES, squared < limit);
        while (better != 0) {
            int from = 0;
            while ((better >> from & 1u) == 0) {
                from++;
            }
            better &= better - 1;
            double next = __shfl_sync(ALL_LANES, squared, from);
            // those that are not farther stay before it
            unsigned before = __ballot_sync(ALL_LANES, best.squared <= next);
            double movedSquared = __shfl_up_sync(ALL_LANES, best.squared, 1);
            int movedIndex = __shfl_up_sync(ALL_LANES, best.index, 1);
            bool behind = (before >> lane & 1u) == 0;
            bool here = behind && (lane == 0 || (before >> (lane - 1) & 1u) != 0);
            if (here) {
                best = {first + from, next};
            } else if (behind) {
                best = {movedIndex, movedSquared};
            }
        }
    }
    return best;
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

KERNEL(edge::THREADS) edge_nearest(const double* coordinates, const int* present, const int* offsets, int sequences, int k, int* indices, double* distances,
        int residues) {
    awaitPrevious();
    int residue = blockIdx.x * (edge::THREADS / WARP) + threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (residue >= residues) {
        return;
    }
    const double infinity = 1.0 / 0.0;
    edge::Points points = {coordinates, present};
    int s = edge::sequenceOf(offsets, sequences, residue);
    // a residue that does not count sees nobody
    int start = offsets[s];
    int end = points.counts(residue) ? offsets[s + 1] : start;
    int* index = indices + static_cast<int64_t>(residue) * k;
    double* distance = distances + static_cast<int64_t>(residue) * k;
    if (k <= WARP) {
        edge::Best best = edge::nearestInOrder(points, residue, start, end, k, infinity);
        if (lane < k) {
            index[lane] = best.index;
            distance[lane] = sqrt(best.squared);
        }
        return;
    }
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
EXPORT(edge_nearest)
