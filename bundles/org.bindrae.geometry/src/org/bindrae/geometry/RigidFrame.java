package org.bindrae.geometry;

import java.util.Optional;

/**
 * A rigid motion x_global = R·x_local + t, given by the axes of the local frame (the columns of R) and its origin t.
 *
 * @param origin t, Å
 */
public record RigidFrame(Vec3 ex, Vec3 ey, Vec3 ez, Vec3 origin) {
    public static final RigidFrame IDENTITY = new RigidFrame(new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(0, 0, 1), Vec3.ZERO);

    /** Sine of the angle below which two directions count as parallel. */
    private static final double PARALLEL = 1e-4;

    /** Frame {@code index} of packed rotations (nine numbers each, row by row) and translations. */
    public static RigidFrame at(double[] rotation, double[] translation, int index) {
        int r = 9 * index;
        Vec3 ex = new Vec3(rotation[r], rotation[r + 3], rotation[r + 6]);
        Vec3 ey = new Vec3(rotation[r + 1], rotation[r + 4], rotation[r + 7]);
        Vec3 ez = new Vec3(rotation[r + 2], rotation[r + 5], rotation[r + 8]);
        return new RigidFrame(ex, ey, ez, Vec3.at(translation, index));
    }

    /** Writes this as frame {@code index} of packed rotations and translations. */
    public void store(double[] rotation, double[] translation, int index) {
        int r = 9 * index;
        Vec3[] columns = {ex, ey, ez};
        for (int c = 0; c < 3; c++) {
            rotation[r + c] = columns[c].x();
            rotation[r + 3 + c] = columns[c].y();
            rotation[r + 6 + c] = columns[c].z();
        }
        origin.store(translation, index);
    }

    /** The frame with the given x axis and xy plane (Gram–Schmidt); neither needs unit length. NaN when the directions are parallel. */
    public static RigidFrame ofAxes(Vec3 x, Vec3 inPlane, Vec3 origin) {
        Vec3 ex = x.unit();
        Vec3 ey = inPlane.minus(ex.times(inPlane.dot(ex))).unit();
        return new RigidFrame(ex, ey, ex.cross(ey), origin);
    }

    /**
     * The backbone frame of a residue: origin CA, x towards C, N in the xy plane (AlphaFold2, Algorithm 21). Empty when the atoms lie on a
     * line or are not finite.
     */
    public static Optional<RigidFrame> ofBackbone(Vec3 n, Vec3 ca, Vec3 c) {
        Vec3 x = c.minus(ca);
        Vec3 inPlane = n.minus(ca);
        boolean plane = x.cross(inPlane).norm() > PARALLEL * x.norm() * inPlane.norm();
        return plane ? Optional.of(ofAxes(x, inPlane, ca)) : Optional.empty();
    }

    /** The rotation by {@code axisAngle.norm()} radians around that axis (Rodrigues). */
    public static RigidFrame ofAxisAngle(Vec3 axisAngle, Vec3 origin) {
        double angle = axisAngle.norm();
        if (angle == 0) {
            return IDENTITY.withOrigin(origin);
        }
        Vec3 axis = axisAngle.times(1 / angle);
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        Vec3 ex = turn(IDENTITY.ex, axis, cos, sin);
        Vec3 ey = turn(IDENTITY.ey, axis, cos, sin);
        return new RigidFrame(ex, ey, turn(IDENTITY.ez, axis, cos, sin), origin);
    }

    private static Vec3 turn(Vec3 v, Vec3 axis, double cos, double sin) {
        return v.times(cos).plus(axis.cross(v).times(sin)).plus(axis.times(axis.dot(v) * (1 - cos)));
    }

    /** The same axes at another place. */
    public RigidFrame withOrigin(Vec3 place) {
        return new RigidFrame(ex, ey, ez, place);
    }

    /** R·v: a direction of the local frame in global coordinates. */
    public Vec3 rotate(Vec3 v) {
        return ex.times(v.x()).plus(ey.times(v.y())).plus(ez.times(v.z()));
    }

    /** Rᵀ·v: a global direction in the local frame. */
    public Vec3 rotateBack(Vec3 v) {
        return new Vec3(ex.dot(v), ey.dot(v), ez.dot(v));
    }

    /** R·x + t. */
    public Vec3 apply(Vec3 local) {
        return rotate(local).plus(origin);
    }

    /** Rᵀ·(x − t). */
    public Vec3 toLocal(Vec3 global) {
        return rotateBack(global.minus(origin));
    }

    /** The motion that applies {@code inner} first, then this. */
    public RigidFrame compose(RigidFrame inner) {
        return new RigidFrame(rotate(inner.ex), rotate(inner.ey), rotate(inner.ez), apply(inner.origin));
    }

    public RigidFrame inverse() {
        Vec3 t = rotateBack(origin).times(-1);
        Vec3 x = new Vec3(ex.x(), ey.x(), ez.x());
        Vec3 y = new Vec3(ex.y(), ey.y(), ez.y());
        Vec3 z = new Vec3(ex.z(), ey.z(), ez.z());
        return new RigidFrame(x, y, z, t);
    }
}
