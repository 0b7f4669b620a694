package org.bindrae.shell;

import java.util.Locale;
import java.util.Objects;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/**
 * A column of a {@link Table}: its heading, which is also the name of its values in JSON, and how a value is written in text.
 *
 * @param name heading, with the unit of its numbers where they have one
 * @param right whether its cells stand to the right although they are no numbers
 * @param wraps whether its cells may be broken into lines where the table is wider than the terminal
 * @param text what people see of a value that is not null
 * @param tone how a value that is not null is meant
 */
public record Column(String name, boolean right, boolean wraps, Function<Object, String> text, Function<Object, Tone> tone) {
    /** Numbers, names, identifiers: always written in full. Numbers stand to the right, decimals as they are. */
    public static Column of(String name) {
        return new Column(name, false, false, Column::plain, _ -> Tone.PLAIN);
    }

    /** Values of any type with a text of their own. */
    public static Column of(String name, Function<Object, String> text) {
        return new Column(name, false, false, text, _ -> Tone.PLAIN);
    }

    /** What was written for people before, to the right where it is numbers. */
    public static Column written(String name, boolean right) {
        return new Column(name, right, !right, Column::plain, _ -> Tone.PLAIN);
    }

    /** Sentences, which may be broken into lines. */
    public static Column text(String name) {
        return new Column(name, false, true, Column::plain, _ -> Tone.PLAIN);
    }

    /**
     * Numbers in a format, such as {@code "%.2f"}; numbers that are not finite are a dash. JSON has all digits.
     *
     * @param name heading with the unit, such as {@code "wall ms"}
     */
    public static Column number(String name, String format) {
        return number(name, value -> String.format(Locale.ROOT, format, value));
    }

    /** Numbers in a format of their own; numbers that are not finite are a dash. JSON has all digits. */
    public static Column number(String name, DoubleFunction<String> format) {
        return new Column(name, false, false, value -> {
            if (value instanceof Number number && !(value instanceof Long || value instanceof Integer)) {
                return Double.isFinite(number.doubleValue()) ? format.apply(number.doubleValue()) : "–";
            }
            return plain(value);
        }, _ -> Tone.PLAIN);
    }

    /** The same column with colours. */
    public Column toned(Function<Object, Tone> meaning) {
        return new Column(name, right, wraps, text, meaning);
    }

    private static String plain(Object value) {
        return switch (value) {
            case Boolean yes -> yes ? "yes" : "no";
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
            default -> Objects.toString(value);
        };
    }
}
