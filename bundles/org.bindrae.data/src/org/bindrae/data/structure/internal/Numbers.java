package org.bindrae.data.structure.internal;

import java.util.function.Function;

import org.bindrae.data.StructureException;

/** Decimal numbers as structure files write them. What is wrong with one goes to a function that adds the place. */
final class Numbers {
    /** No atom of a real structure is farther from the origin; Å. */
    static final double FARTHEST = 1e5;

    private Numbers() {
    }

    /** @throws StructureException for anything but a decimal number */
    static double finite(String text, Function<String, StructureException> problem) throws StructureException {
        double value = Double.NaN;
        if (isDecimal(text)) {
            try {
                value = Double.parseDouble(text);
            } catch (NumberFormatException e) {
                // stays NaN
            }
        }
        if (!Double.isFinite(value)) {
            throw problem.apply("'" + text + "' is not a number");
        }
        return value;
    }

    /** @throws StructureException for anything but a number that can be a coordinate in Å */
    static double coordinate(String text, Function<String, StructureException> problem) throws StructureException {
        return coordinate(finite(text, problem), problem);
    }

    /** @throws StructureException for anything but a number that can be a coordinate in Å */
    static double coordinate(double value, Function<String, StructureException> problem) throws StructureException {
        if (!(Math.abs(value) <= FARTHEST)) {
            throw problem.apply(value + " is not a coordinate: more than " + (int) FARTHEST + " Å from the origin");
        }
        return value;
    }

    /** Keeps out the words, hexadecimal digits and type letters that Java takes for numbers. */
    private static boolean isDecimal(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789+-.eE".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }
}
