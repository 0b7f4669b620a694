package org.bindrae.shell;

/** How a cell of a table is meant, shown by its colour on a terminal that has colours. */
public enum Tone {
    PLAIN(""), GOOD("\u001b[32m"), DOUBTFUL("\u001b[33m"), BAD("\u001b[31m");

    private static final String END = "\u001b[0m";

    private final String begin;

    Tone(String begin) {
        this.begin = begin;
    }

    /** The text with its colour, an escape sequence of ECMA-48. */
    public String paint(String text) {
        return begin.isEmpty() || text.isEmpty() ? text : begin + text + END;
    }
}
