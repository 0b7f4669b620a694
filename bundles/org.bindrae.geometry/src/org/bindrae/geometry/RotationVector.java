package org.bindrae.geometry;

/**
 * The exponential map from a rotation vector ω (axis times angle) to a rotation, E = I + a[ω] + b[ω]² with a = sin θ / θ and
 * b = (1 − cos θ) / θ² (Rodrigues), and its gradient. Near zero a, b and their derivatives by θ² come from their series, so that nothing is
 * lost there.
 */
final class RotationVector {
    /** θ² below which the series, cut after so many terms, are exact to rounding. */
    private static final double SERIES_LIMIT = 0.5;
    private static final int SERIES_TERMS = 12;

    private final Vec3 w;
    private final double a;
    private final double b;
    /** Derivatives by θ². */
    private final double da;
    private final double db;

    RotationVector(Vec3 w) {
        this.w = w;
        double q = w.dot(w);
        if (q < SERIES_LIMIT) {
            double[] series = series(q);
            a = series[0];
            b = series[1];
            da = series[2];
            db = series[3];
        } else {
            double angle = Math.sqrt(q);
            double cos = StrictMath.cos(angle);
            a = StrictMath.sin(angle) / angle;
            b = (1 - cos) / q;
            da = (cos - a) / (2 * q);
            db = (a / 2 - b) / q;
        }
    }

    /** a = Σ (−q)ⁿ/(2n+1)!, b = Σ (−q)ⁿ/(2n+2)!, and their derivatives, by Horner's rule. */
    private static double[] series(double q) {
        double[] sums = new double[4];
        for (int n = SERIES_TERMS; n >= 0; n--) {
            for (int kind = 0; kind < 2; kind++) {
                double coefficient = 1;
                for (int k = 2; k <= 2 * n + 1 + kind; k++) {
                    coefficient /= k;
                }
                coefficient = n % 2 == 0 ? coefficient : -coefficient;
                sums[2 + kind] = sums[2 + kind] * q + sums[kind];
                sums[kind] = sums[kind] * q + coefficient;
            }
        }
        return sums;
    }

    RigidFrame rotation() {
        return new RigidFrame(turn(RigidFrame.IDENTITY.ex()), turn(RigidFrame.IDENTITY.ey()), turn(RigidFrame.IDENTITY.ez()), Vec3.ZERO);
    }

    private Vec3 turn(Vec3 v) {
        Vec3 first = w.cross(v);
        return v.plus(first.times(a)).plus(w.cross(first).times(b));
    }

    /** The gradient with respect to ω, given that with respect to the nine entries of E. */
    Vec3 gradient(FrameGradient ofRotation) {
        Vec3 x = ofRotation.column(0);
        Vec3 y = ofRotation.column(1);
        Vec3 z = ofRotation.column(2);
        // with G the gradient of E: axial = G:[e_k], gw = G·ω, wg = Gᵀ·ω, and [ω]² = ωωᵀ − θ²I
        Vec3 axial = new Vec3(y.z() - z.y(), z.x() - x.z(), x.y() - y.x());
        double trace = x.x() + y.y() + z.z();
        Vec3 gw = x.times(w.x()).plus(y.times(w.y())).plus(z.times(w.z()));
        Vec3 wg = new Vec3(x.dot(w), y.dot(w), z.dot(w));
        double square = w.dot(gw) - w.dot(w) * trace;
        double radial = 2 * (da * w.dot(axial) + db * square) - 2 * b * trace;
        return axial.times(a).plus(gw.plus(wg).times(b)).plus(w.times(radial));
    }
}
