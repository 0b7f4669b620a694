/*
 * Frame-aligned point error (AlphaFold2, Algorithm 28) of packed sequences, in O(N) memory. F frames and A atoms take part, numbered without gaps in the order
 * of their sequences. What a prediction and the truth have in common cancels before it is rounded: with e = x̂ − x, f = t̂ − t and E = R̂ − R, which are formed
 * in double precision, R̂ᵀ(x̂ − t̂) − Rᵀ(x − t) = R̂ᵀ(e − f) + Eᵀ(x − t).
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int FAPE_PACK_THREADS = 128;
constexpr int FAPE_WARPS = 4;
constexpr int FAPE_THREADS = FAPE_WARPS * WARP;
constexpr int FRAME_NUMBERS = 24;
constexpr int FRAME_SUMS = 12;
constexpr int LARGEST_RESIDUE = 14;
/* Errors that are summed before they are added in double precision. */
constexpr int FAPE_TERMS = 32;

/** R̂, E, f and t of one frame, as the sweep reads them. */
template <typename T> struct PackedFrame {
    T r[9];
    T e[9];
    Vector<T> shift;
    Vector<T> origin;
};

__device__ __forceinline__ PackedFrame<float> packedFrame(const float* frames, int frame) {
    const float4* rows = reinterpret_cast<const float4*>(frames + static_cast<long>(frame) * FRAME_NUMBERS);
    float4 a = rows[0], b = rows[1], c = rows[2], d = rows[3], e = rows[4], f = rows[5];
    return {{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, c.x}, {c.y, c.z, c.w, d.x, d.y, d.z, d.w, e.x, e.y}, {e.z, e.w, f.x}, {f.y, f.z, f.w}};
}

__device__ __forceinline__ PackedFrame<double> packedFrame(const double* frames, int frame) {
    const double* v = frames + static_cast<long>(frame) * FRAME_NUMBERS;
    return {{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]},
            {v[9], v[10], v[11], v[12], v[13], v[14], v[15], v[16], v[17]},
            {v[18], v[19], v[20]},
            {v[21], v[22], v[23]}};
}

/** An atom seen from a frame. */
template <typename T> struct FapePair {
    /** x̂ − t̂ */
    Vector<T> predicted;
    /** T̂⁻¹x̂ − T⁻¹x */
    Vector<T> difference;
    T inverse;
    T distance;
};

template <typename T> __device__ __forceinline__ FapePair<T> fapePair(const PackedFrame<T>& frame, Vector<T> shift, Vector<T> atom, T eps) {
    Vector<T> u = shift - frame.shift;
    Vector<T> v = atom - frame.origin;
    const T* r = frame.r;
    const T* e = frame.e;
    FapePair<T> pair;
    pair.predicted = u + v;
    pair.difference = {r[0] * u.x + r[3] * u.y + r[6] * u.z + e[0] * v.x + e[3] * v.y + e[6] * v.z,
                       r[1] * u.x + r[4] * u.y + r[7] * u.z + e[1] * v.x + e[4] * v.y + e[7] * v.z,
                       r[2] * u.x + r[5] * u.y + r[8] * u.z + e[2] * v.x + e[5] * v.y + e[8] * v.z};
    T squared = dot(pair.difference, pair.difference) + eps;
    // points on top of each other have no direction to be pushed in
    pair.inverse = squared == T(0) ? T(0) : inverseSquareRoot(squared);
    pair.distance = squared * pair.inverse;
    return pair;
}

/** Where a true frame lies: R [9], t [3]. */
__device__ __forceinline__ Vector<double> toLocal(const double* frame, Vector<double> x) {
    Vector<double> p = x - Vector<double>{frame[9], frame[10], frame[11]};
    return {frame[0] * p.x + frame[3] * p.y + frame[6] * p.z, frame[1] * p.x + frame[4] * p.y + frame[7] * p.z,
            frame[2] * p.x + frame[5] * p.y + frame[8] * p.z};
}

template <typename T>
__device__ __forceinline__ bool nearerExchanged(int atom, int residue, const T* rotations, const T* translations, const T* predicted,
                                                const double* trueFrames, const double* trueAtoms, const int32_t* index, const int32_t* exchange, int atoms) {
    double frame[12];
    for (int i = 0; i < 9; i++) {
        frame[i] = static_cast<double>(rotations[9L * residue + i]);
    }
    for (int i = 0; i < 3; i++) {
        frame[9 + i] = static_cast<double>(translations[3L * residue + i]);
    }
    const double* trueFrame = trueFrames + 12L * residue;
    int first = atom;
    while (first > 0 && index[first - 1] / LARGEST_RESIDUE == residue) {
        first--;
    }
    double gain = 0;
    for (int a = first; a < atoms && index[a] / LARGEST_RESIDUE == residue; a++) {
        int other = exchange[a];
        if (other != a) {
            Vector<double> local = toLocal(frame, loadPoint(predicted, index[a]));
            Vector<double> asGiven = local - toLocal(trueFrame, vectorAt(trueAtoms, a));
            Vector<double> exchanged = local - toLocal(trueFrame, vectorAt(trueAtoms, other));
            gain += sqrt(dot(asGiven, asGiven)) - sqrt(dot(exchanged, exchanged));
        }
    }
    return gain > 0;
}

