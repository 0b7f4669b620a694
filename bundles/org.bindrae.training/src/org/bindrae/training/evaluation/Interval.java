package org.bindrae.training.evaluation;

/** A 95 % confidence interval; NaN where there is too little to tell. */
public record Interval(double low, double high) {
    public static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN);

    public boolean isKnown() {
        return !Double.isNaN(low);
    }
}
