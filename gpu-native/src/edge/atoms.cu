/*
 * What residues see of atoms that are not part of a protein (org.bindrae.edge.EdgeKernels.atomGeometry): class, place in the frame of the residue, Gaussians of
 * the distances to its backbone atoms. A thread per number, blocks of 256, no shared memory; distances and places are computed in double precision, the
 * Gaussians of their offsets in that of the result.
 */
#include "common/real.cuh"
#include "common/vectors.cuh"

namespace edge {

constexpr int ATOM_THREADS = 256;

/* As in org.bindrae.edge.LocalGeometry and AtomGeometry. */
constexpr int BACKBONE_ATOMS = 5;
constexpr int BACKBONE_ALPHA = 1;
constexpr int CENTRES = 16;
/** Å */
constexpr double CENTRE_SPACING = 12.0 / (CENTRES - 1);

template <typename T>
__device__ __forceinline__ T atomNumber(const double* backbone, const double* rotations, const double* positions, const int* classes, int residue, int atom,
        int column, int classCount) {
    if (column < classCount) {
        return classes[atom] == column ? T(1) : T(0);
    }
    Vector<double> place = loadPoint(positions, atom);
    int64_t first = static_cast<int64_t>(residue) * BACKBONE_ATOMS;
    int number = column - classCount;
    if (number < 3) {
        const double* r = rotations + static_cast<int64_t>(residue) * 9 + number;
        // Å to nm
        return static_cast<T>(dot(Vector<double>{r[0], r[3], r[6]}, place - loadPoint(backbone, first + BACKBONE_ALPHA)) * 0.1);
    }
    if (number >= 3 + BACKBONE_ATOMS * CENTRES) {
        return T(0);
    }
    Vector<double> between = place - loadPoint(backbone, first + (number - 3) / CENTRES);
    T offset = static_cast<T>(sqrt(dot(between, between)) * (1 / CENTRE_SPACING) - (number - 3) % CENTRES);
    return exponential(-offset * offset);
}

template <typename T>
__device__ __forceinline__ void atomGeometry(const double* backbone, const double* rotations, const int* residues, const int* atoms, const double* positions,
        const int* classes, int count, int classCount, T* features, int64_t numbers) {
    int64_t i = static_cast<int64_t>(blockIdx.x) * ATOM_THREADS + threadIdx.x;
    if (i >= numbers) {
        return;
    }
    int width = (classCount + 3 + BACKBONE_ATOMS * CENTRES + 3) / 4 * 4;
    int64_t row = i / width;
    int atom = atoms[row];
    features[i] = atom < 0 ? T(0)
        : atomNumber<T>(backbone, rotations, positions, classes, residues[row / count], atom, static_cast<int>(i % width), classCount);
}

}

#define ATOM_KERNELS(T, TYPE) \
    KERNEL(edge::ATOM_THREADS) edge_atom_geometry_##TYPE(const double* backbone, const double* rotations, const int* residues, const int* atoms, \
            const double* positions, const int* classes, int count, int classCount, T* features, int64_t numbers) { \
        awaitPrevious(); \
        edge::atomGeometry(backbone, rotations, residues, atoms, positions, classes, count, classCount, features, numbers); \
    } \
    EXPORT(edge_atom_geometry_##TYPE)

ATOM_KERNELS(float, f32)
ATOM_KERNELS(double, f64)