template <typename T>
__device__ void packFape(const T* rotations, const T* translations, const T* predicted, const double* trueFrames, const double* trueAtoms,
                         const int32_t* frameIndex, const int32_t* atomIndex, const int32_t* exchange, int frames, int atoms, T* packedFrames,
                         T* packedAtoms) {
    int item = blockIdx.x * FAPE_PACK_THREADS + threadIdx.x;
    if (item < frames) {
        int residue = frameIndex[item];
        const double* truth = trueFrames + 12L * residue;
        T* packed = packedFrames + static_cast<long>(item) * FRAME_NUMBERS;
        for (int i = 0; i < 9; i++) {
            packed[i] = rotations[9L * residue + i];
            packed[9 + i] = static_cast<T>(static_cast<double>(rotations[9L * residue + i]) - truth[i]);
        }
        for (int i = 0; i < 3; i++) {
            packed[18 + i] = static_cast<T>(static_cast<double>(translations[3L * residue + i]) - truth[9 + i]);
            packed[21 + i] = static_cast<T>(truth[9 + i]);
        }
    } else if (item - frames < atoms) {
        int atom = item - frames;
        int source = exchange[atom];
        if (source != atom && !nearerExchanged(atom, atomIndex[atom] / LARGEST_RESIDUE, rotations, translations, predicted, trueFrames, trueAtoms, atomIndex,
                                               exchange, atoms)) {
            source = atom;
        }
        Vector<double> truth = vectorAt(trueAtoms, source);
        Vector<T> shift = rounded<T>(loadPoint(predicted, atomIndex[atom]) - truth);
        long stride = atoms;
        packedAtoms[atom] = shift.x;
        packedAtoms[stride + atom] = shift.y;
        packedAtoms[2 * stride + atom] = shift.z;
        packedAtoms[3 * stride + atom] = static_cast<T>(truth.x);
        packedAtoms[4 * stride + atom] = static_cast<T>(truth.y);
        packedAtoms[5 * stride + atom] = static_cast<T>(truth.z);
    }
}

/** A warp per frame: its error over all atoms of its sequence, and the gradients of R̂ and t̂ for an upstream of 1 per Å. */
template <typename T>
__device__ __forceinline__ void sweepAtoms(int frame, const T* packedFrames, const T* packedAtoms, const int32_t* frameStarts, const int32_t* atomStarts,
                                           int sequences, int atoms, T clamp, T eps, double* errors, T* frameGradients) {
    int lane = threadIdx.x % WARP;
    int sequence = sequenceOf(frame, frameStarts, sequences);
    int end = atomStarts[sequence + 1];
    PackedFrame<T> packed = packedFrame(packedFrames, frame);
    long stride = atoms;
    double error = 0;
    T part = 0;
    int terms = 0;
    T rotation[9] = {};
    Vector<T> local = {0, 0, 0};
    for (int atom = atomStarts[sequence] + lane; atom < end; atom += WARP) {
        Vector<T> shift = {packedAtoms[atom], packedAtoms[stride + atom], packedAtoms[2 * stride + atom]};
        Vector<T> place = {packedAtoms[3 * stride + atom], packedAtoms[4 * stride + atom], packedAtoms[5 * stride + atom]};
        FapePair<T> pair = fapePair(packed, shift, place, eps);
        // not fmin, which would hide what is not a number
        part += pair.distance > clamp ? clamp : pair.distance;
        if (++terms % FAPE_TERMS == 0) {
            error += static_cast<double>(part);
            part = 0;
        }
        T factor = pair.distance <= clamp ? pair.inverse : T(0);
        Vector<T> g = {factor * pair.difference.x, factor * pair.difference.y, factor * pair.difference.z};
        Vector<T> p = pair.predicted;
        rotation[0] += p.x * g.x;
        rotation[1] += p.x * g.y;
        rotation[2] += p.x * g.z;
        rotation[3] += p.y * g.x;
        rotation[4] += p.y * g.y;
        rotation[5] += p.y * g.z;
        rotation[6] += p.z * g.x;
        rotation[7] += p.z * g.y;
        rotation[8] += p.z * g.z;
        local = local + g;
    }
    error = warpSum(error + static_cast<double>(part));
    for (int i = 0; i < 9; i++) {
        rotation[i] = warpSum(rotation[i]);
    }
    local = {warpSum(local.x), warpSum(local.y), warpSum(local.z)};
    if (lane == 0) {
        errors[frame] = error;
        if (frameGradients != nullptr) {
            T* gradient = frameGradients + static_cast<long>(frame) * FRAME_SUMS;
            for (int i = 0; i < 9; i++) {
                gradient[i] = rotation[i];
            }
            const T* r = packed.r;
            gradient[9] = -(r[0] * local.x + r[1] * local.y + r[2] * local.z);
            gradient[10] = -(r[3] * local.x + r[4] * local.y + r[5] * local.z);
            gradient[11] = -(r[6] * local.x + r[7] * local.y + r[8] * local.z);
        }
    }
}

