/*
 * Van der Waals overlaps of packed sequences: Σ max(0, rₐ + r_b − tolerance − dₐ_b)², exact, in O(N) memory. A protein atoms take part, numbered without gaps;
 * runs of 32 of a sequence form a tile with a bounding box, and tiles that are out of reach of one another are not looked at, nor atoms out of reach of the box
 * of a tile. As neighbours along the chain lie near one another, boxes are small.
 *
 * In the lists of near atoms, which count as no overlap, ligand atoms are numbered from A on.
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int BOX_WARPS = 4;
constexpr int BOX_THREADS = BOX_WARPS * WARP;
constexpr int CLASH_WARPS = 8;
constexpr int CLASH_THREADS = CLASH_WARPS * WARP;
/** Atoms whose distances are computed side by side; overlaps are so rare that they are looked for first. */
constexpr int CLASH_GROUP = 4;
/** 1 + 1/4096: how much farther boxes are looked for than rounding needs. */
constexpr float BOX_MARGIN = 1.000244140625f;
/** A radius, Å, that reaches nothing. */
constexpr float NO_RADIUS = -1e30f;

/** A sphere, read at once. */
template <typename T> struct alignas(16) Ball {
    Vector<T> centre;
    T radius;
};

/** Where atoms of a tile lie, and the largest of their radii. */
template <typename T> struct Box {
    Ball<T> low;
    Ball<T> high;
};

/** Atoms of one tile. */
struct Tile {
    int sequence;
    int first;
    int count;
};

__device__ __forceinline__ Tile tileAt(int tile, const int32_t* tileStarts, const int32_t* atomStarts, int sequences) {
    int sequence = sequenceOf(tile, tileStarts, sequences);
    int first = atomStarts[sequence] + WARP * (tile - tileStarts[sequence]);
    return {sequence, first, min(WARP, atomStarts[sequence + 1] - first)};
}

template <typename T>
__device__ void clashBoxes(const T* atoms, const int32_t* index, const T* radii, const int32_t* atomStarts, const int32_t* tileStarts, int sequences,
                           int tiles, Ball<T>* balls, Box<T>* boxes) {
    int number = blockIdx.x * BOX_WARPS + static_cast<int>(threadIdx.x) / WARP;
    if (number >= tiles) {
        return;
    }
    int lane = threadIdx.x % WARP;
    Tile tile = tileAt(number, tileStarts, atomStarts, sequences);
    int atom = tile.first + min(lane, tile.count - 1);
    Vector<T> low = vectorAt(atoms, index[atom]);
    Vector<T> high = low;
    T radius = radii[atom];
    if (lane < tile.count) {
        balls[atom] = {low, radius};
    }
#pragma unroll
    for (int step = WARP / 2; step > 0; step /= 2) {
        low.x = min(low.x, __shfl_xor_sync(ALL_LANES, low.x, step));
        low.y = min(low.y, __shfl_xor_sync(ALL_LANES, low.y, step));
        low.z = min(low.z, __shfl_xor_sync(ALL_LANES, low.z, step));
        high.x = max(high.x, __shfl_xor_sync(ALL_LANES, high.x, step));
        high.y = max(high.y, __shfl_xor_sync(ALL_LANES, high.y, step));
        high.z = max(high.z, __shfl_xor_sync(ALL_LANES, high.z, step));
        radius = max(radius, __shfl_xor_sync(ALL_LANES, radius, step));
    }
    if (lane == 0) {
        boxes[number] = {{low, radius}, {high, radius}};
    }
}

/** Whether an atom of one box can overlap with one of the other; true in doubt. An atom is a box without extent. */
template <typename T> __device__ __forceinline__ bool withinReach(const Box<T>& a, const Box<T>& b, T tolerance) {
    T x = max(T(0), max(a.low.centre.x - b.high.centre.x, b.low.centre.x - a.high.centre.x));
    T y = max(T(0), max(a.low.centre.y - b.high.centre.y, b.low.centre.y - a.high.centre.y));
    T z = max(T(0), max(a.low.centre.z - b.high.centre.z, b.low.centre.z - a.high.centre.z));
    T reach = (a.low.radius + b.low.radius - tolerance) * static_cast<T>(BOX_MARGIN);
    return reach > T(0) && !(x * x + y * y + z * z > reach * reach);
}

/** The atoms that are the same as one or at most three bonds apart: they ascend in the list. */
struct NearAtoms {
    const int32_t* list;
    int begin;
    int end;
    int first;
    int last;

    __device__ __forceinline__ NearAtoms(int atom, const int32_t* starts, const int32_t* near) : list(near), begin(starts[atom]), end(starts[atom + 1]) {
        first = begin < end ? near[begin] : 0;
        last = begin < end ? near[end - 1] : -1;
    }

