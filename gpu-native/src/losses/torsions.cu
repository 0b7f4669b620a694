/*
 * Terms that compare each residue for itself: torsions, their lengths, and the well of χ1. Blocks leave their sums in memory, and the last one to end adds them
 * up, in the order of the blocks.
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int TORSIONS = 7;
constexpr int WELLS = 3;
/* Seven warps: a thread per torsion of 32 residues, then a warp per class. */
constexpr int TORSION_THREADS = TORSIONS * WARP;
constexpr int TERM_THREADS = 256;

/** (sin, cos), read at once. */
template <typename T> struct alignas(2 * sizeof(T)) Pair {
    T sine;
    T cosine;
};

/** Whether this block is the last of all to get here; it sees what the others wrote before. All threads call it; afterwards the counter is 0 again. */
__device__ __forceinline__ bool isLastBlock(int32_t* finished) {
    __shared__ int last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(finished, 1) == static_cast<int>(gridDim.x) - 1 ? 1 : 0;
        if (last != 0) {
            *finished = 0;
        }
    }
    __syncthreads();
    __threadfence();
    return last != 0;
}

template <typename T>
__device__ void torsionErrors(const Pair<T>* predicted, const Pair<T>* given, const Pair<T>* exchanged, const int32_t* known, const T* weights,
                              const double* shares, int residues, double* partial, int32_t* finished, double* classes, T* sum, Pair<T>* gradients) {
    __shared__ double errors[TORSION_THREADS];
    int item = blockIdx.x * TORSION_THREADS + static_cast<int>(threadIdx.x);
    int residue = item / TORSIONS;
    int c = item % TORSIONS;
    double error = 0;
    if (residue < residues) {
        Pair<T> slope = {0, 0};
        Pair<T> own = predicted[item];
        Pair<T> first = given[item];
        Pair<T> second = exchanged[item];
        T weight = weights[residue];
        if (known[residue] >> c & 1) {
            double s = static_cast<double>(own.sine);
            double k = static_cast<double>(own.cosine);
            double asGiven = s * static_cast<double>(first.sine) + k * static_cast<double>(first.cosine);
            double asExchanged = s * static_cast<double>(second.sine) + k * static_cast<double>(second.cosine);
            bool nearer = asExchanged > asGiven;
            error = static_cast<double>(weight) * (1 - (nearer ? asExchanged : asGiven));
            T factor = static_cast<T>(-shares[c]) * weight;
            slope = {factor * (nearer ? second.sine : first.sine), factor * (nearer ? second.cosine : first.cosine)};
        }
        if (gradients != nullptr) {
            gradients[item] = slope;
        }
    }
    errors[threadIdx.x] = error;
    __syncthreads();
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    error = warpSum(errors[lane * TORSIONS + warp]);
    if (lane == 0) {
        partial[blockIdx.x * TORSIONS + warp] = error;
    }
    if (!isLastBlock(finished)) {
        return;
    }
    error = 0;
    for (int block = lane; block < static_cast<int>(gridDim.x); block += WARP) {
        error += partial[block * TORSIONS + warp];
    }
    error = warpSum(error);
    if (lane == 0) {
        classes[warp] = error;
        errors[warp] = shares[warp] * error;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        double total = 0;
        for (int i = 0; i < TORSIONS; i++) {
            total += errors[i];
        }
        sum[0] = static_cast<T>(total);
    }
}

/** sum[0] = the sum of the errors of all threads of all blocks. */
template <typename T> __device__ __forceinline__ void addUp(double error, double* partial, int32_t* finished, T* sum) {
    error = blockSum<TERM_THREADS>(error);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = error;
    }
    if (!isLastBlock(finished)) {
        return;
    }
    error = 0;
    for (int block = threadIdx.x; block < static_cast<int>(gridDim.x); block += TERM_THREADS) {
        error += partial[block];
    }
    error = blockSum<TERM_THREADS>(error);
    if (threadIdx.x == 0) {
        sum[0] = static_cast<T>(error);
    }
}

