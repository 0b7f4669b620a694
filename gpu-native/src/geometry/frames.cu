/*
 * Moves backbone frames by limited rotations and translations in their own axes (org.bindrae.geometry.FrameUpdate) and its gradient. One thread per residue,
 * blocks of 32, no shared memory; everything in double precision, because rotations must stay orthonormal over any number of updates and residues are few.
 */
#include "vectors.cuh"

namespace geometry {

constexpr int THREADS = 32;

/** v times min(1, limit / length). */
__device__ __forceinline__ Vec3 limited(Vec3 v, double limit) {
    double norm = sqrt(dot(v, v));
    return norm <= limit ? v : v * (limit / norm);
}

/** Gradient of limited. */
__device__ __forceinline__ Vec3 throughLimit(Vec3 gradient, Vec3 v, double limit) {
    double norm = sqrt(dot(v, v));
    if (norm <= limit) {
        return gradient;
    }
    Vec3 unit = v * (1 / norm);
    return (gradient - unit * dot(unit, gradient)) * (limit / norm);
}

/** E = I + a[w] + b[w]², with a = sin θ / θ and b = (1 − cos θ) / θ², and the derivatives of a and b by θ². */
struct RotationVector {
    Vec3 w;
    double a;
    double b;
    double da;
    double db;

    __device__ __forceinline__ explicit RotationVector(Vec3 vector) : w(vector) {
        // θ² below which the series are exact to rounding
        constexpr double SERIES_LIMIT = 0.5;
        double q = dot(w, w);
        if (q < SERIES_LIMIT) {
            series(q);
        } else {
            double angle = sqrt(q);
            double s;
            double c;
            sincos(angle, &s, &c);
            a = s / angle;
            b = (1 - c) / q;
            da = (c - a) / (2 * q);
            db = (a / 2 - b) / q;
        }
    }

    /** a = Σ (−q)ⁿ/(2n+1)!, b = Σ (−q)ⁿ/(2n+2)!, and their derivatives, by Horner's rule. */
    __device__ __forceinline__ void series(double q) {
        // 1/1!, 1/2!, … 1/26!
        constexpr double FACTORS[] = {1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
            1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0, 1.0 / 87178291200.0, 1.0 / 1307674368000.0, 1.0 / 20922789888000.0,
            1.0 / 355687428096000.0, 1.0 / 6402373705728000.0, 1.0 / 121645100408832000.0, 1.0 / 2432902008176640000.0};
        constexpr int TERMS = 10;
        a = 0;
        b = 0;
        da = 0;
        db = 0;
#pragma unroll
        for (int n = TERMS - 1; n >= 0; n--) {
            double sign = n % 2 == 0 ? 1 : -1;
            da = da * q + a;
            db = db * q + b;
            a = a * q + sign * FACTORS[2 * n];
            b = b * q + sign * FACTORS[2 * n + 1];
        }
    }

    __device__ __forceinline__ Vec3 turn(Vec3 v) const {
        Vec3 first = cross(w, v);
        return v + first * a + cross(w, first) * b;
    }

    __device__ __forceinline__ Matrix3 rotation() const {
        return {turn({1, 0, 0}), turn({0, 1, 0}), turn({0, 0, 1})};
    }