    /** Which of 32 atoms from one on are among them; most often none, which is known without a look at the list. */
    __device__ __forceinline__ unsigned among(int from) const {
        unsigned found = 0;
        if (from <= last && from + WARP > first) {
#pragma unroll 4
            for (int i = begin; i < end; i++) {
                int place = list[i] - from;
                found |= place >= 0 && place < WARP ? 1u << place : 0u;
            }
        }
        return found;
    }
};

/** What one atom finds. */
template <typename T> struct Overlaps {
    T penalty;
    Vector<T> gradient;

    __device__ __forceinline__ void add(T reach, Vector<T> gap, T squared, T share) {
        T inverse = inverseLength(squared);
        T overlap = reach - squared * inverse;
        penalty += share * overlap * overlap;
        T factor = T(-2) * overlap * inverse;
        gradient.x += factor * gap.x;
        gradient.y += factor * gap.y;
        gradient.z += factor * gap.z;
    }
};

/** Adds the overlaps of an atom with some of another tile: their balls, in whole groups, and which place each has in the tile. */
template <typename T>
__device__ __forceinline__ void addOverlaps(Ball<T> self, const Ball<T>* others, const int* places, int count, unsigned near, Overlaps<T>& overlaps) {
    for (int base = 0; base < count; base += CLASH_GROUP) {
        Vector<T> gaps[CLASH_GROUP];
        T reaches[CLASH_GROUP];
        T squares[CLASH_GROUP];
        bool overlap[CLASH_GROUP];
        bool any = false;
#pragma unroll
        for (int k = 0; k < CLASH_GROUP; k++) {
            Ball<T> other = others[base + k];
            gaps[k] = self.centre - other.centre;
            reaches[k] = self.radius + other.radius;
            squares[k] = dot(gaps[k], gaps[k]);
            overlap[k] = reaches[k] > T(0) && squares[k] < reaches[k] * reaches[k];
            any |= overlap[k];
        }
        if (any) {
#pragma unroll
            for (int k = 0; k < CLASH_GROUP; k++) {
                if (overlap[k] && (near >> places[base + k] & 1u) == 0) {
                    overlaps.add(reaches[k], gaps[k], squares[k], T(0.5));
                }
            }
        }
    }
}

template <typename T>
__device__ void clashes(const Ball<T>* balls, const int32_t* atomStarts, const int32_t* tileStarts, int sequences, const Box<T>* boxes,
                        const double* ligandAtoms, const T* ligandRadii, const int32_t* ligandStarts, int firstLigand, const int32_t* nearStarts,
                        const int32_t* near, T tolerance, double* penalties, T* gradients) {
    __shared__ Ball<T> others[CLASH_WARPS][WARP];
    __shared__ int places[CLASH_WARPS][WARP];
    __shared__ T found[CLASH_WARPS][4][WARP];
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    Tile tile = tileAt(blockIdx.x, tileStarts, atomStarts, sequences);
    bool real = lane < tile.count;
    int atom = tile.first + min(lane, tile.count - 1);
    Ball<T> self = balls[atom];
    self.radius = real ? self.radius - tolerance : static_cast<T>(NO_RADIUS);
    NearAtoms nearAtoms(atom, nearStarts, near);
    Box<T> box = boxes[blockIdx.x];
    Overlaps<T> overlaps = {0, {0, 0, 0}};
    int firstTile = tileStarts[tile.sequence];
    int tilesEnd = tileStarts[tile.sequence + 1];
    int firstAtom = atomStarts[tile.sequence];
    int lastAtom = atomStarts[tile.sequence + 1] - 1;
    for (int base = firstTile + warp; base < tilesEnd; base += CLASH_THREADS) {
        // each warp takes every eighth tile, so that all have much the same to do
        int candidate = base + CLASH_WARPS * lane;
        bool hit = candidate < tilesEnd && withinReach(box, boxes[min(candidate, tilesEnd - 1)], tolerance);
        unsigned hits = __ballot_sync(ALL_LANES, hit);
        int first = firstAtom + WARP * (base - firstTile + CLASH_WARPS * (__ffs(static_cast<int>(hits)) - 1));
        Ball<T> ball = balls[hits == 0 ? atom : min(first + lane, lastAtom)];
        while (hits != 0) {
            int from = first;
            Ball<T> other = ball;
            // the next tile is under way while this one is looked at
            hits &= hits - 1;
            if (hits != 0) {
                first = firstAtom + WARP * (base - firstTile + CLASH_WARPS * (__ffs(static_cast<int>(hits)) - 1));
                ball = balls[min(first + lane, lastAtom)];
            }
            bool inside = from + lane <= lastAtom && withinReach(box, {other, other}, tolerance);
            unsigned chosen = __ballot_sync(ALL_LANES, inside);
            int count = __popc(chosen);
            __syncwarp();
            if (inside) {
                int place = __popc(chosen & ((1u << lane) - 1));
                others[warp][place] = other;
                places[warp][place] = lane;
            }
            int whole = (count + CLASH_GROUP - 1) / CLASH_GROUP * CLASH_GROUP;
            if (lane >= count && lane < whole) {
                others[warp][lane] = {{0, 0, 0}, static_cast<T>(NO_RADIUS)};
                places[warp][lane] = 0;
            }
            __syncwarp();
            if (count > 0) {
                addOverlaps(self, others[warp], places[warp], count, nearAtoms.among(from), overlaps);
            }
        }
    }
    Vector<double> exact = {static_cast<double>(self.centre.x), static_cast<double>(self.centre.y), static_cast<double>(self.centre.z)};
    int ligandsEnd = ligandStarts[tile.sequence + 1];
    for (int base = ligandStarts[tile.sequence] + warp; base < ligandsEnd; base += CLASH_THREADS) {
        int candidate = base + CLASH_WARPS * lane;
        bool counts = candidate < ligandsEnd;
        Vector<double> centre = {0, 0, 0};
        T radius = static_cast<T>(NO_RADIUS);
        if (counts) {
            centre = vectorAt(ligandAtoms, candidate);
            radius = ligandRadii[candidate];
        }
        Ball<T> ball = {rounded<T>(centre), radius};
        unsigned chosen = __ballot_sync(ALL_LANES, counts && withinReach(box, {ball, ball}, tolerance));
        while (chosen != 0) {
            int from = __ffs(static_cast<int>(chosen)) - 1;
            chosen &= chosen - 1;
            Vector<double> ligand = {__shfl_sync(ALL_LANES, centre.x, from), __shfl_sync(ALL_LANES, centre.y, from), __shfl_sync(ALL_LANES, centre.z, from)};
            Vector<T> gap = rounded<T>(exact - ligand);
            T reach = self.radius + __shfl_sync(ALL_LANES, radius, from);
            T squared = dot(gap, gap);
            if (reach > T(0) && squared < reach * reach && (nearAtoms.among(firstLigand + base + CLASH_WARPS * from) & 1u) == 0) {
                overlaps.add(reach, gap, squared, T(1));
            }
        }
    }
    found[warp][0][lane] = overlaps.penalty;
    found[warp][1][lane] = overlaps.gradient.x;
    found[warp][2][lane] = overlaps.gradient.y;
    found[warp][3][lane] = overlaps.gradient.z;
    __syncthreads();
    if (warp < 4) {
        T sum = found[0][warp][lane];
        for (int w = 1; w < CLASH_WARPS; w++) {
            sum += found[w][warp][lane];
        }
        if (warp == 0) {
            double total = warpSum(static_cast<double>(sum));
            if (lane == 0) {
                penalties[blockIdx.x] = total;
            }
        } else if (real && gradients != nullptr) {
            gradients[3L * atom + warp - 1] = sum;
        }
    }
}

} // namespace losses

