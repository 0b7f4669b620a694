package org.bindrae.attention.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.VectorRow;

/** Comparison by the relative deviation ‖a − b‖ / ‖b‖. */
final class Deviation {
    private Deviation() {
    }

    /** The result within the tolerance of a precision, gradients within twice that. All that fail are named. */
    static void assertClose(String what, Map<String, double[]> actual, Map<String, double[]> expected, String result, Precision precision) {
        Map<String, double[]> gradients = new LinkedHashMap<>(expected);
        Map<String, double[]> values = Map.of(result, gradients.remove(result));
        List<String> wrong = new ArrayList<>();
        collect(wrong, actual, values, precision, precision.tolerance());
        collect(wrong, actual, gradients, precision, 2 * precision.tolerance());
        assertTrue(wrong.isEmpty(), () -> what + ": " + String.join("; ", wrong));
    }

    private static void collect(List<String> wrong, Map<String, double[]> actual, Map<String, double[]> expected, Precision precision, double limit) {
        for (VectorRow row : rows(actual, expected, precision, limit)) {
            if (!row.passes()) {
                wrong.add(row.quantity() + " deviates by " + row.error() + ", allowed is " + row.tolerance());
            }
        }
    }

    /** Sums that cancel are as exact as all others in single and double precision; rounded factors leave them an error of the size of what was summed. */
    private static List<VectorRow> rows(Map<String, double[]> actual, Map<String, double[]> expected, Precision precision, double limit) {
        return switch (precision) {
            case FP64, FP32 -> expected.entrySet().stream()
                    .map(entry -> new VectorRow(entry.getKey(), relative(entry.getKey(), actual.get(entry.getKey()), entry.getValue()), limit)).toList();
            case TF32, BF16 -> VectorRow.relative(actual, expected, precision, limit);
        };
    }

    private static double relative(String name, double[] actual, double[] expected) {
        assertEquals(expected.length, actual.length, () -> "values of " + name);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(norm == 0 ? difference : difference / norm);
    }
}