template <typename T>
__device__ void torsionLengths(const Pair<T>* raw, const int32_t* counted, int residues, double* partial, int32_t* finished, T* sum, Pair<T>* gradients) {
    int item = blockIdx.x * TERM_THREADS + static_cast<int>(threadIdx.x);
    double error = 0;
    if (item < residues * TORSIONS) {
        Pair<T> pair = raw[item];
        T slope = 0;
        if (counted[item / TORSIONS] >> item % TORSIONS & 1) {
            T length = squareRoot(pair.sine * pair.sine + pair.cosine * pair.cosine);
            T excess = length - T(1);
            error = static_cast<double>(excess < T(0) ? -excess : excess);
            // a pair of length 0 has no direction to grow in
            slope = length == T(0) ? T(0) : (excess > T(0) ? T(1) : excess < T(0) ? T(-1) : excess) / length;
        } else {
            pair = {0, 0};
        }
        if (gradients != nullptr) {
            gradients[item] = {slope * pair.sine, slope * pair.cosine};
        }
    }
    addUp(error, partial, finished, sum);
}

template <typename T>
__device__ void rotamerErrors(const T* logits, const int32_t* wells, int residues, double* partial, int32_t* finished, T* sum, T* gradients) {
    int residue = blockIdx.x * TERM_THREADS + static_cast<int>(threadIdx.x);
    double error = 0;
    if (residue < residues) {
        int well = wells[residue];
        long at = static_cast<long>(WELLS) * residue;
        T slopes[WELLS] = {0, 0, 0};
        if (well >= 0) {
            T x[WELLS] = {logits[at], logits[at + 1], logits[at + 2]};
            T largest = max(x[0], max(x[1], x[2]));
            T total = 0;
#pragma unroll
            for (int w = 0; w < WELLS; w++) {
                slopes[w] = exponential(x[w] - largest);
                total += slopes[w];
            }
            T chosen = well == 0 ? x[0] : well == 1 ? x[1] : x[2];
            error = static_cast<double>(logarithm(total) + (largest - chosen));
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
    addUp(error, partial, finished, sum);
}

constexpr int CHIS = 4;
constexpr double TURN = 6.283185307179586;
/** Standard deviation of the target about a true angle, as org.bindrae.geometry.AngleBins has it: 5°. */
constexpr double DEVIATION = TURN / 72;

/** What the target of a bin is about an angle, not normalised. */
template <typename T> __device__ __forceinline__ T targetOf(int bin, int bins, double angle) {
    double distance = ((bin + 0.5) * (TURN / bins) - TURN / 2 - angle) / TURN;
    T deviation = static_cast<T>((distance - rint(distance)) * (TURN / DEVIATION));
    return exponential(-deviation * deviation / T(2));
}

template <typename T>
__device__ void chiErrors(const T* logits, const Pair<T>* given, const Pair<T>* exchanged, const int32_t* known, const T* weights, const double* shares,
                          int residues, int bins, double* partial, int32_t* finished, T* sum, T* gradients) {
    int item = blockIdx.x * (TERM_THREADS / WARP) + static_cast<int>(threadIdx.x) / WARP;
    int lane = threadIdx.x % WARP;
    double error = 0;
    if (item < residues * CHIS) {
        int residue = item / CHIS;
        int torsion = TORSIONS - CHIS + item % CHIS;
        long at = static_cast<long>(item) * bins;
        bool counts = known[residue] >> torsion & 1;
        Pair<T> pair = given[residue * TORSIONS + torsion];
        Pair<T> other = exchanged[residue * TORSIONS + torsion];
        double first = atan2(static_cast<double>(pair.sine), static_cast<double>(pair.cosine));
        double second = atan2(static_cast<double>(other.sine), static_cast<double>(other.cosine));
        T largest = -INFINITY;
        for (int b = lane; b < bins; b += WARP) {
            largest = max(largest, logits[at + b]);
        }
        largest = warpMax(largest);
        T total = 0;
        T ofFirst = 0;
        T ofSecond = 0;
        for (int b = lane; b < bins; b += WARP) {
            total += exponential(logits[at + b] - largest);
            ofFirst += targetOf<T>(b, bins, first);
            ofSecond += targetOf<T>(b, bins, second);
        }
        total = warpSum(total);
        ofFirst = T(2) * warpSum(ofFirst);
        ofSecond = T(2) * warpSum(ofSecond);
        T logTotal = logarithm(total);
        T weight = counts ? weights[residue] * static_cast<T>(shares[item % CHIS]) : T(0);
        for (int b = lane; b < bins; b += WARP) {
            T wanted = targetOf<T>(b, bins, first) / ofFirst + targetOf<T>(b, bins, second) / ofSecond;
            T logProbability = logits[at + b] - largest - logTotal;
            error -= static_cast<double>(weight) * static_cast<double>(wanted * logProbability);
            if (gradients != nullptr) {
                gradients[at + b] = counts ? weight * (exponential(logProbability) - wanted) : T(0);
            }
        }
        error = counts ? error : 0;
    }
    addUp(error, partial, finished, sum);
}

} // namespace losses

/*
 * Σ weight·(1 − cos Δ) of each torsion class (classes [7], double), Σ share·class (sum [1]) and, where not null, the gradient of the latter [T, 7, 2].
 * predicted, given and exchanged (sin, cos) [T, 7, 2]; bit c of known [T] says whether torsion c is known; weights [T]; shares [7]; partial [blocks, 7];
 * finished is 0 before and after. A block per 32 residues: 224 threads, 32 registers, 1.8 KB shared memory.
 */
#define TORSION(name, T) \
    KERNEL(losses::TORSION_THREADS) \
    name(const losses::Pair<T>* predicted, const losses::Pair<T>* given, const losses::Pair<T>* exchanged, const int32_t* known, const T* weights, \
         const double* shares, int residues, double* partial, int32_t* finished, double* classes, T* sum, losses::Pair<T>* gradients) { \
        awaitPrevious(); \
        losses::torsionErrors(predicted, given, exchanged, known, weights, shares, residues, partial, finished, classes, sum, gradients); \
    } \
    EXPORT(name)

/*
 * Σ | ‖(sin, cos)‖ − 1 | over the torsions that bits of counted [T] name, and its gradient [T, 7, 2]. partial [blocks]; finished is 0 before and after. A
 * thread per torsion, blocks of 256, 30 registers.
 */
#define TORSION_LENGTH(name, T) \
    KERNEL(losses::TERM_THREADS) \
    name(const losses::Pair<T>* raw, const int32_t* counted, int residues, double* partial, int32_t* finished, T* sum, losses::Pair<T>* gradients) { \
        awaitPrevious(); \
        losses::torsionLengths(raw, counted, residues, partial, finished, sum, gradients); \
    } \
    EXPORT(name)

/*
 * Σ cross-entropy over the residues whose wells [T] are not negative, and its gradient [T, 3]. partial [blocks]; finished is 0 before and after. A thread per
 * residue, blocks of 256, 30 registers (50 in double precision).
 */
#define ROTAMER(name, T) \
    KERNEL(losses::TERM_THREADS) \
    name(const T* logits, const int32_t* wells, int residues, double* partial, int32_t* finished, T* sum, T* gradients) { \
        awaitPrevious(); \
        losses::rotamerErrors(logits, wells, residues, partial, finished, sum, gradients); \
    } \
    EXPORT(name)

/*
 * Σ weight·share·cross-entropy of the distributions over known χ angles, logits [T, 4, bins], and its gradient. given, exchanged, known and weights as for
 * torsions; shares [4]; partial [blocks]; finished is 0 before and after. A warp per χ, blocks of 256.
 */
#define CHI(name, T) \
    KERNEL(losses::TERM_THREADS) \
    name(const T* logits, const losses::Pair<T>* given, const losses::Pair<T>* exchanged, const int32_t* known, const T* weights, const double* shares, \
         int residues, int bins, double* partial, int32_t* finished, T* sum, T* gradients) { \
        awaitPrevious(); \
        losses::chiErrors(logits, given, exchanged, known, weights, shares, residues, bins, partial, finished, sum, gradients); \
    } \
    EXPORT(name)

TORSION(losses_torsion_f32, float)
TORSION(losses_torsion_f64, double)
TORSION_LENGTH(losses_torsion_length_f32, float)
TORSION_LENGTH(losses_torsion_length_f64, double)
ROTAMER(losses_rotamer_f32, float)
ROTAMER(losses_rotamer_f64, double)
CHI(losses_chi_f32, float)
CHI(losses_chi_f64, double)
