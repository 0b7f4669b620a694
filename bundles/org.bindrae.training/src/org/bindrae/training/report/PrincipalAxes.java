package org.bindrae.training.report;

import java.util.List;

import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;

/** The directions in which points spread most and least. */
final class PrincipalAxes {
    private static final int SWEEPS = 32;

    private PrincipalAxes() {
    }

    /**
     * A right-handed frame at the mean of the points, x along their largest spread, y along the next; each axis points towards positive values of its largest
     * component.
     */
    static RigidFrame of(List<Vec3> points) {
        Vec3 mean = points.stream().reduce(Vec3.ZERO, Vec3::plus).times(1.0 / points.size());
        double[][] m = new double[3][3];
        for (Vec3 point : points) {
            Vec3 v = point.minus(mean);
            double[] c = {v.x(), v.y(), v.z()};
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    m[i][j] += c[i] * c[j];
                }
            }
        }
        double[][] axes = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            rotate(m, axes, 0, 1);
            rotate(m, axes, 0, 2);
            rotate(m, axes, 1, 2);
        }
        int first = m[0][0] >= m[1][1] && m[0][0] >= m[2][2] ? 0 : m[1][1] >= m[2][2] ? 1 : 2;
        int a = (first + 1) % 3;
        int b = (first + 2) % 3;
        int second = m[a][a] >= m[b][b] ? a : b;
        Vec3 x = directed(column(axes, first));
        Vec3 y = directed(column(axes, second));
        return new RigidFrame(x, y, x.cross(y), mean);
    }

    private static Vec3 column(double[][] m, int c) {
        return new Vec3(m[0][c], m[1][c], m[2][c]).unit();
    }

    private static Vec3 directed(Vec3 v) {
        double largest = Math.abs(v.x()) >= Math.abs(v.y()) && Math.abs(v.x()) >= Math.abs(v.z()) ? v.x() : Math.abs(v.y()) >= Math.abs(v.z()) ? v.y() : v.z();
        return largest < 0 ? v.times(-1) : v;
    }

    /** A Jacobi rotation of a symmetric matrix that makes element (p, q) vanish. */
    private static void rotate(double[][] m, double[][] axes, int p, int q) {
        if (Math.abs(m[p][q]) < 1e-300) {
            return;
        }
        double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        double cos = 1 / Math.sqrt(t * t + 1);
        double sin = t * cos;
        for (int k = 0; k < 3; k++) {
            double left = m[k][p];
            double right = m[k][q];
            m[k][p] = cos * left - sin * right;
            m[k][q] = sin * left + cos * right;
        }
        for (int k = 0; k < 3; k++) {
            double upper = m[p][k];
            double lower = m[q][k];
            m[p][k] = cos * upper - sin * lower;
            m[q][k] = sin * upper + cos * lower;
            double left = axes[k][p];
            double right = axes[k][q];
            axes[k][p] = cos * left - sin * right;
            axes[k][q] = sin * left + cos * right;
        }
    }
}
