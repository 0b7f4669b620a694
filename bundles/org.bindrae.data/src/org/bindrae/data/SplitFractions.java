package org.bindrae.data;

/** How many of the samples go into each part; the sum is 1. */
public record SplitFractions(double train, double validation, double test) {
    private static final double ROUNDING = 1e-6;

    /** @throws IllegalArgumentException when one is negative or the sum is not 1 */
    public SplitFractions {
        if (!(train >= 0 && validation >= 0 && test >= 0 && Math.abs(train + validation + test - 1) < ROUNDING)) {
            throw new IllegalArgumentException("fractions " + train + ", " + validation + " and " + test + " must not be negative and add up to 1");
        }
    }

    /** 80 % training, 10 % validation, 10 % test. */
    public static SplitFractions defaults() {
        return new SplitFractions(0.8, 0.1, 0.1);
    }
}
