package org.bindrae.training.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A key whose value is different in two configurations.
 *
 * @param before null where it was not set
 * @param after null where it is not set any more
 */
public record ConfigDifference(String key, Object before, Object after) {
    /** All differences of two configurations, each given by all its values, in the order of the second. */
    public static List<ConfigDifference> between(Map<String, Object> before, Map<String, Object> after) {
        List<ConfigDifference> differences = new ArrayList<>();
        after.forEach((key, value) -> {
            if (!Objects.equals(before.get(key), value)) {
                differences.add(new ConfigDifference(key, before.get(key), value));
            }
        });
        return differences;
    }

    /** A value as people write it: {@code 5e-4}, not {@code 5.0E-4}. */
    public static String text(Object value) {
        return value instanceof Double number ? number.toString().replaceFirst("\\.0(E|$)", "$1").replace('E', 'e') : String.valueOf(value);
    }

    @Override
    public String toString() {
        return key + ": " + text(before) + " → " + text(after);
    }
}
