/* Terms that compare each residue for itself: torsions, their lengths, and the well of χ1. One block each: a batch has few residues. */
#include "losses/losses.cuh"

namespace losses {

constexpr int RESIDUE_THREADS = 512;
constexpr int TORSIONS = 7;
constexpr int WELLS = 3;

template <typename T>
__device__ void torsionErrors(const T* predicted, const T* given, const T* exchanged, const int32_t* known, const T* weights, const double* shares,
                              int residues, double* classes, T* sum, T* gradients) {
    double errors[TORSIONS] = {};
    for (int residue = threadIdx.x; residue < residues; residue += RESIDUE_THREADS) {
        int mask = known[residue];
        T weight = weights[residue];
#pragma unroll
        for (int c = 0; c < TORSIONS; c++) {
            long at = 2 * (static_cast<long>(TORSIONS) * residue + c);
            T sine = 0;
            T cosine = 0;
            if (mask >> c & 1) {
                double s = static_cast<double>(predicted[at]);
                double k = static_cast<double>(predicted[at + 1]);
                double first = s * static_cast<double>(given[at]) + k * static_cast<double>(given[at + 1]);
                double second = s * static_cast<double>(exchanged[at]) + k * static_cast<double>(exchanged[at + 1]);
                const T* nearer = second > first ? exchanged : given;
                errors[c] += static_cast<double>(weight) * (1 - (second > first ? second : first));
                T factor = static_cast<T>(-shares[c]) * weight;
                sine = factor * nearer[at];
                cosine = factor * nearer[at + 1];
            }
            if (gradients != nullptr) {
                gradients[at] = sine;
                gradients[at + 1] = cosine;
            }
        }
    }
    double total = 0;
    for (int c = 0; c < TORSIONS; c++) {
        double error = blockSum<RESIDUE_THREADS>(errors[c]);
        total += shares[c] * error;
        if (threadIdx.x == 0) {
            classes[c] = error;
        }
    }
    if (threadIdx.x == 0) {
        sum[0] = static_cast<T>(total);
    }
}

template <typename T> __device__ void torsionLengths(const T* raw, const int32_t* counted, int residues, T* sum, T* gradients) {
    double error = 0;
    for (int residue = threadIdx.x; residue < residues; residue += RESIDUE_THREADS) {
        int mask = counted[residue];
#pragma unroll
        for (int c = 0; c < TORSIONS; c++) {
            long at = 2 * (static_cast<long>(TORSIONS) * residue + c);
            T slope = 0;
            T x = 0;
            T y = 0;
            if (mask >> c & 1) {
                x = raw[at];
                y = raw[at + 1];
                T length = root(x * x + y * y);
                T excess = length - T(1);
                error += static_cast<double>(excess < T(0) ? -excess : excess);
                // a pair of length 0 has no direction to grow in
                slope = length == T(0) ? T(0) : (excess > T(0) ? T(1) : excess < T(0) ? T(-1) : excess) / length;
            }
            if (gradients != nullptr) {
                gradients[at] = slope * x;
                gradients[at + 1] = slope * y;
            }
        }
    }
    error = blockSum<RESIDUE_THREADS>(error);
    if (threadIdx.x == 0) {
        sum[0] = static_cast<T>(error);
    }
}

__device__ __forceinline__ float exponential(float x) {
    return expf(x);
}

__device__ __forceinline__ double exponential(double x) {
    return exp(x);
}

__device__ __forceinline__ float logarithm(float x) {
    return logf(x);
}

__device__ __forceinline__ double logarithm(double x) {
    return log(x);
}

template <typename T> __device__ void rotamerErrors(const T* logits, const int32_t* wells, int residues, T* sum, T* gradients) {
    double error = 0;
    for (int residue = threadIdx.x; residue < residues; residue += RESIDUE_THREADS) {
        int well = wells[residue];
        long at = static_cast<long>(WELLS) * residue;
        T slopes[WELLS] = {0, 0, 0};
        if (well >= 0) {
            T x[WELLS] = {logits[at], logits[at + 1], logits[at + 2]};
            T largest = larger(x[0], larger(x[1], x[2]));
            T total = 0;
#pragma unroll
            for (int w = 0; w < WELLS; w++) {
                slopes[w] = exponential(x[w] - largest);
                total += slopes[w];
            }
            T chosen = well == 0 ? x[0] : well == 1 ? x[1] : x[2];
            error += static_cast<double>(logarithm(total) + (largest - chosen));
#pragma unroll
            for (int w = 0; w < WELLS; w++) {
                slopes[w] = slopes[w] / total - (w == well ? T(1) : T(0));
            }
        }
#pragma unroll
        for (int w = 0; w < WELLS && gradients != nullptr; w++) {
            gradients[at + w] = slopes[w];
        }
    }
    error = blockSum<RESIDUE_THREADS>(error);
    if (threadIdx.x == 0) {
        sum[0] = static_cast<T>(error);
    }
}

} // namespace losses

/*
 * Σ weight·(1 − cos Δ) of each torsion class (classes [7], double), Σ share·class (sum [1]) and, where not null, the gradient of the latter [T, 7, 2].
 * predicted, given and exchanged (sin, cos) [T, 7, 2]; bit c of known [T] says whether torsion c is known; weights [T]; shares [7]. One block of 512 threads,
 * 56 registers, 128 bytes shared memory.
 */
#define TORSION(name, T) \
    KERNEL(losses::RESIDUE_THREADS) \
    name(const T* predicted, const T* given, const T* exchanged, const int32_t* known, const T* weights, const double* shares, int residues, double* classes, \
         T* sum, T* gradients) { \
        awaitPrevious(); \
        losses::torsionErrors(predicted, given, exchanged, known, weights, shares, residues, classes, sum, gradients); \
    } \
    EXPORT(name)

/* Σ | ‖(sin, cos)‖ − 1 | over the torsions that bits of counted [T] name, and its gradient [T, 7, 2]. One block of 512 threads, 28 registers. */
#define TORSION_LENGTH(name, T) \
    KERNEL(losses::RESIDUE_THREADS) name(const T* raw, const int32_t* counted, int residues, T* sum, T* gradients) { \
        awaitPrevious(); \
        losses::torsionLengths(raw, counted, residues, sum, gradients); \
    } \
    EXPORT(name)

/* Σ cross-entropy over the residues whose wells [T] are not negative, and its gradient [T, 3]. One block of 512 threads, 30 registers. */
#define ROTAMER(name, T) \
    KERNEL(losses::RESIDUE_THREADS) name(const T* logits, const int32_t* wells, int residues, T* sum, T* gradients) { \
        awaitPrevious(); \
        losses::rotamerErrors(logits, wells, residues, sum, gradients); \
    } \
    EXPORT(name)

TORSION(losses_torsion_f32, float)
TORSION(losses_torsion_f64, double)
TORSION_LENGTH(losses_torsion_length_f32, float)
TORSION_LENGTH(losses_torsion_length_f64, double)
ROTAMER(losses_rotamer_f32, float)
ROTAMER(losses_rotamer_f64, double)