    /** The gradient with respect to w, given that with respect to E. */
    __device__ __forceinline__ Vec3 gradient(const Matrix3& g) const {
        // axial = G:[e_k], gw = G·w, wg = Gᵀ·w, and [w]² = wwᵀ − θ²I
        Vec3 axial = {g.ey.z - g.ez.y, g.ez.x - g.ex.z, g.ex.y - g.ey.x};
        double trace = g.ex.x + g.ey.y + g.ez.z;
        Vec3 gw = rotate(g, w);
        Vec3 wg = rotateBack(g, w);
        double square = dot(w, gw) - dot(w, w) * trace;
        double radial = 2 * (da * dot(w, axial) + db * square) - 2 * b * trace;
        return axial * a + (gw + wg) * b + w * radial;
    }
};

template <typename T> __device__ __forceinline__ void updateFrames(const T* rotations, const T* translations, const T* updates, double maxAngle,
        double maxShift, T* newRotations, T* newTranslations, int residues) {
    int i = blockIdx.x * THREADS + threadIdx.x;
    if (i >= residues) {
        return;
    }
    Matrix3 r = loadMatrix(rotations, i);
    Matrix3 e = RotationVector(limited(loadPoint(updates, 2 * static_cast<int64_t>(i)), maxAngle)).rotation();
    Vec3 shift = limited(loadPoint(updates, 2 * static_cast<int64_t>(i) + 1), maxShift);
    storeMatrix(newRotations, i, {rotate(r, e.ex), rotate(r, e.ey), rotate(r, e.ez)});
    storePoint(newTranslations, i, rotate(r, shift) + loadPoint(translations, i));
}

template <typename T> __device__ __forceinline__ void updateFramesBackward(const T* rotations, const T* updates, double maxAngle, double maxShift,
        const T* dNewRotations, const T* dNewTranslations, T* dRotations, T* dTranslations, T* dUpdates, int residues) {
    int i = blockIdx.x * THREADS + threadIdx.x;
    if (i >= residues) {
        return;
    }
    Matrix3 r = loadMatrix(rotations, i);
    Vec3 rawTurn = loadPoint(updates, 2 * static_cast<int64_t>(i));
    Vec3 rawShift = loadPoint(updates, 2 * static_cast<int64_t>(i) + 1);
    Matrix3 g = loadMatrix(dNewRotations, i);
    Vec3 dShifted = loadPoint(dNewTranslations, i);
    // what is added to is read at the same time as the rest
    Matrix3 ofFrame = loadMatrixIfAny(dRotations, i);
    Vec3 ofPlace = loadPointIfAny(dTranslations, i);
    Vec3 ofTurn = loadPointIfAny(dUpdates, 2 * static_cast<int64_t>(i));
    Vec3 ofShift = loadPointIfAny(dUpdates, 2 * static_cast<int64_t>(i) + 1);
    RotationVector turn(limited(rawTurn, maxAngle));
    if (dRotations != nullptr) {
        Matrix3 e = turn.rotation();
        addOuter(ofFrame, g.ex, e.ex);
        addOuter(ofFrame, g.ey, e.ey);
        addOuter(ofFrame, g.ez, e.ez);
        addOuter(ofFrame, dShifted, limited(rawShift, maxShift));
        storeMatrix(dRotations, i, ofFrame);
    }
    if (dTranslations != nullptr) {
        storePoint(dTranslations, i, ofPlace + dShifted);
    }
    if (dUpdates != nullptr) {
        Vec3 ofLimited = turn.gradient({rotateBack(r, g.ex), rotateBack(r, g.ey), rotateBack(r, g.ez)});
        storePoint(dUpdates, 2 * static_cast<int64_t>(i), ofTurn + throughLimit(ofLimited, rawTurn, maxAngle));
        storePoint(dUpdates, 2 * static_cast<int64_t>(i) + 1, ofShift + throughLimit(rotateBack(r, dShifted), rawShift, maxShift));
    }
}

}

#define FRAME_KERNELS(T, TYPE) \
    KERNEL(geometry::THREADS) geometry_update_frames_##TYPE(const T* rotations, const T* translations, const T* updates, double maxAngle, double maxShift, \
            T* newRotations, T* newTranslations, int residues) { \
        awaitPrevious(); \
        geometry::updateFrames(rotations, translations, updates, maxAngle, maxShift, newRotations, newTranslations, residues); \
    } \
    EXPORT(geometry_update_frames_##TYPE) \
    KERNEL(geometry::THREADS) geometry_update_frames_backward_##TYPE(const T* rotations, const T* updates, double maxAngle, double maxShift, \
            const T* dNewRotations, const T* dNewTranslations, T* dRotations, T* dTranslations, T* dUpdates, int residues) { \
        awaitPrevious(); \
        geometry::updateFramesBackward(rotations, updates, maxAngle, maxShift, dNewRotations, dNewTranslations, dRotations, dTranslations, dUpdates, residues); \
    } \
    EXPORT(geometry_update_frames_backward_##TYPE)

FRAME_KERNELS(float, f32)
FRAME_KERNELS(double, f64)
