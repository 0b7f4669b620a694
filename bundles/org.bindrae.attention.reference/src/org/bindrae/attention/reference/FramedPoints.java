package org.bindrae.attention.reference;

/**
 * Points that residues carry in their frames, seen in global coordinates: global = R·local + t. The local points come coordinate-major, [T, 3,
 * H·pointsPerHead]; the gradients with respect to the global points are collected in {@link #addGradient} and pushed back to points, rotations and origins in
 * the end.
 *
 * @param local [T, 3, perResidue]
 * @param global [T, perResidue, 3]
 * @param gradient of {@code global}
 */
record FramedPoints(double[] local, double[] global, double[] gradient, int perResidue) {
    static FramedPoints of(double[] local, double[] rot, double[] trans, int perResidue) {
        double[] global = new double[local.length];
        for (int t = 0; t < trans.length / 3; t++) {
            for (int point = 0; point < perResidue; point++) {
                for (int m = 0; m < 3; m++) {
                    double sum = trans[3 * t + m];
                    for (int k = 0; k < 3; k++) {
                        sum += rot[9 * t + 3 * m + k] * local[(3 * t + k) * perResidue + point];
                    }
                    global[(t * perResidue + point) * 3 + m] = sum;
                }
            }
        }
        return new FramedPoints(local, global, new double[local.length], perResidue);
    }

    /** Coordinate m of a point of residue t. */
    double get(int t, int point, int m) {
        return global[(t * perResidue + point) * 3 + m];
    }

    void addGradient(int t, int point, int m, double value) {
        gradient[(t * perResidue + point) * 3 + m] += value;
    }

    /** Adds what the collected gradient means for the frames, and returns the gradient of the local points. */
    double[] pushBack(double[] rot, double[] rotGradient, double[] transGradient) {
        double[] localGradient = new double[local.length];
        for (int t = 0; t < transGradient.length / 3; t++) {
            for (int point = 0; point < perResidue; point++) {
                for (int m = 0; m < 3; m++) {
                    double g = gradient[(t * perResidue + point) * 3 + m];
                    transGradient[3 * t + m] += g;
                    for (int k = 0; k < 3; k++) {
                        int at = (3 * t + k) * perResidue + point;
                        localGradient[at] += rot[9 * t + 3 * m + k] * g;
                        rotGradient[9 * t + 3 * m + k] += g * local[at];
                    }
                }
            }
        }
        return localGradient;
    }
}
