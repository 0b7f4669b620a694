package org.bindrae.training.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;

/** Numbers as people read them; an en dash for what is unknown. */
final class Numbers {
    static final String NONE = "–";
    private static final double[] POWERS = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};

    private Numbers() {
    }

    /** With up to six decimals. */
    static String of(double value, int decimals) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        double scaled = Math.abs(value) * POWERS[decimals] + 0.5;
        if (scaled >= 1e15) {
            return BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP).toPlainString();
        }
        // many times faster than a format, and there are millions of them
        long digits = (long) scaled;
        String text = Long.toString(digits);
        if (decimals > 0) {
            text = "0".repeat(Math.max(0, decimals + 1 - text.length())) + text;
            text = text.substring(0, text.length() - decimals) + "." + text.substring(text.length() - decimals);
        }
        return value < 0 && digits > 0 ? "-" + text : text;
    }

    /** In the unit's usual form, without the unit: percent for fractions. */
    static String of(double value, Measure.Unit unit) {
        return of(shown(value, unit), decimals(unit));
    }

    /** {@code low–high}; empty when unknown. */
    static String of(Interval interval, Measure.Unit unit) {
        return interval.isKnown() ? of(interval.low(), unit) + "–" + of(interval.high(), unit) : "";
    }

    /** With a sign, for differences; a minus sign, not a hyphen. */
    static String signed(double value, Measure.Unit unit) {
        String text = of(value, unit);
        return text.equals(NONE) ? text : text.startsWith("-") ? "−" + text.substring(1) : "+" + text;
    }

    /** With thousands separated. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    static double shown(double value, Measure.Unit unit) {
        return unit == Measure.Unit.FRACTION ? 100 * value : value;
    }

    static String symbol(Measure.Unit unit) {
        return switch (unit) {
            case FRACTION -> "%";
            case DEGREES -> "°";
            case ANGSTROM -> "Å";
        };
    }

    private static int decimals(Measure.Unit unit) {
        return unit == Measure.Unit.ANGSTROM ? 2 : 1;
    }
}
