package org.bindrae.training.evaluation;

/**
 * Sums of one measure, structure by structure, because residues of a structure are not independent.
 *
 * @param sums sum of the values of each structure's residues
 * @param counts number of these residues
 */
public record Tally(double[] sums, long[] counts) {
    /** All structures together. */
    public Score score() {
        double sum = 0;
        long count = 0;
        for (int i = 0; i < sums.length; i++) {
            sum += sums[i];
            count += counts[i];
        }
        return new Score(count == 0 ? Double.NaN : sum / count, count);
    }
}
