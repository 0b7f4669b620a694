package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.geometry.AngleBins;

/**
 * The angles at which a binned distribution is densest. A mode is a window of bins: the one with the most probability ({@link AngleBins#best}), then that with
 * the most among what is left, and so on. A broad peak therefore gives several modes beside one another.
 */
final class ChiModes {
    /** Less probability is no mode. */
    private static final double NEGLIGIBLE = 1e-4;

    /**
     * One mode.
     *
     * @param angle mean direction of its bins, radians, from −π to π
     * @param probability sum over its bins
     */
    record Mode(double angle, double probability) {
    }

    private final AngleBins bins;
    /** Probabilities that no mode has taken; of half a circle where both halves are the same. */
    private final double[] left;

    private ChiModes(AngleBins bins, double[] left) {
        this.bins = bins;
        this.left = left;
    }

    /**
     * Finds the modes, the most probable first.
     *
     * @param probabilities rows of numbers, one per bin
     * @param periodic whether angles that differ by π are the same
     */
    static List<Mode> of(AngleBins bins, double[] probabilities, int row, boolean periodic) {
        int count = bins.count();
        double[] left = new double[periodic && count % 2 == 0 ? count / 2 : count];
        double sum = 0;
        for (int b = 0; b < count; b++) {
            left[b % left.length] += probabilities[row * count + b];
            sum += probabilities[row * count + b];
        }
        if (!(sum > 0) || Double.isInfinite(sum)) {
            throw new IllegalArgumentException("the probabilities of row " + row + " sum to " + sum);
        }
        for (int b = 0; b < left.length; b++) {
            left[b] /= sum;
        }
        return new ChiModes(bins, left).modes();
    }

    private List<Mode> modes() {
        List<Mode> modes = new ArrayList<>();
        for (int best = densest(); mass(best) > NEGLIGIBLE; best = densest()) {
            modes.add(take(best));
        }
        modes.sort((a, b) -> Double.compare(b.probability, a.probability));
        return modes;
    }

    private int densest() {
        int best = 0;
        double most = mass(0);
        for (int b = 1; b < left.length; b++) {
            double mass = mass(b);
            if (mass > most) {
                most = mass;
                best = b;
            }
        }
        return best;
    }

    private double mass(int middle) {
        double mass = 0;
        for (int step = -bins.reach(); step <= bins.reach(); step++) {
            mass += left[Math.floorMod(middle + step, left.length)];
        }
        return mass;
    }

    private Mode take(int middle) {
        double mass = 0;
        double sin = 0;
        double cos = 0;
        for (int step = -bins.reach(); step <= bins.reach(); step++) {
            int bin = Math.floorMod(middle + step, left.length);
            double angle = bins.centre(middle) + step * bins.width();
            mass += left[bin];
            sin += left[bin] * StrictMath.sin(angle);
            cos += left[bin] * StrictMath.cos(angle);
            left[bin] = 0;
        }
        return new Mode(StrictMath.atan2(sin, cos), mass);
    }
}
