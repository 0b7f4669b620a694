package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;

/** Comparison by the relative deviation ‖a − b‖ / ‖b‖. */
final class Deviation {
    private Deviation() {
    }

    static double relative(double[] actual, double[] expected) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(norm == 0 ? difference : difference / norm);
    }

    /** Values of the attention or layer within {@code tolerance}, gradients within twice that. */
    static void assertClose(Map<String, double[]> actual, Map<String, double[]> expected, String value, double tolerance) {
        expected.forEach((name, values) -> {
            double limit = name.equals(value) ? tolerance : 2 * tolerance;
            double deviation = relative(actual.get(name), values);
            assertTrue(deviation <= limit, () -> name + " deviates by " + deviation + ", allowed is " + limit);
        });
    }
}
