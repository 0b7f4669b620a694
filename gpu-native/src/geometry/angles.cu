/*
 * The most probable angles of distributions over the circle (org.bindrae.geometry.AngleBins). A warp per distribution, blocks of 256 threads, no shared memory;
 * in double precision, every sum in a fixed order.
 */
#include "vectors.cuh"

namespace geometry {

constexpr int ANGLE_THREADS = 256;
constexpr double TURN = 6.283185307179586;

/** The probability of a bin, which may lie beyond the ends, as far as the largest is 1. */
template <typename T> __device__ __forceinline__ double weight(const T* logits, int bin, int bins, double largest) {
    return exp(static_cast<double>(logits[(bin + bins) % bins]) - largest);
}

template <typename T> __device__ __forceinline__ void bestAngles(const T* logits, int rows, int bins, int reach, T* angles, T* masses) {
    int row = blockIdx.x * (ANGLE_THREADS / WARP) + threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (row >= rows) {
        return;
    }
    const T* x = logits + static_cast<int64_t>(row) * bins;
    double largest = -INFINITY;
    for (int b = lane; b < bins; b += WARP) {
        largest = max(largest, static_cast<double>(x[b]));
    }
    largest = warpMax(largest);
    double total = 0;
    double most = -1;
    int middle = 0;
    for (int b = lane; b < bins; b += WARP) {
        total += weight(x, b, bins, largest);
        double mass = 0;
        for (int d = -reach; d <= reach; d++) {
            mass += weight(x, b + d, bins, largest);
        }
        middle = mass > most ? b : middle;
        most = max(mass, most);
    }
    total = warpSum(total);
    for (int step = WARP / 2; step > 0; step /= 2) {
        double otherMost = __shfl_xor_sync(ALL_LANES, most, step);
        int otherMiddle = __shfl_xor_sync(ALL_LANES, middle, step);
        bool better = otherMost > most || (otherMost == most && otherMiddle < middle);
        most = better ? otherMost : most;
        middle = better ? otherMiddle : middle;
    }
    if (lane == 0) {
        double sine = 0;
        double cosine = 0;
        for (int d = -reach; d <= reach; d++) {
            double share = weight(x, middle + d, bins, largest);
            double angle = ((middle + d + bins) % bins + 0.5) * (TURN / bins) - TURN / 2;
            sine += share * sin(angle);
            cosine += share * cos(angle);
        }
        double length = sqrt(sine * sine + cosine * cosine);
        angles[2 * row] = static_cast<T>(sine / length);
        angles[2 * row + 1] = static_cast<T>(cosine / length);
        masses[row] = static_cast<T>(most / total);
    }
}

}

/* logits [rows, bins] → (sin, cos) [rows, 2] and the probability of the window of 2·reach + 1 bins that has the most [rows]. */
#define BEST_ANGLES(T, TYPE) \
    KERNEL(geometry::ANGLE_THREADS) geometry_best_angles_##TYPE(const T* logits, int rows, int bins, int reach, T* angles, T* masses) { \
        awaitPrevious(); \
        geometry::bestAngles(logits, rows, bins, reach, angles, masses); \
    } \
    EXPORT(geometry_best_angles_##TYPE)

BEST_ANGLES(float, f32)
BEST_ANGLES(double, f64)
