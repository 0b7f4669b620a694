package org.bindrae.tensor.io;

import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The versions of a file format that this program reads. They count from 1; a file that tells none is of version 1. What an older workbench wrote is brought up to
 * date step by step, what a newer one wrote is refused.
 *
 * @param <T> what a file says, as far as versions differ in it
 */
public final class FormatVersions<T> {
    /** Where files and messages say the version. */
    public static final String KEY = "version";

    private final List<UnaryOperator<T>> steps;

    /** @param steps the first from version 1 to version 2, and so on */
    public FormatVersions(List<UnaryOperator<T>> steps) {
        this.steps = List.copyOf(steps);
    }

    /** The version that is written. */
    public int current() {
        return steps.size() + 1;
    }

    /**
     * Brings what a file says up to date.
     *
     * @param source name of the file
     * @param version that it tells; null where it tells none
     * @throws IOException naming the file, when it is of a newer version, or its version is none
     */
    public T upToDate(String source, String version, T content) throws IOException {
        int found = number(source, version);
        if (found > current()) {
            throw newer(source, found, current());
        }
        T result = content;
        for (UnaryOperator<T> step : steps.subList(found - 1, steps.size())) {
            result = step.apply(result);
        }
        return result;
    }

    private static int number(String source, String version) throws IOException {
        if (version == null) {
            return 1;
        }
        if (!version.matches("[1-9][0-9]{0,8}")) {
            throw new IOException(source + ": its " + KEY + " is " + version + ", where a whole number from 1 on is expected");
        }
        return Integer.parseInt(version);
    }

    private static IOException newer(String source, int found, int current) {
        return new IOException(source + ": written by a newer workbench (format " + found + ", this one reads up to " + current
                + "): update the workbench, or take the file of an older one");
    }
}