/** A block per 32 atoms: each warp takes every fourth frame of their sequences. */
template <typename T>
__device__ __forceinline__ void sweepFrames(int group, const T* packedFrames, const T* packedAtoms, const int32_t* frameStarts, const int32_t* atomStarts,
                                            int sequences, int atoms, T clamp, T eps, T* atomGradients) {
    __shared__ T sums[FAPE_WARPS][3][WARP];
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    int first = group * WARP;
    int last = min(first + WARP, atoms) - 1;
    int atom = min(first + lane, last);
    int sequence = sequenceOf(atom, atomStarts, sequences);
    int begin = frameStarts[sequence];
    int end = frameStarts[sequence + 1];
    long stride = atoms;
    Vector<T> shift = {packedAtoms[atom], packedAtoms[stride + atom], packedAtoms[2 * stride + atom]};
    Vector<T> place = {packedAtoms[3 * stride + atom], packedAtoms[4 * stride + atom], packedAtoms[5 * stride + atom]};
    Vector<T> sum = {0, 0, 0};
    // the frames of all sequences that these atoms belong to: a lane adds those of its own
    int firstFrame = frameStarts[sequenceOf(first, atomStarts, sequences)];
    int frameEnd = frameStarts[sequenceOf(last, atomStarts, sequences) + 1];
    for (int frame = firstFrame + warp; frame < frameEnd; frame += FAPE_WARPS) {
        PackedFrame<T> packed = packedFrame(packedFrames, frame);
        FapePair<T> pair = fapePair(packed, shift, place, eps);
        T factor = pair.distance <= clamp && frame >= begin && frame < end ? pair.inverse : T(0);
        Vector<T> g = {factor * pair.difference.x, factor * pair.difference.y, factor * pair.difference.z};
        const T* r = packed.r;
        sum.x += r[0] * g.x + r[1] * g.y + r[2] * g.z;
        sum.y += r[3] * g.x + r[4] * g.y + r[5] * g.z;
        sum.z += r[6] * g.x + r[7] * g.y + r[8] * g.z;
    }
    sums[warp][0][lane] = sum.x;
    sums[warp][1][lane] = sum.y;
    sums[warp][2][lane] = sum.z;
    __syncthreads();
    if (warp < 3 && first + lane <= last) {
        T total = sums[0][warp][lane];
        for (int w = 1; w < FAPE_WARPS; w++) {
            total += sums[w][warp][lane];
        }
        atomGradients[3L * atom + warp] = total;
    }
}

template <typename T>
__device__ void sweepFape(const T* packedFrames, const T* packedAtoms, const int32_t* frameStarts, const int32_t* atomStarts, int sequences, int frames,
                          int atoms, T clamp, T eps, double* errors, T* frameGradients, T* atomGradients) {
    int frameBlocks = (frames + FAPE_WARPS - 1) / FAPE_WARPS;
    int block = blockIdx.x;
    if (block < frameBlocks) {
        int frame = block * FAPE_WARPS + static_cast<int>(threadIdx.x) / WARP;
        if (frame < frames) {
            sweepAtoms(frame, packedFrames, packedAtoms, frameStarts, atomStarts, sequences, atoms, clamp, eps, errors, frameGradients);
        }
    } else {
        sweepFrames(block - frameBlocks, packedFrames, packedAtoms, frameStarts, atomStarts, sequences, atoms, clamp, eps, atomGradients);
    }
}

