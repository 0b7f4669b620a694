package org.bindrae.data;

import java.util.Locale;
import java.util.regex.Pattern;

/** The rules for names of samples, which are names of files too. */
final class SampleId {
    private static final int LONGEST = 100;
    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_+-][A-Za-z0-9_.+-]*");

    private SampleId() {
    }

    static boolean isValid(String id) {
        return id.length() <= LONGEST && ALLOWED.matcher(id).matches() && !id.endsWith(".");
    }

    /**
     * The id itself.
     *
     * @throws IllegalArgumentException when it could leave its folder or is no portable file name
     */
    static String check(String id) {
        if (!isValid(id)) {
            throw new IllegalArgumentException("'" + id + "' is not a sample id: letters, digits and _ . + - are allowed, no leading or final dot, " + LONGEST
                    + " characters");
        }
        return id;
    }

    /** What a file name gives: without the endings of structure files, other characters replaced by underscores. */
    static String ofFileName(String name) {
        String stem = StructureNames.stem(name).replaceAll("[^A-Za-z0-9_.+-]", "_").replaceAll("^\\.+|\\.+$", "");
        String id = stem.isEmpty() ? "_" : stem.substring(0, Math.min(LONGEST, stem.length()));
        return check(id.endsWith(".") ? id.substring(0, id.length() - 1) : id);
    }

    /** What a file system without upper and lower case takes for the same name. */
    static String folded(String id) {
        return id.toLowerCase(Locale.ROOT);
    }
}
