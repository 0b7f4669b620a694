package org.bindrae.geometry;

/** The gradient of a scalar with respect to the twelve numbers of a {@link RigidFrame}, accumulated from its uses. */
final class FrameGradient {
    private final double[] rotation = new double[9];
    private Vec3 origin = Vec3.ZERO;

    /** For y = R·v with gradient {@code dy} of y. */
    void addDirection(Vec3 dy, Vec3 v) {
        double[] left = {dy.x(), dy.y(), dy.z()};
        for (int row = 0; row < 3; row++) {
            rotation[3 * row] += left[row] * v.x();
            rotation[3 * row + 1] += left[row] * v.y();
            rotation[3 * row + 2] += left[row] * v.z();
        }
    }

    /** For y = R·x + t with gradient {@code dy} of y. */
    void addPoint(Vec3 dy, Vec3 x) {
        addDirection(dy, x);
        origin = origin.plus(dy);
    }

    /** For outer.compose(inner), with this the gradient of the result: adds to that of {@code outer} and returns that of {@code inner}. */
    FrameGradient throughCompose(RigidFrame outer, RigidFrame inner, FrameGradient ofOuter) {
        ofOuter.addDirection(column(0), inner.ex());
        ofOuter.addDirection(column(1), inner.ey());
        ofOuter.addDirection(column(2), inner.ez());
        ofOuter.addPoint(origin, inner.origin());
        FrameGradient ofInner = new FrameGradient();
        for (int c = 0; c < 3; c++) {
            Vec3 gradient = outer.rotateBack(column(c));
            ofInner.rotation[c] = gradient.x();
            ofInner.rotation[3 + c] = gradient.y();
            ofInner.rotation[6 + c] = gradient.z();
        }
        ofInner.origin = outer.rotateBack(origin);
        return ofInner;
    }

    /** The gradient with respect to a column of R: an axis of the frame. */
    Vec3 column(int c) {
        return new Vec3(rotation[c], rotation[3 + c], rotation[6 + c]);
    }

    /** The gradient with respect to t. */
    Vec3 origin() {
        return origin;
    }

    /** Writes this as gradient {@code index} of packed rotations and translations. */
    void store(double[] rotations, double[] translations, int index) {
        System.arraycopy(rotation, 0, rotations, 9 * index, 9);
        origin.store(translations, index);
    }

    static FrameGradient at(double[] rotations, double[] translations, int index) {
        FrameGradient gradient = new FrameGradient();
        System.arraycopy(rotations, 9 * index, gradient.rotation, 0, 9);
        gradient.origin = Vec3.at(translations, index);
        return gradient;
    }
}