template <typename T>
__device__ void fapeBackward(const T* upstream, const double* weights, const int32_t* frameIndex, const int32_t* atomIndex, const int32_t* frameStarts,
                             const int32_t* atomStarts, int sequences, int frames, int atoms, const T* frameGradients, const T* atomGradients, T* dRotations,
                             T* dTranslations, T* dAtoms) {
    int item = blockIdx.x * FAPE_PACK_THREADS + threadIdx.x;
    if (item < frames) {
        int sequence = sequenceOf(item, frameStarts, sequences);
        T weight = static_cast<T>(static_cast<double>(upstream[sequence]) * weights[sequence]);
        const T* gradient = frameGradients + static_cast<long>(item) * FRAME_SUMS;
        long residue = frameIndex[item];
        for (int i = 0; i < 9 && dRotations != nullptr; i++) {
            dRotations[9 * residue + i] += weight * gradient[i];
        }
        for (int i = 0; i < 3 && dTranslations != nullptr; i++) {
            dTranslations[3 * residue + i] += weight * gradient[9 + i];
        }
    } else if (item - frames < atoms && dAtoms != nullptr) {
        int atom = item - frames;
        int sequence = sequenceOf(atom, atomStarts, sequences);
        T weight = static_cast<T>(static_cast<double>(upstream[sequence]) * weights[sequence]);
        for (int i = 0; i < 3; i++) {
            dAtoms[3L * atomIndex[atom] + i] += weight * atomGradients[3L * atom + i];
        }
    }
}

} // namespace losses

/*
 * Packs what the sweep reads: a thread per frame, then a thread per atom. rotations [T, 9], translations [T, 3], predicted [·, 3]; truth in double precision:
 * trueFrames [T, 12] (R, t), trueAtoms [A, 3]. exchange[a] is the atom of the same residue that may exchange its name with a (a itself where none may): names
 * are exchanged where that lies nearer to the prediction, residue by residue, atoms being numbered residue·14 + slot then. packedFrames [F, 24], packedAtoms
 * [6, A]. Blocks of 128 threads, 64 registers, no shared memory.
 */
#define FAPE_PACK(name, T) \
    KERNEL(losses::FAPE_PACK_THREADS) \
    name(const T* rotations, const T* translations, const T* predicted, const double* trueFrames, const double* trueAtoms, const int32_t* frameIndex, \
         const int32_t* atomIndex, const int32_t* exchange, int frames, int atoms, T* packedFrames, T* packedAtoms) { \
        losses::packFape(rotations, translations, predicted, trueFrames, trueAtoms, frameIndex, atomIndex, exchange, frames, atoms, packedFrames, \
                         packedAtoms); \
    } \
    EXPORT(name)

/*
 * All (frame, atom) pairs of each sequence, with packedFrames aligned to 16 bytes. Blocks 0 … ⌈F/4⌉ − 1: a warp per frame writes its error (Σ over atoms of
 * min(distance, clamp), double) and, where frameGradients [F, 12] is not null, the gradients of R̂ [9] and t̂ [3]. The blocks that follow, ⌈A/32⌉ of them or
 * none: 32 atoms each, every warp a quarter of the frames, write atomGradients [A, 3]. Gradients are those of Σ distances, without any weight. 128 threads, 64
 * registers, 1.5 KB shared memory (112 and 3 KB in double precision).
 */
#define FAPE_SWEEP(name, T) \
    KERNEL(losses::FAPE_THREADS) \
    name(const T* packedFrames, const T* packedAtoms, const int32_t* frameStarts, const int32_t* atomStarts, int sequences, int frames, int atoms, T clamp, \
         T eps, double* errors, T* frameGradients, T* atomGradients) { \
        losses::sweepFape(packedFrames, packedAtoms, frameStarts, atomStarts, sequences, frames, atoms, clamp, eps, errors, frameGradients, atomGradients); \
    } \
    EXPORT(name)

/*
 * Adds upstream[s]·weights[s] times the gradients of the sweep to those of the inputs (null: not wanted): a thread per frame, then a thread per atom. Blocks of
 * 128 threads, 22 registers, no shared memory.
 */
#define FAPE_BACKWARD(name, T) \
    KERNEL(losses::FAPE_PACK_THREADS) \
    name(const T* upstream, const double* weights, const int32_t* frameIndex, const int32_t* atomIndex, const int32_t* frameStarts, \
         const int32_t* atomStarts, int sequences, int frames, int atoms, const T* frameGradients, const T* atomGradients, T* dRotations, T* dTranslations, \
         T* dAtoms) { \
        losses::fapeBackward(upstream, weights, frameIndex, atomIndex, frameStarts, atomStarts, sequences, frames, atoms, frameGradients, atomGradients, \
                             dRotations, dTranslations, dAtoms); \
    } \
    EXPORT(name)

FAPE_PACK(losses_fape_pack_f32, float)
FAPE_PACK(losses_fape_pack_f64, double)
FAPE_SWEEP(losses_fape_sweep_f32, float)
FAPE_SWEEP(losses_fape_sweep_f64, double)
FAPE_BACKWARD(losses_fape_backward_f32, float)
FAPE_BACKWARD(losses_fape_backward_f64, double)
