package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.List;

/** How often χ1 lies in the right well, against the confidence the method stated. */
public record Calibration(List<Bin> bins) {
    /** Number of bins of equal width. */
    public static final int BINS = 10;

    /**
     * Residues of similar confidence.
     *
     * @param confidence their mean confidence; NaN without residues
     * @param right fraction with the right well; NaN without residues
     */
    public record Bin(double from, double to, long count, double confidence, double right) {
    }

    public Calibration {
        bins = List.copyOf(bins);
    }

    static Calibration of(List<ResidueResult> residues) {
        double[] confidence = new double[BINS];
        double[] right = new double[BINS];
        long[] counts = new long[BINS];
        for (ResidueResult residue : residues) {
            double value = Measure.ROTAMER.of(residue);
            if (!Double.isNaN(residue.confidence()) && !Double.isNaN(value)) {
                int bin = Math.clamp((int) (residue.confidence() * BINS), 0, BINS - 1);
                confidence[bin] += residue.confidence();
                right[bin] += value;
                counts[bin]++;
            }
        }
        List<Bin> bins = new ArrayList<>();
        for (int i = 0; i < BINS; i++) {
            boolean any = counts[i] > 0;
            bins.add(new Bin((double) i / BINS, (double) (i + 1) / BINS, counts[i], any ? confidence[i] / counts[i] : Double.NaN,
                    any ? right[i] / counts[i] : Double.NaN));
        }
        return new Calibration(bins);
    }

    /** Number of residues with a confidence. */
    public long count() {
        return bins.stream().mapToLong(Bin::count).sum();
    }

    /**
     * Expected calibration error: mean distance between stated confidence and observed frequency, over residues (Guo and others, ICML 2017); NaN without
     * residues.
     */
    public double error() {
        double sum = bins.stream().filter(bin -> bin.count() > 0).mapToDouble(bin -> bin.count() * Math.abs(bin.right() - bin.confidence())).sum();
        return sum / count();
    }
}
