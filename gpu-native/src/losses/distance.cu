/*
 * Mean squared error of the distances between points of one sequence, (|x̂ᵢ − x̂ⱼ| − |xᵢ − xⱼ|)², in O(N) memory. With e = x̂ − x, formed in double precision,
 * a = x̂ᵢ − x̂ⱼ and b = xᵢ − xⱼ, the excess |a| − |b| is (eᵢ − eⱼ)·(a + b) / (|a| + |b|): what both have in common cancels before it is rounded.
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int DISTANCE_WARPS = 8;
constexpr int DISTANCE_THREADS = DISTANCE_WARPS * WARP;

template <typename T>
__device__ void distances(const T* predicted, const double* truth, const int32_t* index, const int32_t* starts, int sequences, int points, double* errors,
                          T* gradients) {
    __shared__ T tile[6][DISTANCE_THREADS];
    int lane = threadIdx.x % WARP;
    int first = blockIdx.x * DISTANCE_WARPS;
    int last = min(first + DISTANCE_WARPS, points) - 1;
    int point = min(first + static_cast<int>(threadIdx.x) / WARP, last);
    int sequence = sequenceOf(point, starts, sequences);
    int begin = starts[sequence];
    int end = starts[sequence + 1];
    Vector<double> centre = vectorAt(truth, point);
    Vector<T> shift = rounded<T>(loadPoint(predicted, index[point]) - centre);
    Vector<T> place = rounded<T>(centre);
    double error = 0;
    Vector<T> gradient = {0, 0, 0};
    // the points of all sequences that these belong to: a warp takes those of its own
    int tilesBegin = starts[sequenceOf(first, starts, sequences)];
    int tilesEnd = starts[sequenceOf(last, starts, sequences) + 1];
    for (int base = tilesBegin; base < tilesEnd; base += DISTANCE_THREADS) {
        int mine = base + static_cast<int>(threadIdx.x);
        __syncthreads();
        if (mine < tilesEnd) {
            Vector<double> x = vectorAt(truth, mine);
            Vector<T> e = rounded<T>(loadPoint(predicted, index[mine]) - x);
            tile[0][threadIdx.x] = e.x;
            tile[1][threadIdx.x] = e.y;
            tile[2][threadIdx.x] = e.z;
            tile[3][threadIdx.x] = static_cast<T>(x.x);
            tile[4][threadIdx.x] = static_cast<T>(x.y);
            tile[5][threadIdx.x] = static_cast<T>(x.z);
        }
        __syncthreads();
        T part = 0;
        for (int k = lane; k < DISTANCE_THREADS; k += WARP) {
            int other = base + k;
            if (other >= begin && other < end && other != point) {
                Vector<T> drift = shift - Vector<T>{tile[0][k], tile[1][k], tile[2][k]};
                Vector<T> trueGap = place - Vector<T>{tile[3][k], tile[4][k], tile[5][k]};
                Vector<T> gap = trueGap + drift;
                T squared = dot(gap, gap);
                T trueSquared = dot(trueGap, trueGap);
                T inverse = inverseLength(squared);
                T sum = squared * inverse + trueSquared * inverseLength(trueSquared);
                T excess = sum == T(0) ? T(0) : dot(drift, gap + trueGap) / sum;
                part += excess * excess;
                T factor = T(4) * excess * inverse;
                gradient.x += factor * gap.x;
                gradient.y += factor * gap.y;
                gradient.z += factor * gap.z;
            }
        }
        error += static_cast<double>(part);
    }
    error = warpSum(error);
    gradient = {warpSum(gradient.x), warpSum(gradient.y), warpSum(gradient.z)};
    if (lane == 0 && first + static_cast<int>(threadIdx.x) / WARP <= last) {
        errors[point] = error;
        if (gradients != nullptr) {
            gradients[3L * point] = gradient.x;
            gradients[3L * point + 1] = gradient.y;
            gradients[3L * point + 2] = gradient.z;
        }
    }
}

} // namespace losses

/*
 * A warp per point, of P points that take part: Σ over the other points of its sequence of the squared excess (errors [P], double), and, where gradients [P, 3]
 * is not null, the gradient of the sum over ordered pairs. predicted [T, 3] at index [P]; truth [P, 3] in double precision. Tiles of 256 points in shared
 * memory: 6 KB. 256 threads, 47 registers (12 KB and 76 in double precision).
 */
#define DISTANCE(name, T) \
    KERNEL(losses::DISTANCE_THREADS) \
    name(const T* predicted, const double* truth, const int32_t* index, const int32_t* starts, int sequences, int points, double* errors, T* gradients) { \
        awaitPrevious(); \
        losses::distances(predicted, truth, index, starts, sequences, points, errors, gradients); \
    } \
    EXPORT(name)

DISTANCE(losses_distance_f32, float)
DISTANCE(losses_distance_f64, double)
