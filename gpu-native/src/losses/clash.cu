/*
 * Van der Waals overlaps of packed sequences: Σ max(0, rₐ + r_b − tolerance − dₐ_b)², exact, in O(N) memory. A protein atoms take part, numbered without gaps;
 * runs of 32 of a sequence form a tile with a bounding box, and tiles that are out of reach of one another are not looked at. As neighbours along the chain lie
 * near one another, boxes are small. Ligand atoms are few and are looked at one by one.
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int CLASH_WARPS = 4;
constexpr int CLASH_THREADS = CLASH_WARPS * WARP;
constexpr int BOX_NUMBERS = 8;
/** 1 + 1/4096: how much farther boxes are looked for than rounding needs. */
constexpr float BOX_MARGIN = 1.000244140625f;

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
                           int tiles, T* boxes) {
    int number = blockIdx.x * CLASH_WARPS + static_cast<int>(threadIdx.x) / WARP;
    if (number >= tiles) {
        return;
    }
    int lane = threadIdx.x % WARP;
    Tile tile = tileAt(number, tileStarts, atomStarts, sequences);
    int atom = tile.first + min(lane, tile.count - 1);
    Vector<T> low = vectorAt(atoms, index[atom]);
    Vector<T> high = low;
    T radius = radii[atom];
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
        T* box = boxes + static_cast<long>(number) * BOX_NUMBERS;
        box[0] = low.x;
        box[1] = low.y;
        box[2] = low.z;
        box[3] = radius;
        box[4] = high.x;
        box[5] = high.y;
        box[6] = high.z;
    }
}

/** Whether an atom of one box can overlap with one of the other; true in doubt. */
template <typename T> __device__ __forceinline__ bool withinReach(const T* a, const T* b, T tolerance) {
    T x = max(T(0), max(a[0] - b[4], b[0] - a[4]));
    T y = max(T(0), max(a[1] - b[5], b[1] - a[5]));
    T z = max(T(0), max(a[2] - b[6], b[2] - a[6]));
    T reach = (a[3] + b[3] - tolerance) * static_cast<T>(BOX_MARGIN);
    return reach > T(0) && !(x * x + y * y + z * z > reach * reach);
}

