package org.bindrae.geometry;

/** A point or direction in space; Å for points. */
public record Vec3(double x, double y, double z) {
    public static final Vec3 ZERO = new Vec3(0, 0, 0);

    /** Point {@code index} of packed coordinates x, y, z, x, … */
    public static Vec3 at(double[] packed, int index) {
        return new Vec3(packed[3 * index], packed[3 * index + 1], packed[3 * index + 2]);
    }

    /** Writes this as point {@code index} of packed coordinates. */
    public void store(double[] packed, int index) {
        packed[3 * index] = x;
        packed[3 * index + 1] = y;
        packed[3 * index + 2] = z;
    }

    public Vec3 plus(Vec3 v) {
        return new Vec3(x + v.x, y + v.y, z + v.z);
    }

    public Vec3 minus(Vec3 v) {
        return new Vec3(x - v.x, y - v.y, z - v.z);
    }

    public Vec3 times(double factor) {
        return new Vec3(x * factor, y * factor, z * factor);
    }

    public double dot(Vec3 v) {
        return x * v.x + y * v.y + z * v.z;
    }

    public Vec3 cross(Vec3 v) {
        return new Vec3(y * v.z - z * v.y, z * v.x - x * v.z, x * v.y - y * v.x);
    }

    public double norm() {
        return Math.sqrt(dot(this));
    }

    /** The direction of this vector; NaN for the zero vector. */
    public Vec3 unit() {
        return times(1 / norm());
    }

    public double distance(Vec3 v) {
        return minus(v).norm();
    }

    public boolean isFinite() {
        return Double.isFinite(x) && Double.isFinite(y) && Double.isFinite(z);
    }
}
