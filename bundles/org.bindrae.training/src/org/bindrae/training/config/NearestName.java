package org.bindrae.training.config;

import java.util.Comparator;
import java.util.List;

/** Finds what somebody who mistyped a name probably meant. */
public final class NearestName {
    private NearestName() {
    }

    /** A clause that suggests the nearest of {@code known}, or lists them all when none is near. */
    public static String suggestion(String name, List<String> known, String prefix) {
        String nearest = known.stream().min(Comparator.comparingInt(k -> distance(name, k))).orElse("");
        if (distance(name, nearest) <= Math.max(2, name.length() / 3)) {
            return "; did you mean '" + prefix + nearest + "'?";
        }
        return "; known here: " + String.join(", ", known);
    }

    /** Levenshtein distance, upper and lower case being equal. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
                int replace = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
