package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.List;

/**
 * The angles at which a binned distribution is densest. A mode is a window of bins: the one with the most probability, then that with the most among what is
 * left, and so on. A broad peak therefore gives several modes beside one another.
 */
final class ChiModes {
    /** Less probability is no mode. */
    private static final double NEGLIGIBLE = 1e-4;

    /**
     * One mode.
     *
     * @param angle circular mean over its bins, radians, from −π to π
     * @param probability sum over its bins
     */
    record Mode(double angle, double probability) {
    }

    private final double[] left;
    private final double width;
    private final int reach;

    private ChiModes(double[] left, int reach) {
        this.left = left;
        this.reach = reach;
        width = 2 * Math.PI / ChiDistribution.BINS;
    }

    /**
     * Finds the modes, the most probable first.
     *
     * @param probabilities rows of {@link ChiDistribution#BINS} numbers
     * @param periodic whether angles that differ by π are the same
     * @param reach bins on either side of the middle of a window
     */
    static List<Mode> of(double[] probabilities, int row, boolean periodic, int reach) {
        int bins = periodic ? ChiDistribution.BINS / 2 : ChiDistribution.BINS;
        double[] left = new double[bins];
        double sum = 0;
        for (int b = 0; b < ChiDistribution.BINS; b++) {
            left[b % bins] += probabilities[row * ChiDistribution.BINS + b];
            sum += probabilities[row * ChiDistribution.BINS + b];
        }
        if (!(sum > 0) || Double.isInfinite(sum)) {
            throw new IllegalArgumentException("the probabilities of row " + row + " sum to " + sum);
        }
        for (int b = 0; b < bins; b++) {
            left[b] /= sum;
        }
        return new ChiModes(left, reach).modes();
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
        for (int b = 1; b < left.length; b++) {
            best = mass(b) > mass(best) ? b : best;
        }
        return best;
    }

    private double mass(int middle) {
        double mass = 0;
        for (int step = -reach; step <= reach; step++) {
            mass += left[Math.floorMod(middle + step, left.length)];
        }
        return mass;
    }

    private Mode take(int middle) {
        double mass = 0;
        double offset = 0;
        for (int step = -reach; step <= reach; step++) {
            int bin = Math.floorMod(middle + step, left.length);
            mass += left[bin];
            offset += step * left[bin];
            left[bin] = 0;
        }
        // over a window of less than half a turn the mean of the offsets is the circular mean up to rounding of a degree
        double angle = (middle + 0.5 + offset / mass) * width - Math.PI;
        return new Mode(angle > Math.PI ? angle - 2 * Math.PI : angle, mass);
    }
}
