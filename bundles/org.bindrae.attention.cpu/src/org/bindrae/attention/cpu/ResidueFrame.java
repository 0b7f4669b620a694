package org.bindrae.attention.cpu;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tensor;

/** Rotation and origin of one residue, or the gradients of both. */
final class ResidueFrame {
    private final double[] rotation = new double[9];
    private final double[] origin = new double[3];

    static ResidueFrame of(Tensor rot, Tensor trans, int residue) {
        ResidueFrame frame = new ResidueFrame();
        for (int i = 0; i < 9; i++) {
            frame.rotation[i] = rot.dtype().get(rot.memory(), 9L * residue + i);
        }
        for (int i = 0; i < 3; i++) {
            frame.origin[i] = trans.dtype().get(trans.memory(), 3L * residue + i);
        }
        return frame;
    }

    double origin(int axis) {
        return origin[axis];
    }

    /** R·local */
    void rotate(double[] local, double[] global) {
        for (int m = 0; m < 3; m++) {
            global[m] = rotation[3 * m] * local[0] + rotation[3 * m + 1] * local[1] + rotation[3 * m + 2] * local[2];
        }
    }

    /** R·local + t */
    void toGlobal(double[] local, double[] global) {
        rotate(local, global);
        for (int m = 0; m < 3; m++) {
            global[m] += origin[m];
        }
    }

    /** Rᵀ·global */
    void rotateBack(double[] global, double[] local) {
        for (int k = 0; k < 3; k++) {
            local[k] = rotation[k] * global[0] + rotation[3 + k] * global[1] + rotation[6 + k] * global[2];
        }
    }

    /** As a gradient: adds what a product R·local, or its transpose Rᵀ·global, passes on to R, global·localᵀ. */
    void addOuter(double[] global, double[] local) {
        for (int m = 0; m < 3; m++) {
            for (int k = 0; k < 3; k++) {
                rotation[3 * m + k] += global[m] * local[k];
            }
        }
    }

    /** As a gradient: adds to that of the origin. */
    void addOrigin(double factor, double[] gradient) {
        for (int m = 0; m < 3; m++) {
            origin[m] += factor * gradient[m];
        }
    }

    /** As a gradient: adds it to rows of the tensors that are not null. */
    void addTo(Tensor rot, Tensor trans, int residue) {
        add(rotation, rot, 9L * residue);
        add(origin, trans, 3L * residue);
    }

    private static void add(double[] values, Tensor sum, long from) {
        if (sum != null) {
            DType dtype = sum.dtype();
            for (int i = 0; i < values.length; i++) {
                dtype.set(sum.memory(), from + i, dtype.get(sum.memory(), from + i) + values[i]);
            }
        }
    }
}
