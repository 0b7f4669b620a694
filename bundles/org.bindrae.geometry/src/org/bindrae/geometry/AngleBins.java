package org.bindrae.geometry;

import java.util.Arrays;

/**
 * The circle cut into equal bins, for distributions over a torsion. Bin b lies about the angle (b + ½)·2π/count − π.
 *
 * @param count number of bins, at least {@link #FEWEST}
 */
public record AngleBins(int count) {
    /** Bins at least. */
    public static final int FEWEST = 12;
    /** Standard deviation of the target about a true angle, radians. */
    public static final double DEVIATION = Math.toRadians(5);
    /** Half the width of the window that {@link #best} looks for, radians. */
    public static final double HALF_WINDOW = Math.toRadians(17.5);

    public AngleBins {
        if (count < FEWEST) {
            throw new IllegalArgumentException("a circle of " + count + " bins is too coarse, " + FEWEST + " are needed at least");
        }
    }

    /** The angle in the middle of a bin, radians. */
    public double centre(int bin) {
        return (bin + 0.5) * width() - Math.PI;
    }

    /** Radians. */
    public double width() {
        return 2 * Math.PI / count;
    }

    /** How many bins on each side of a bin belong to its window. */
    public int reach() {
        return (int) Math.round(HALF_WINDOW / width() - 0.5);
    }

    /**
     * Writes what a distribution should be about an angle: a Gaussian of {@link #DEVIATION} on the circle.
     *
     * @param share sum of what is added
     * @param target added to, a number per bin
     */
    void addTarget(double angle, double share, double[] target) {
        double[] values = new double[count];
        double sum = 0;
        for (int b = 0; b < count; b++) {
            double distance = StrictMath.IEEEremainder(centre(b) - angle, 2 * Math.PI) / DEVIATION;
            values[b] = StrictMath.exp(-distance * distance / 2);
            sum += values[b];
        }
        for (int b = 0; b < count; b++) {
            target[b] += share * values[b] / sum;
        }
    }

    /**
     * The angle with the most probability about it: the mean direction in the window of bins whose probabilities have the largest sum, the first of equal ones.
     *
     * @param mass probability in that window
     */
    public record Best(double sin, double cos, double mass) {
    }

    /**
     * Decodes a distribution.
     *
     * @param logits a number per bin from {@code at} on
     */
    public Best best(double[] logits, int at) {
        double[] weights = weights(logits, at);
        int reach = reach();
        int middle = 0;
        double most = -1;
        for (int b = 0; b < count; b++) {
            double mass = 0;
            for (int d = -reach; d <= reach; d++) {
                mass += weights[Math.floorMod(b + d, count)];
            }
            if (mass > most) {
                most = mass;
                middle = b;
            }
        }
        double sin = 0;
        double cos = 0;
        for (int d = -reach; d <= reach; d++) {
            int b = Math.floorMod(middle + d, count);
            sin += weights[b] * StrictMath.sin(centre(b));
            cos += weights[b] * StrictMath.cos(centre(b));
        }
        double length = Math.hypot(sin, cos);
        return new Best(sin / length, cos / length, most / Arrays.stream(weights).sum());
    }

    /**
     * The probability in the window about an angle.
     *
     * @param logits a number per bin from {@code at} on
     * @param angle radians
     */
    public double mass(double[] logits, int at, double angle) {
        double[] weights = weights(logits, at);
        double mass = 0;
        for (int b = 0; b < count; b++) {
            mass += Math.abs(StrictMath.IEEEremainder(centre(b) - angle, 2 * Math.PI)) <= (reach() + 0.5) * width() ? weights[b] : 0;
        }
        return mass / Arrays.stream(weights).sum();
    }

    /** Probabilities, as far as the largest is 1. */
    private double[] weights(double[] logits, int at) {
        double largest = Arrays.stream(logits, at, at + count).max().orElseThrow();
        return Arrays.stream(logits, at, at + count).map(logit -> StrictMath.exp(logit - largest)).toArray();
    }
}
