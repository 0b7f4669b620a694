/*
 * Atoms from backbone frames and torsions (org.bindrae.geometry.ForwardKinematics; AlphaFold2, Algorithm 24) and the gradient. Sixteen lanes per residue, one per
 * atom14 slot, eight residues per block of 128 threads; no shared memory. A lane carries its atom from its group's frame to the backbone, so frames are never
 * multiplied; gradients of a residue are summed over its lanes in a fixed order, and each lane adds one of them to memory. In double precision.
 *
 * Tables (RigidGroupTable): groups [21, 14], ideal [21, 14, 3], frames [21, 8, 12].
 */
#include "vectors.cuh"

namespace geometry {

constexpr int SLOTS = 14;
constexpr int LANES = 16;
constexpr int GROUPS = 8;
constexpr int TORSIONS = 7;
constexpr int FRAME = 12;
constexpr int PSI = 3;
constexpr int CHI1 = 4;
constexpr int CHIS = 4;
constexpr int THREADS = 128;

struct Tables {
    const int* groups;
    const double* ideal;
    const double* frames;
};

/** An atom of a residue on its way from its group to the backbone. */
template <typename T> struct Lane {
    int residue;
    int slot;
    bool exists;
    int group;
    Vec3 ideal;
    const double* frames;
    const T* turns;

    __device__ __forceinline__ Lane(const Tables& tables, const int* types, const T* torsions, int residues) {
        int thread = blockIdx.x * THREADS + threadIdx.x;
        residue = thread / LANES;
        slot = thread % LANES;
        bool inside = residue < residues && slot < SLOTS;
        // lanes beyond the end stay for the sums
        residue = residue < residues ? residue : residues - 1;
        int type = types[residue];
        int atom = type * SLOTS + (slot < SLOTS ? slot : 0);
        group = inside ? tables.groups[atom] : -1;
        exists = group >= 0;
        ideal = loadPoint(tables.ideal, atom);
        frames = tables.frames + type * GROUPS * FRAME;
        turns = torsions + static_cast<int64_t>(residue) * 2 * TORSIONS;
    }

    /** Whether the atom moves with group g. */
    __device__ __forceinline__ bool turnsWith(int g) const {
        return g == PSI ? group == PSI : group >= g;
    }

    __device__ __forceinline__ double sine(int g) const {
        return turns[2 * (g - 1)];
    }

    __device__ __forceinline__ double cosine(int g) const {
        return turns[2 * (g - 1) + 1];
    }

    __device__ __forceinline__ Vec3 turned(int g, Vec3 v) const {
        return {v.x, cosine(g) * v.y - sine(g) * v.z, sine(g) * v.y + cosine(g) * v.z};
    }

    __device__ __forceinline__ Vec3 turnedBack(int g, Vec3 v) const {
        return {v.x, cosine(g) * v.y + sine(g) * v.z, cosine(g) * v.z - sine(g) * v.y};
    }

    __device__ __forceinline__ Matrix3 axes(int g) const {
        return {{frames[g * FRAME], frames[g * FRAME + 3], frames[g * FRAME + 6]}, {frames[g * FRAME + 1], frames[g * FRAME + 4], frames[g * FRAME + 7]},
                {frames[g * FRAME + 2], frames[g * FRAME + 5], frames[g * FRAME + 8]}};
    }

    /** From group g, turned by its torsion, to its parent. */
    __device__ __forceinline__ Vec3 toParent(int g, Vec3 v) const {
        Vec3 origin = {frames[g * FRAME + 9], frames[g * FRAME + 10], frames[g * FRAME + 11]};
        return rotate(axes(g), turned(g, v)) + origin;
    }
};

/** Of 2·STEP values, each of which is summed over as many neighbouring lanes, that with the number of the lane. All lanes of the warp must call it. */
template <int STEP> __device__ __forceinline__ double sumOfLane(double (&values)[2 * STEP]) {
    bool upper = (threadIdx.x & STEP) != 0;
    double kept[STEP];
#pragma unroll
    for (int i = 0; i < STEP; i++) {
        double given = upper ? values[i] : values[i + STEP];
        kept[i] = (upper ? values[i + STEP] : values[i]) + __shfl_xor_sync(ALL_LANES, given, STEP);
    }
    if constexpr (STEP == 1) {
        return kept[0];
    } else {
        return sumOfLane<STEP / 2>(kept);
    }
}

template <typename T> __device__ __forceinline__ void placeAtoms(const Tables& tables, const int* types, const T* rotations, const T* translations,
        const T* torsions, T* atoms, int residues) {
    Lane<T> lane(tables, types, torsions, residues);
    Vec3 place = lane.ideal;
#pragma unroll
    for (int g = CHI1 + CHIS - 1; g >= PSI; g--) {
        if (lane.turnsWith(g)) {
            place = lane.toParent(g, place);
        }
    }
    int thread = blockIdx.x * THREADS + threadIdx.x;
    if (lane.slot < SLOTS && thread / LANES < residues) {
        Vec3 atom = {0, 0, 0};
        if (lane.exists) {
            atom = rotate(loadMatrix(rotations, lane.residue), place) + loadPoint(translations, lane.residue);
        }
        storePoint(atoms, static_cast<int64_t>(lane.residue) * SLOTS + lane.slot, atom);
    }
}

template <typename T> __device__ __forceinline__ void placeAtomsBackward(const Tables& tables, const int* types, const T* rotations, const T* torsions,
        const T* dAtoms, T* dRotations, T* dTranslations, T* dTorsions, int residues) {
    Lane<T> lane(tables, types, torsions, residues);
    // the atom in the frame of each group that it turns with, before the turn
    Vec3 inGroup[CHIS + 1];
    Vec3 place = lane.ideal;
#pragma unroll
    for (int g = CHI1 + CHIS - 1; g >= PSI; g--) {
        inGroup[g - PSI] = place;
        if (lane.turnsWith(g)) {
            place = lane.toParent(g, place);
        }
    }
    int thread = blockIdx.x * THREADS + threadIdx.x;
    bool inside = thread / LANES < residues;
    // what each lane adds to, read while the sums are formed
    T* torsion = nullptr;
    if (inside && lane.slot < 2 * (CHIS + 1) && dTorsions != nullptr) {
        torsion = dTorsions + 2 * (static_cast<int64_t>(lane.residue) * TORSIONS + PSI - 1) + lane.slot;
    }
    T* frame = nullptr;
    if (inside && lane.slot < 9 && dRotations != nullptr) {
        frame = dRotations + 9 * static_cast<int64_t>(lane.residue) + lane.slot;
    } else if (inside && lane.slot >= 9 && lane.slot < FRAME && dTranslations != nullptr) {
        frame = dTranslations + 3 * static_cast<int64_t>(lane.residue) + lane.slot - 9;
    }
    T torsionBefore = torsion != nullptr ? *torsion : T(0);
    T frameBefore = frame != nullptr ? *frame : T(0);
    Vec3 upstream = {0, 0, 0};
    if (lane.exists) {
        upstream = loadPoint(dAtoms, static_cast<int64_t>(lane.residue) * SLOTS + lane.slot);
    }
    Vec3 down = rotateBack(loadMatrix(rotations, lane.residue), upstream);
    double ofTorsions[LANES] = {};
#pragma unroll
    for (int g = PSI; g < CHI1 + CHIS; g++) {
        if (lane.turnsWith(g)) {
            Vec3 w = rotateBack(lane.axes(g), down);
            Vec3 v = inGroup[g - PSI];
            ofTorsions[2 * (g - PSI)] = w.z * v.y - w.y * v.z;
            ofTorsions[2 * (g - PSI) + 1] = w.y * v.y + w.z * v.z;
            down = lane.turnedBack(g, w);
        }
    }
    double ofTorsion = sumOfLane<LANES / 2>(ofTorsions);
    // R row by row, then t
    double ofFrames[LANES] = {upstream.x * place.x, upstream.x * place.y, upstream.x * place.z, upstream.y * place.x, upstream.y * place.y,
        upstream.y * place.z, upstream.z * place.x, upstream.z * place.y, upstream.z * place.z, upstream.x, upstream.y, upstream.z};
    double ofFrame = sumOfLane<LANES / 2>(ofFrames);
    if (torsion != nullptr) {
        *torsion = static_cast<T>(torsionBefore + ofTorsion);
    }
    if (frame != nullptr) {
        *frame = static_cast<T>(frameBefore + ofFrame);
    }
}

}

#define ATOM_KERNELS(T, TYPE) \
    KERNEL(geometry::THREADS) geometry_place_atoms_##TYPE(const int* groups, const double* ideal, const double* frames, const int* types, const T* rotations, \
            const T* translations, const T* torsions, T* atoms, int residues) { \
        awaitPrevious(); \
        geometry::placeAtoms(geometry::Tables{groups, ideal, frames}, types, rotations, translations, torsions, atoms, residues); \
    } \
    EXPORT(geometry_place_atoms_##TYPE) \
    KERNEL(geometry::THREADS) geometry_place_atoms_backward_##TYPE(const int* groups, const double* ideal, const double* frames, const int* types, \
            const T* rotations, const T* torsions, const T* dAtoms, T* dRotations, T* dTranslations, T* dTorsions, int residues) { \
        awaitPrevious(); \
        geometry::placeAtomsBackward(geometry::Tables{groups, ideal, frames}, types, rotations, torsions, dAtoms, dRotations, dTranslations, dTorsions, \
                residues); \
    } \
    EXPORT(geometry_place_atoms_backward_##TYPE)

ATOM_KERNELS(float, f32)
ATOM_KERNELS(double, f64)