/*
 * A warp per tile: its bounding box and largest radius, boxes [tiles, 8], and its atoms side by side with their radii, balls [A, 4]; both aligned to 16 bytes.
 * atoms [·, 3] at index [A]; tileStarts [B + 1] counts tiles. 128 threads, 28 registers.
 */
#define CLASH_BOXES(name, T) \
    KERNEL(losses::BOX_THREADS) \
    name(const T* atoms, const int32_t* index, const T* radii, const int32_t* atomStarts, const int32_t* tileStarts, int sequences, int tiles, \
         losses::Ball<T>* balls, losses::Box<T>* boxes) { \
        awaitPrevious(); \
        losses::clashBoxes(atoms, index, radii, atomStarts, tileStarts, sequences, tiles, balls, boxes); \
    } \
    EXPORT(name)

/*
 * A block per tile: each of eight warps takes all 32 atoms against an eighth of the tiles within reach, of which it keeps the atoms within reach of the box in
 * shared memory, and of the ligand atoms. penalties [tiles], double, in which both ends of a pair of protein atoms bear half; gradients [A, 3] of the sum over
 * all pairs, or null. 256 threads, 64 registers, 9 KB shared memory (112 and 17 KB in double precision).
 */
#define CLASHES(name, T) \
    KERNEL(losses::CLASH_THREADS) \
    name(const losses::Ball<T>* balls, const int32_t* atomStarts, const int32_t* tileStarts, int sequences, const losses::Box<T>* boxes, \
         const double* ligandAtoms, const T* ligandRadii, const int32_t* ligandStarts, int firstLigand, const int32_t* nearStarts, const int32_t* near, \
         T tolerance, double* penalties, T* gradients) { \
        awaitPrevious(); \
        losses::clashes(balls, atomStarts, tileStarts, sequences, boxes, ligandAtoms, ligandRadii, ligandStarts, firstLigand, nearStarts, near, tolerance, \
                        penalties, gradients); \
    } \
    EXPORT(name)

CLASH_BOXES(losses_clash_boxes_f32, float)
CLASH_BOXES(losses_clash_boxes_f64, double)
CLASHES(losses_clash_f32, float)
CLASHES(losses_clash_f64, double)