/** Whether two atoms are the same or at most three bonds apart: near[starts[a] … starts[a + 1]) ascends. */
__device__ __forceinline__ bool isNear(int a, int b, const int32_t* starts, const int32_t* near) {
    int low = starts[a];
    int high = starts[a + 1];
    while (low < high) {
        int middle = (low + high) / 2;
        int found = near[middle];
        if (found == b) {
            return true;
        }
        if (found < b) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/** What one atom finds. */
template <typename T> struct Overlaps {
    T penalty;
    Vector<T> gradient;

    __device__ __forceinline__ void add(T overlap, Vector<T> gap, T inverse, T share) {
        penalty += share * overlap * overlap;
        T factor = T(-2) * overlap * inverse;
        gradient.x += factor * gap.x;
        gradient.y += factor * gap.y;
        gradient.z += factor * gap.z;
    }
};

template <typename T>
__device__ void clashes(const T* atoms, const int32_t* index, const T* radii, const int32_t* atomStarts, const int32_t* tileStarts, int sequences,
                        const T* boxes, const double* ligandAtoms, const T* ligandRadii, const int32_t* ligandStarts, int firstLigand,
                        const int32_t* nearStarts, const int32_t* near, T tolerance, double* penalties, T* gradients) {
    __shared__ T others[CLASH_WARPS][WARP][4];
    __shared__ int numbers[CLASH_WARPS][WARP];
    __shared__ T found[CLASH_WARPS][4][WARP];
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    Tile tile = tileAt(blockIdx.x, tileStarts, atomStarts, sequences);
    bool real = lane < tile.count;
    int atom = tile.first + min(lane, tile.count - 1);
    int number = index[atom];
    Vector<T> place = vectorAt(atoms, number);
    T radius = radii[atom] - tolerance;
    Overlaps<T> overlaps = {0, {0, 0, 0}};
    const T* box = boxes + static_cast<long>(blockIdx.x) * BOX_NUMBERS;
    int tilesEnd = tileStarts[tile.sequence + 1];
    for (int base = tileStarts[tile.sequence]; base < tilesEnd; base += CLASH_THREADS) {
        // each warp takes every fourth tile, so that all have much the same to do
        int candidate = base + CLASH_WARPS * lane + warp;
        bool hit = candidate < tilesEnd && withinReach(box, boxes + static_cast<long>(min(candidate, tilesEnd - 1)) * BOX_NUMBERS, tolerance);
        unsigned hits = __ballot_sync(ALL_LANES, hit);
        while (hits != 0) {
            int next = base + CLASH_WARPS * (__ffs(static_cast<int>(hits)) - 1) + warp;
            hits &= hits - 1;
            Tile other = tileAt(next, tileStarts, atomStarts, sequences);
            __syncwarp();
            if (lane < other.count) {
                int neighbour = index[other.first + lane];
                Vector<T> x = vectorAt(atoms, neighbour);
                others[warp][lane][0] = x.x;
                others[warp][lane][1] = x.y;
                others[warp][lane][2] = x.z;
                others[warp][lane][3] = radii[other.first + lane];
                numbers[warp][lane] = neighbour;
            }
            __syncwarp();
            for (int k = 0; k < other.count; k++) {
                const T* x = others[warp][k];
                Vector<T> gap = place - Vector<T>{x[0], x[1], x[2]};
                T reach = radius + x[3];
                T squared = dot(gap, gap);
                if (reach > T(0) && squared < reach * reach && real && !isNear(number, numbers[warp][k], nearStarts, near)) {
                    // points on top of each other have no direction to be pushed in
                    T inverse = squared == T(0) ? T(0) : inverseSquareRoot(squared);
                    overlaps.add(reach - squared * inverse, gap, inverse, T(0.5));
                }
            }
        }
    }
    Vector<double> exact = loadPoint(atoms, number);
    for (int ligand = ligandStarts[tile.sequence] + warp; ligand < ligandStarts[tile.sequence + 1]; ligand += CLASH_WARPS) {
        Vector<T> gap = rounded<T>(exact - vectorAt(ligandAtoms, ligand));
        T reach = radius + ligandRadii[ligand];
        T squared = dot(gap, gap);
        if (reach > T(0) && squared < reach * reach && real && !isNear(number, firstLigand + ligand, nearStarts, near)) {
            T inverse = squared == T(0) ? T(0) : inverseSquareRoot(squared);
            overlaps.add(reach - squared * inverse, gap, inverse, T(1));
        }
    }
    found[warp][0][lane] = overlaps.penalty;
    found[warp][1][lane] = overlaps.gradient.x;
    found[warp][2][lane] = overlaps.gradient.y;
    found[warp][3][lane] = overlaps.gradient.z;
    __syncthreads();
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

} // namespace losses

/*
 * A warp per tile: its bounding box and largest radius, boxes [tiles, 8]. atoms [·, 3] at index [A]; tileStarts [B + 1] counts tiles. 128 threads, 20
 * registers.
 */
#define CLASH_BOXES(name, T) \
    KERNEL(losses::CLASH_THREADS) \
    name(const T* atoms, const int32_t* index, const T* radii, const int32_t* atomStarts, const int32_t* tileStarts, int sequences, int tiles, T* boxes) { \
        losses::clashBoxes(atoms, index, radii, atomStarts, tileStarts, sequences, tiles, boxes); \
    } \
    EXPORT(name)

/*
 * A block per tile: each of four warps takes all 32 atoms against a quarter of the tiles within reach and of the ligand atoms. penalties [tiles], double, in
 * which both ends of a pair of protein atoms bear half; gradients [A, 3] of the sum over all pairs, or null. Atoms are numbered by index, ligand atoms from
 * firstLigand on, in the lists of near atoms. 128 threads, 40 registers, 4.5 KB shared memory (56 and 8.5 KB in double precision).
 */
#define CLASHES(name, T) \
    KERNEL(losses::CLASH_THREADS) \
    name(const T* atoms, const int32_t* index, const T* radii, const int32_t* atomStarts, const int32_t* tileStarts, int sequences, const T* boxes, \
         const double* ligandAtoms, const T* ligandRadii, const int32_t* ligandStarts, int firstLigand, const int32_t* nearStarts, const int32_t* near, \
         T tolerance, double* penalties, T* gradients) { \
        losses::clashes(atoms, index, radii, atomStarts, tileStarts, sequences, boxes, ligandAtoms, ligandRadii, ligandStarts, firstLigand, nearStarts, near, \
                        tolerance, penalties, gradients); \
    } \
    EXPORT(name)

CLASH_BOXES(losses_clash_boxes_f32, float)
CLASH_BOXES(losses_clash_boxes_f64, double)
CLASHES(losses_clash_f32, float)
CLASHES(losses_clash_f64, double)
