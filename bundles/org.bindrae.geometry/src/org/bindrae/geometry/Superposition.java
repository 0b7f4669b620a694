package org.bindrae.geometry;

/**
 * The rigid motion that brings points as near as possible to others, by Horn's quaternion method (Horn 1987), which gives Kabsch's optimum
 * without reflections.
 *
 * @param motion moves the first points onto the second
 * @param rmsd root mean square distance after the motion, Å; 0 for no points
 */
public record Superposition(RigidFrame motion, double rmsd) {
    private static final int SWEEPS = 64;

    /** Superposes points [n, 3] onto points [n, 3]; {@code used} [n] says which count, null for all. */
    public static Superposition of(double[] moving, double[] fixed, boolean[] used) {
        if (moving.length != fixed.length) {
            throw new IllegalArgumentException(moving.length / 3 + " points cannot be superposed on " + fixed.length / 3);
        }
        Vec3 from = centre(moving, used);
        Vec3 to = centre(fixed, used);
        double[][] s = new double[3][3];
        for (int i = 0; i < moving.length / 3; i++) {
            if (used == null || used[i]) {
                Vec3 a = Vec3.at(moving, i).minus(from);
                Vec3 b = Vec3.at(fixed, i).minus(to);
                double[] left = {a.x(), a.y(), a.z()};
                double[] right = {b.x(), b.y(), b.z()};
                for (int row = 0; row < 3; row++) {
                    for (int column = 0; column < 3; column++) {
                        s[row][column] += left[row] * right[column];
                    }
                }
            }
        }
        RigidFrame turn = rotation(largestEigenvector(keyMatrix(s)));
        RigidFrame motion = turn.withOrigin(to.minus(turn.rotate(from)));
        return new Superposition(motion, rmsd(motion, moving, fixed, used));
    }

    /** Root mean square distance of points [n, 3] as they lie; {@code used} [n] says which count, null for all. */
    public static double rmsd(double[] a, double[] b, boolean[] used) {
        return rmsd(RigidFrame.IDENTITY, a, b, used);
    }

    private static double rmsd(RigidFrame motion, double[] moving, double[] fixed, boolean[] used) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < moving.length / 3; i++) {
            if (used == null || used[i]) {
                Vec3 gap = motion.apply(Vec3.at(moving, i)).minus(Vec3.at(fixed, i));
                sum += gap.dot(gap);
                count++;
            }
        }
        return count == 0 ? 0 : Math.sqrt(sum / count);
    }

    private static Vec3 centre(double[] points, boolean[] used) {
        Vec3 sum = Vec3.ZERO;
        int count = 0;
        for (int i = 0; i < points.length / 3; i++) {
            if (used == null || used[i]) {
                sum = sum.plus(Vec3.at(points, i));
                count++;
            }
        }
        return count == 0 ? sum : sum.times(1.0 / count);
    }

    /** Horn's symmetric matrix N of the cross-covariances. */
    private static double[][] keyMatrix(double[][] s) {
        return new double[][] {
                {s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0]},
                {s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2]},
                {s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1]},
                {s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1]}};
    }

    /** Cyclic Jacobi rotations. */
    private static double[] largestEigenvector(double[][] m) {
        double[][] vectors = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            double rest = 0;
            for (int p = 0; p < 3; p++) {
                for (int q = p + 1; q < 4; q++) {
                    rest += Math.abs(m[p][q]);
                    annihilate(m, vectors, p, q);
                }
            }
            if (rest == 0) {
                break;
            }
        }
        int best = 0;
        for (int i = 1; i < 4; i++) {
            best = m[i][i] > m[best][best] ? i : best;
        }
        return new double[] {vectors[0][best], vectors[1][best], vectors[2][best], vectors[3][best]};
    }

    private static void annihilate(double[][] m, double[][] vectors, int p, int q) {
        if (Math.abs(m[p][q]) <= 1e-300) {
            m[p][q] = 0;
            m[q][p] = 0;
            return;
        }
        double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        double cos = 1 / Math.sqrt(t * t + 1);
        double sin = t * cos;
        for (int k = 0; k < 4; k++) {
            double left = m[k][p];
            double right = m[k][q];
            m[k][p] = cos * left - sin * right;
            m[k][q] = sin * left + cos * right;
        }
        for (int k = 0; k < 4; k++) {
            double upper = m[p][k];
            double lower = m[q][k];
            m[p][k] = cos * upper - sin * lower;
            m[q][k] = sin * upper + cos * lower;
            double left = vectors[k][p];
            double right = vectors[k][q];
            vectors[k][p] = cos * left - sin * right;
            vectors[k][q] = sin * left + cos * right;
        }
    }

    private static RigidFrame rotation(double[] q) {
        double w = q[0];
        double x = q[1];
        double y = q[2];
        double z = q[3];
        double norm = w * w + x * x + y * y + z * z;
        Vec3 ex = new Vec3(w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)).times(1 / norm);
        Vec3 ey = new Vec3(2 * (x * y - w * z), w * w - x * x + y * y - z * z, 2 * (y * z + w * x)).times(1 / norm);
        Vec3 ez = new Vec3(2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z).times(1 / norm);
        return new RigidFrame(ex, ey, ez, Vec3.ZERO);
    }
}
