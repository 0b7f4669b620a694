package org.bindrae.health;

import java.util.Objects;

/**
 * What a {@link HealthCheck} found out about one thing.
 *
 * @param subject what it is about, in a word or two
 * @param text what was found, one line
 * @param remedy what to do about it, one line; empty where there is nothing to do
 */
public record Finding(State state, String subject, String text, String remedy) {
    /** How much it matters. */
    public enum State {
        /** as it should be */
        OK,
        /** good to know, nothing to mend */
        NOTE,
        /** works, but worse than it could */
        WARNING,
        /** needed, and does not work */
        FAILED
    }

    public Finding {
        Objects.requireNonNull(state);
        subject = oneLine(subject);
        text = oneLine(text);
        remedy = oneLine(remedy);
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    public static Finding ok(String subject, String text) {
        return new Finding(State.OK, subject, text, "");
    }

    public static Finding note(String subject, String text) {
        return new Finding(State.NOTE, subject, text, "");
    }

    public static Finding warning(String subject, String text, String remedy) {
        return new Finding(State.WARNING, subject, text, remedy);
    }

    public static Finding failed(String subject, String text, String remedy) {
        return new Finding(State.FAILED, subject, text, remedy);
    }
}
