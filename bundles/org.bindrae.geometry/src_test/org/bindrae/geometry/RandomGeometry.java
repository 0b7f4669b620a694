package org.bindrae.geometry;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded random input. */
record RandomGeometry(RandomGenerator random) {

    static RandomGeometry seeded(long seed) {
        return new RandomGeometry(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
    }

    /** Uniform in a cube of the given half edge. */
    Vec3 point(double size) {
        return new Vec3(random.nextDouble(-size, size), random.nextDouble(-size, size), random.nextDouble(-size, size));
    }

    double[] points(int count, double size) {
        double[] points = new double[3 * count];
        for (int i = 0; i < count; i++) {
            point(size).store(points, i);
        }
        return points;
    }

    /** Any rotation, and a shift of up to {@code shift} Å along each axis. */
    RigidFrame motion(double shift) {
        return RigidFrame.ofAxisAngle(point(1).unit().times(random.nextDouble(0, Math.PI)), point(shift));
    }

    double gaussian() {
        return random.nextGaussian();
    }

    static double[] move(RigidFrame motion, double[] points) {
        double[] moved = new double[points.length];
        for (int i = 0; i < points.length / 3; i++) {
            motion.apply(Vec3.at(points, i)).store(moved, i);
        }
        return moved;
    }
}
