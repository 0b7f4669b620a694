package org.bindrae.training.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;

/** Numbers as people read them; an en dash for what is unknown. */
final class Numbers {
    static final String NONE = "–";

    private Numbers() {
    }

    /** With so many decimals. */
    static String of(double value, int decimals) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        // no negative zero, and many times faster than a format
        return BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP).toPlainString();
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
