/*
 * Frame-aligned point error (AlphaFold2, Algorithm 28) of packed sequences, in O(N) memory. F frames and A atoms take part, numbered without gaps in the order
 * of their sequences. What a prediction and the truth have in common cancels before it is rounded: with e = x̂ − x, f = t̂ − t and E = R̂ − R, which are formed
 * in double precision, R̂ᵀ(x̂ − t̂) − Rᵀ(x − t) = R̂ᵀ(e − f) + Eᵀ(x − t).
 */
#include "losses/losses.cuh"

namespace losses {

constexpr int FAPE_PACK_THREADS = 128;
constexpr int FAPE_BACKWARD_THREADS = 256;
constexpr int FAPE_WARPS = 4;
constexpr int FAPE_THREADS = FAPE_WARPS * WARP;
constexpr int FRAME_NUMBERS = 24;
constexpr int FRAME_SUMS = 12;
constexpr int LARGEST_RESIDUE = 14;
/* Of a block that packs atoms, those that it packs; the others may be of the residues of its first and last one. */
constexpr int FAPE_PACK_ATOMS = FAPE_PACK_THREADS - 2 * (LARGEST_RESIDUE - 1);
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

/** x̂ − x and x of one atom, as the sweep reads them: packed [A, 4], then [A, 2]. */
template <typename T> struct PackedAtom {
    Vector<T> shift;
    Vector<T> place;
};

template <typename T> struct alignas(16) FourNumbers {
    T x, y, z, w;
};

template <typename T> struct alignas(2 * sizeof(T)) TwoNumbers {
    T x, y;
};

template <typename T> __device__ __forceinline__ PackedAtom<T> packedAtom(const T* atoms, int count, int atom) {
    FourNumbers<T> a = reinterpret_cast<const FourNumbers<T>*>(atoms)[atom];
    TwoNumbers<T> b = reinterpret_cast<const TwoNumbers<T>*>(atoms)[2 * static_cast<long>(count) + atom];
    return {{a.x, a.y, a.z}, {a.w, b.x, b.y}};
}

template <typename T> __device__ __forceinline__ void storeAtom(T* atoms, int count, int atom, Vector<T> shift, Vector<T> place) {
    reinterpret_cast<FourNumbers<T>*>(atoms)[atom] = {shift.x, shift.y, shift.z, place.x};
    reinterpret_cast<TwoNumbers<T>*>(atoms)[2 * static_cast<long>(count) + atom] = {place.y, place.z};
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

template <typename T> __device__ __forceinline__ FapePair<T> fapePair(const PackedFrame<T>& frame, const PackedAtom<T>& atom, T eps) {
    Vector<T> u = atom.shift - frame.shift;
    Vector<T> v = atom.place - frame.origin;
    const T* r = frame.r;
    const T* e = frame.e;
    FapePair<T> pair;
    pair.predicted = u + v;
    pair.difference = {r[0] * u.x + r[3] * u.y + r[6] * u.z + e[0] * v.x + e[3] * v.y + e[6] * v.z,
                       r[1] * u.x + r[4] * u.y + r[7] * u.z + e[1] * v.x + e[4] * v.y + e[7] * v.z,
                       r[2] * u.x + r[5] * u.y + r[8] * u.z + e[2] * v.x + e[5] * v.y + e[8] * v.z};
    T squared = dot(pair.difference, pair.difference) + eps;
    pair.inverse = inverseLength(squared);
    pair.distance = squared * pair.inverse;
    return pair;
}

/** Where a true frame lies: R [9], t [3]. */
__device__ __forceinline__ Vector<double> toLocal(const double* frame, Vector<double> x) {
    Vector<double> p = x - Vector<double>{frame[9], frame[10], frame[11]};
    return {frame[0] * p.x + frame[3] * p.y + frame[6] * p.z, frame[1] * p.x + frame[4] * p.y + frame[7] * p.z,
            frame[2] * p.x + frame[5] * p.y + frame[8] * p.z};
}

/** How much farther an atom under its own name lies from the predicted one than the other atom, each seen from its frame. */
template <typename T>
__device__ __forceinline__ double gainOfExchange(int atom, int other, int source, const T* rotations, const T* translations, const T* predicted,
                                                 const double* trueFrames, const double* trueAtoms) {
    int residue = source / LARGEST_RESIDUE;
    double frame[12];
    double trueFrame[12];
#pragma unroll
    for (int i = 0; i < 9; i++) {
        frame[i] = static_cast<double>(rotations[9L * residue + i]);
    }
#pragma unroll
    for (int i = 0; i < 3; i++) {
        frame[9 + i] = static_cast<double>(translations[3L * residue + i]);
    }
#pragma unroll
    for (int i = 0; i < 12; i++) {
        trueFrame[i] = trueFrames[12L * residue + i];
    }
    Vector<double> local = toLocal(frame, loadPoint(predicted, source));
    Vector<double> asGiven = local - toLocal(trueFrame, vectorAt(trueAtoms, atom));
    Vector<double> exchanged = local - toLocal(trueFrame, vectorAt(trueAtoms, other));
    return sqrt(dot(asGiven, asGiven)) - sqrt(dot(exchanged, exchanged));
}

/** A thread per number of a frame. */
template <typename T>
__device__ __forceinline__ void packFrames(const T* rotations, const T* translations, const double* trueFrames, const int32_t* frameIndex, int frames,
                                           T* packedFrames) {
    int item = blockIdx.x * FAPE_PACK_THREADS + threadIdx.x;
    int frame = item / FRAME_NUMBERS;
    int number = item % FRAME_NUMBERS;
    if (frame >= frames) {
        return;
    }
    int residue = frameIndex[frame];
    const double* truth = trueFrames + 12L * residue;
    T value;
    if (number < 9) {
        value = rotations[9L * residue + number];
    } else if (number < 18) {
        value = static_cast<T>(static_cast<double>(rotations[9L * residue + number - 9]) - truth[number - 9]);
    } else if (number < 21) {
        value = static_cast<T>(static_cast<double>(translations[3L * residue + number - 18]) - truth[number - 9]);
    } else {
        value = static_cast<T>(truth[number - 12]);
    }
    packedFrames[item] = value;
}

/** A thread per atom, and some for those that share a residue with the first or the last one: their gains count for the names of the residue. */
template <typename T>
__device__ __forceinline__ void packAtoms(int group, const T* rotations, const T* translations, const T* predicted, const double* trueFrames,
                                          const double* trueAtoms, const int32_t* atomIndex, const int32_t* exchange, int atoms, T* packedAtoms) {
    __shared__ double gains[FAPE_PACK_THREADS];
    __shared__ int residues[FAPE_PACK_THREADS];
    constexpr int BESIDE = LARGEST_RESIDUE - 1;
    int thread = threadIdx.x;
    int atom = group * FAPE_PACK_ATOMS - BESIDE + thread;
    bool inside = atom >= 0 && atom < atoms;
    int source = inside ? atomIndex[atom] : 0;
    int other = inside ? exchange[atom] : atom;
    residues[thread] = inside ? source / LARGEST_RESIDUE : -1;
    gains[thread] = other == atom ? 0 : gainOfExchange(atom, other, source, rotations, translations, predicted, trueFrames, trueAtoms);
    __syncthreads();
    if (!inside || thread < BESIDE || thread >= BESIDE + FAPE_PACK_ATOMS) {
        return;
    }
    int given = atom;
    if (other != atom) {
        double gain = 0;
        for (int i = thread - BESIDE; i <= thread + BESIDE; i++) {
            gain += residues[i] == residues[thread] ? gains[i] : 0;
        }
        given = gain > 0 ? other : atom;
    }
    Vector<double> truth = vectorAt(trueAtoms, given);
    Vector<T> shift = rounded<T>(loadPoint(predicted, source) - truth);
    Vector<T> place = rounded<T>(truth);
    storeAtom(packedAtoms, atoms, atom, shift, place);
}

template <typename T>
__device__ void packFape(const T* rotations, const T* translations, const T* predicted, const double* trueFrames, const double* trueAtoms,
                         const int32_t* frameIndex, const int32_t* atomIndex, const int32_t* exchange, int frames, int atoms, T* packedFrames,
                         T* packedAtoms) {
    int frameBlocks = (frames * FRAME_NUMBERS + FAPE_PACK_THREADS - 1) / FAPE_PACK_THREADS;
    int block = blockIdx.x;
    if (block < frameBlocks) {
        packFrames(rotations, translations, trueFrames, frameIndex, frames, packedFrames);
    } else {
        packAtoms(block - frameBlocks, rotations, translations, predicted, trueFrames, trueAtoms, atomIndex, exchange, atoms, packedAtoms);
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
    double error = 0;
    T rotation[9] = {};
    Vector<T> local = {0, 0, 0};
    int begin = atomStarts[sequence] + lane;
    PackedAtom<T> ahead = {};
    if (begin < end) {
        ahead = packedAtom(packedAtoms, atoms, begin);
    }
    for (int base = begin; base < end; base += FAPE_TERMS * WARP) {
        T part = 0;
        int last = min(base + FAPE_TERMS * WARP, end);
        for (int atom = base; atom < last; atom += WARP) {
            PackedAtom<T> seen = ahead;
            // the next one is under way meanwhile
            if (atom + WARP < end) {
                ahead = packedAtom(packedAtoms, atoms, atom + WARP);
            }
            FapePair<T> pair = fapePair(packed, seen, eps);
            // not fmin, which would hide what is not a number
            part += pair.distance > clamp ? clamp : pair.distance;
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
        error += static_cast<double>(part);
    }
    error = warpSum(error);
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
    PackedAtom<T> packed = packedAtom(packedAtoms, atoms, atom);
    Vector<T> sum = {0, 0, 0};
    // the sequences that these atoms belong to, most often one: the other lanes look on
    int lastSequence = sequenceOf(last, atomStarts, sequences);
    for (int sequence = sequenceOf(first, atomStarts, sequences); sequence <= lastSequence; sequence++) {
        bool mine = atom >= atomStarts[sequence] && atom < atomStarts[sequence + 1];
        T limit = mine ? clamp : T(-1);
        int end = frameStarts[sequence + 1];
        int begin = frameStarts[sequence] + warp;
        PackedFrame<T> ahead = {};
        if (begin < end) {
            ahead = packedFrame(packedFrames, begin);
        }
        for (int frame = begin; frame < end; frame += FAPE_WARPS) {
            PackedFrame<T> seenFrom = ahead;
            // the next one is under way meanwhile
            if (frame + FAPE_WARPS < end) {
                ahead = packedFrame(packedFrames, frame + FAPE_WARPS);
            }
            FapePair<T> pair = fapePair(seenFrom, packed, eps);
            T factor = pair.distance <= limit ? pair.inverse : T(0);
            Vector<T> g = {factor * pair.difference.x, factor * pair.difference.y, factor * pair.difference.z};
            const T* r = seenFrom.r;
            sum.x += r[0] * g.x + r[1] * g.y + r[2] * g.z;
            sum.y += r[3] * g.x + r[4] * g.y + r[5] * g.z;
            sum.z += r[6] * g.x + r[7] * g.y + r[8] * g.z;
        }
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
    int item = blockIdx.x * FAPE_BACKWARD_THREADS + threadIdx.x;
    int frameItems = frames * FRAME_SUMS;
    T* target;
    T gradient;
    int sequence;
    if (item < frameItems) {
        int frame = item / FRAME_SUMS;
        int number = item % FRAME_SUMS;
        T* numbers = number < 9 ? dRotations : dTranslations;
        long residue = frameIndex[frame];
        target = numbers == nullptr ? nullptr : numbers + (number < 9 ? 9 * residue + number : 3 * residue + number - 9);
        gradient = target == nullptr ? T(0) : frameGradients[item];
        sequence = sequenceOf(frame, frameStarts, sequences);
    } else if (item - frameItems < 3 * atoms) {
        int atom = (item - frameItems) / 3;
        int axis = (item - frameItems) % 3;
        target = dAtoms == nullptr ? nullptr : dAtoms + 3L * atomIndex[atom] + axis;
        gradient = target == nullptr ? T(0) : atomGradients[item - frameItems];
        sequence = sequenceOf(atom, atomStarts, sequences);
    } else {
        return;
    }
    if (target != nullptr) {
        *target += static_cast<T>(static_cast<double>(upstream[sequence]) * weights[sequence]) * gradient;
    }
}

} // namespace losses

/*
 * Packs what the sweep reads: a thread per number of a frame, then blocks of 102 atoms each. rotations [T, 9], translations [T, 3], predicted [·, 3]; truth in
 * double precision: trueFrames [T, 12] (R, t), trueAtoms [A, 3]. exchange[a] is the atom of the same residue that may exchange its name with a (a itself where
 * none may): names are exchanged where that lies nearer to the prediction, residue by residue, atoms being numbered residue·14 + slot then. packedFrames [F, 24],
 * packedAtoms [6·A]; aligned to 16 bytes. Blocks of 128 threads, 48 registers, 1.5 KB shared memory.
 */
#define FAPE_PACK(name, T) \
    KERNEL(losses::FAPE_PACK_THREADS) \
    name(const T* rotations, const T* translations, const T* predicted, const double* trueFrames, const double* trueAtoms, const int32_t* frameIndex, \
         const int32_t* atomIndex, const int32_t* exchange, int frames, int atoms, T* packedFrames, T* packedAtoms) { \
        awaitPrevious(); \
        losses::packFape(rotations, translations, predicted, trueFrames, trueAtoms, frameIndex, atomIndex, exchange, frames, atoms, packedFrames, \
                         packedAtoms); \
    } \
    EXPORT(name)

/*
 * All (frame, atom) pairs of each sequence. Blocks 0 … ⌈F/4⌉ − 1: a warp per frame writes its error (Σ over atoms of
 * min(distance, clamp), double) and, where frameGradients [F, 12] is not null, the gradients of R̂ [9] and t̂ [3]. The blocks that follow, ⌈A/32⌉ of them or
 * none: 32 atoms each, every warp a quarter of the frames, write atomGradients [A, 3]. Gradients are those of Σ distances, without any weight. 128 threads, 72
 * registers, 1.5 KB shared memory (136 and 3 KB in double precision).
 */
#define FAPE_SWEEP(name, T) \
    KERNEL(losses::FAPE_THREADS) \
    name(const T* packedFrames, const T* packedAtoms, const int32_t* frameStarts, const int32_t* atomStarts, int sequences, int frames, int atoms, T clamp, \
         T eps, double* errors, T* frameGradients, T* atomGradients) { \
        awaitPrevious(); \
        losses::sweepFape(packedFrames, packedAtoms, frameStarts, atomStarts, sequences, frames, atoms, clamp, eps, errors, frameGradients, atomGradients); \
    } \
    EXPORT(name)

/*
 * Adds upstream[s]·weights[s] times the gradients of the sweep to those of the inputs (null: not wanted): a thread per number of a frame, then a thread per
 * number of an atom. Blocks of 256 threads, 18 registers, no shared memory.
 */
#define FAPE_BACKWARD(name, T) \
    KERNEL(losses::FAPE_BACKWARD_THREADS) \
    name(const T* upstream, const double* weights, const int32_t* frameIndex, const int32_t* atomIndex, const int32_t* frameStarts, \
         const int32_t* atomStarts, int sequences, int frames, int atoms, const T* frameGradients, const T* atomGradients, T* dRotations, T* dTranslations, \
         T* dAtoms) { \
        awaitPrevious(); \
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
