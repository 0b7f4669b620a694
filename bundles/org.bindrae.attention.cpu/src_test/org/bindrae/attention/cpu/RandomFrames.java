package org.bindrae.attention.cpu;

import org.bindrae.tensor.Philox;

/** Uniformly distributed rotations from normalised quaternions. */
final class RandomFrames {
    private RandomFrames() {
    }

    /** [rows, 9], each entry a float. */
    static double[] rotations(int rows, long seed) {
        double[] all = new double[9 * rows];
        for (int row = 0; row < rows; row++) {
            double[] rotation = rotation(seed, row);
            for (int i = 0; i < 9; i++) {
                all[9 * row + i] = (float) rotation[i];
            }
        }
        return all;
    }

    static double[] rotation(long seed, long index) {
        long stream = Philox.stream("rotation");
        double w = Philox.normal(seed, stream, 4 * index);
        double x = Philox.normal(seed, stream, 4 * index + 1);
        double y = Philox.normal(seed, stream, 4 * index + 2);
        double z = Philox.normal(seed, stream, 4 * index + 3);
        double s = 2 / (w * w + x * x + y * y + z * z);
        return new double[] {1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w), s * (x * y + z * w), 1 - s * (x * x + z * z),
                s * (y * z - x * w), s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)};
    }

    /** a·b of row-major 3×3 matrices. */
    static double[] product(double[] a, double[] b) {
        double[] c = new double[9];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 3; k++) {
                    c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
                }
            }
        }
        return c;
    }
}
