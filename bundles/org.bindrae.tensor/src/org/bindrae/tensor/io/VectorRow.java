package org.bindrae.tensor.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Precision;

/** A quantity of a {@link VectorFile}, and how far this code is from it. */
public record VectorRow(String quantity, double error, double tolerance) {
    /** A NaN does not pass. */
    public boolean passes() {
        return error <= tolerance;
    }

    /** The largest |ours − theirs|. */
    public static VectorRow absolute(String quantity, double[] ours, double[] theirs, double tolerance) {
        requireEqualLength(quantity, ours, theirs);
        double largest = 0;
        for (int i = 0; i < ours.length; i++) {
            // unlike a comparison, Math.max keeps a NaN
            largest = Math.max(largest, Math.abs(ours[i] - theirs[i]));
        }
        return new VectorRow(quantity, largest, tolerance);
    }

    /** How many entries differ; none may. */
    public static VectorRow equal(String quantity, boolean[] ours, boolean[] theirs) {
        int different = Math.abs(ours.length - theirs.length);
        for (int i = 0; i < Math.min(ours.length, theirs.length); i++) {
            different += ours[i] == theirs[i] ? 0 : 1;
        }
        return new VectorRow(quantity, different, 0);
    }

    /**
     * ‖ours − theirs‖ / ‖theirs‖ for quantities of one kind, in the order of {@code theirs}. A quantity that should be zero is full of rounding: one smaller
     * than the rounding of the largest of all is not divided by its own norm, but by the least for which its rounding passes.
     *
     * @param ours has at least the names of {@code theirs}
     * @param precision in which {@code ours} were computed
     */
    public static List<VectorRow> relative(Map<String, double[]> ours, Map<String, double[]> theirs, Precision precision, double tolerance) {
        double floor = precision.rounding() / tolerance * theirs.values().stream().mapToDouble(VectorRow::norm).filter(Double::isFinite).max().orElse(0);
        List<VectorRow> rows = new ArrayList<>();
        theirs.forEach((name, values) -> {
            double[] own = ours.get(name);
            if (own == null) {
                throw new IllegalArgumentException("nothing to compare " + name + " with");
            }
            requireEqualLength(name, own, values);
            double[] difference = own.clone();
            for (int i = 0; i < difference.length; i++) {
                difference[i] -= values[i];
            }
            double scale = Math.max(norm(values), floor);
            rows.add(new VectorRow(name, scale == 0 ? norm(difference) : norm(difference) / scale, tolerance));
        });
        return rows;
    }

    private static double norm(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    private static void requireEqualLength(String quantity, double[] ours, double[] theirs) {
        if (ours.length != theirs.length) {
            throw new IllegalArgumentException(quantity + ": " + ours.length + " values compared with " + theirs.length);
        }
    }
}
