package org.bindrae.tensor.io;

/** A name out of a file, fit for a message of one line. */
final class Quotation {
    private static final int LONGEST = 100;

    private Quotation() {
    }

    static String of(String name) {
        String line = name.replaceAll("\\p{Cntrl}", "?");
        return "\"" + (line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line) + "\"";
    }
}
