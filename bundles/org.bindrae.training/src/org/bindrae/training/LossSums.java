package org.bindrae.training;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.geometry.ResidueConstants;

/**
 * The terms of the loss as sums with what they are divided by, so that the means over several batches are those over all of their residues.
 *
 * @param numerators of each {@link LossTerm}, then of each torsion class
 * @param denominators the same order; 0 where there was nothing to compare
 */
public record LossSums(double[] numerators, double[] denominators) {
    private static final int TERMS = LossTerm.values().length;
    private static final int SIZE = TERMS + ResidueConstants.TORSIONS;
    /** Names of the torsion classes in files. */
    private static final List<String> TORSION_KEYS = List.of("pre_omega", "phi", "psi", "chi1", "chi2", "chi3", "chi4");

    /** Nothing yet. */
    public static LossSums zero() {
        return new LossSums(new double[SIZE], new double[SIZE]);
    }

    /** Both together. */
    public LossSums plus(LossSums other) {
        LossSums sum = zero();
        for (int i = 0; i < SIZE; i++) {
            sum.numerators[i] = numerators[i] + other.numerators[i];
            sum.denominators[i] = denominators[i] + other.denominators[i];
        }
        return sum;
    }

    void set(LossTerm term, double numerator, double denominator) {
        numerators[term.ordinal()] = numerator;
        denominators[term.ordinal()] = denominator;
    }

    void setTorsionErrors(double[] errors) {
        System.arraycopy(errors, 0, numerators, TERMS, errors.length);
    }

    void setTorsionWeights(double[] weights) {
        System.arraycopy(weights, 0, denominators, TERMS, weights.length);
    }

    double denominator(LossTerm term) {
        return denominators[term.ordinal()];
    }

    private double mean(int index) {
        return denominators[index] == 0 ? 0 : numerators[index] / denominators[index];
    }

    /** The mean of a term, without its weight; 0 where there was nothing to compare. */
    public double mean(LossTerm term) {
        return mean(term.ordinal());
    }

    /** The mean 1 − cos Δ of a torsion class, in the order of {@link org.bindrae.geometry.Torsions}. */
    public double torsionMean(int torsion) {
        return mean(TERMS + torsion);
    }

    /** Whether all sums are numbers. */
    boolean isFinite() {
        return Arrays.stream(numerators).allMatch(Double::isFinite);
    }

    /** The weighted sum of the terms: what training makes small. */
    public double total(LossConfig config) {
        double total = 0;
        for (LossTerm term : LossTerm.values()) {
            total += config.weight(term) * mean(term);
        }
        return total;
    }

    /** Names of the values that {@link #values} gives. */
    static List<String> keys() {
        return Stream.concat(Stream.of(LossTerm.values()).map(LossTerm::key), TORSION_KEYS.stream()).toList();
    }

    /** All means: of the terms, then of the torsion classes. */
    double[] values() {
        double[] values = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            values[i] = mean(i);
        }
        return values;
    }
}
