package org.bindrae.training.evaluation;

import java.util.Arrays;

import org.bindrae.tensor.Philox;

/**
 * Confidence intervals by drawing whole structures with replacement (Efron 1979, percentile method). All intervals of one object use the same draws, so that
 * differences of methods are paired.
 */
public final class Bootstrap {
    /** Draws unless told otherwise. */
    public static final int DRAWS = 1000;
    private static final long STREAM = Philox.stream("evaluation.bootstrap");

    private final long seed;
    private final int structures;
    private final int[][] chosen;

    public Bootstrap(long seed, int structures, int draws) {
        this.seed = seed;
        this.structures = structures;
        this.chosen = new int[draws][structures];
        for (int draw = 0; draw < draws; draw++) {
            for (int i = 0; i < structures; i++) {
                chosen[draw][i] = (int) ((double) Philox.uniform(seed, STREAM, (long) draw * structures + i) * structures);
            }
        }
    }

    public long seed() {
        return seed;
    }

    public int draws() {
        return chosen.length;
    }

    /** Of a mean over residues. */
    public Interval of(Tally tally) {
        return percentiles(values(tally));
    }

    /** Of the difference of two means over the same structures, the first minus the second. */
    public Interval ofDifference(Tally tally, Tally other) {
        double[] values = values(tally);
        double[] others = values(other);
        Arrays.setAll(values, i -> values[i] - others[i]);
        return percentiles(values);
    }

    private double[] values(Tally tally) {
        if (tally.sums().length != structures) {
            throw new IllegalArgumentException("sums of " + tally.sums().length + " structures instead of " + structures);
        }
        double[] values = new double[chosen.length];
        for (int draw = 0; draw < values.length; draw++) {
            double sum = 0;
            long count = 0;
            for (int structure : chosen[draw]) {
                sum += tally.sums()[structure];
                count += tally.counts()[structure];
            }
            values[draw] = count == 0 ? Double.NaN : sum / count;
        }
        return values;
    }

    private Interval percentiles(double[] values) {
        double[] sorted = Arrays.stream(values).filter(value -> !Double.isNaN(value)).sorted().toArray();
        if (structures < 2 || sorted.length == 0) {
            return Interval.UNKNOWN;
        }
        return new Interval(percentile(sorted, 0.025), percentile(sorted, 0.975));
    }

    /** With linear interpolation between neighbours. */
    private static double percentile(double[] sorted, double fraction) {
        double place = fraction * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
