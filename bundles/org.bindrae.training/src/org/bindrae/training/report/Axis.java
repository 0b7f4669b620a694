package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A linear axis: from data to the places of a figure. */
record Axis(double low, double high, double from, double to, double step) {

    /** With ticks at every {@code step}. */
    static Axis of(double low, double high, double step, double from, double to) {
        return new Axis(low, high, from, to, step);
    }

    /** From the data's range outwards to round numbers, with about so many ticks. */
    static Axis around(double low, double high, int ticks, double from, double to) {
        double span = high > low ? high - low : Math.max(1e-9, Math.abs(high));
        double rough = span / ticks;
        double power = StrictMath.pow(10, Math.floor(StrictMath.log10(rough)));
        double step = power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
        double start = step * Math.floor(low / step + 1e-9);
        double end = step * Math.ceil(high / step - 1e-9);
        return new Axis(start, end > start ? end : start + step, from, to, step);
    }

    double at(double value) {
        return from + (value - low) / (high - low) * (to - from);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; low + i * step <= high + 1e-9 * step; i++) {
            ticks.add(low + i * step);
        }
        return ticks;
    }

    /** A tick's number with as many decimals as the step needs. */
    String label(double tick) {
        int decimals = Math.max(0, (int) Math.ceil(-StrictMath.log10(step) - 1e-9));
        String text = String.format(Locale.ROOT, "%." + decimals + "f", tick);
        return Double.parseDouble(text) == 0 ? text.replace("-", "") : text.replace('-', '−');
    }
}
