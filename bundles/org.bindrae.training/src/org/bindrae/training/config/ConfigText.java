package org.bindrae.training.config;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

/**
 * The text of a configuration file, whose values are changed where they stand: comments and layout stay.
 *
 * @param text valid JSON, as {@link ConfigFormat} takes it
 */
record ConfigText(String text) {
    private static final String INDENT = "  ";

    /** Offsets of a value in the text: its first character and the one behind it. */
    private record Span(int from, int to) {
    }

    /** The same with other values. Sections and keys that are not there are added at the end of their object. */
    String with(Map<String, Object> values, ConfigFormat format) throws IOException {
        ConfigText edited = this;
        for (Map.Entry<String, Object> value : values.entrySet()) {
            edited = edited.with(value.getKey(), format.json(value.getValue()), format);
        }
        return edited.text;
    }

    private ConfigText with(String key, String value, ConfigFormat format) throws IOException {
        Map<String, Span> spans = spans(format);
        Span held = spans.get(key);
        if (held != null) {
            return new ConfigText(text.substring(0, held.from) + value + text.substring(held.to));
        }
        // the innermost section of it that is there
        String section = key;
        do {
            section = section.contains(".") ? section.substring(0, section.lastIndexOf('.')) : "";
        } while (!spans.containsKey(section));
        String[] missing = (section.isEmpty() ? key : key.substring(section.length() + 1)).split("\\.");
        return new ConfigText(insert(spans.get(section), lastValue(section, spans), missing, value));
    }

    /** Where the last value in a section ends; -1 in an empty one. */
    private static int lastValue(String section, Map<String, Span> spans) {
        String prefix = section.isEmpty() ? "" : section + ".";
        return spans.entrySet().stream().filter(e -> !e.getKey().equals(section) && e.getKey().startsWith(prefix)).mapToInt(e -> e.getValue().to).max()
                .orElse(-1);
    }

    private String insert(Span section, int last, String[] names, String value) {
        int brace = section.to - 1;
        int line = text.lastIndexOf('\n', brace) + 1;
        boolean own = line > section.from && text.substring(line, brace).isBlank();
        String outer = own ? text.substring(line, brace) : indentOf(section.from);
        StringBuilder member = new StringBuilder();
        String indent = outer + INDENT;
        for (int i = 0; i < names.length; i++) {
            member.append(indent).append('"').append(names[i]).append("\": ").append(i < names.length - 1 ? "{\n" : value);
            indent += INDENT;
        }
        for (int i = names.length - 1; i > 0; i--) {
            member.append('\n').append(outer).append(INDENT.repeat(i)).append('}');
        }
        String before = text.substring(0, brace);
        if (last >= 0 && !hasComma(text.substring(last, brace))) {
            before = text.substring(0, last) + "," + text.substring(last, brace);
        }
        String lead = own ? before.substring(0, before.length() - outer.length()) : before.stripTrailing() + "\n";
        return lead + member + "\n" + outer + text.substring(brace);
    }

    /** The white space that the line of an offset begins with. */
    private String indentOf(int offset) {
        String line = text.substring(text.lastIndexOf('\n', offset) + 1, offset);
        return line.substring(0, line.length() - line.stripLeading().length());
    }

    /** Whether a text of white space and comments holds a comma outside of comments. */
    private static boolean hasComma(String text) {
        return text.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//[^\n]*", "").contains(",");
    }

    /** Where values and objects are, by key; the whole under the empty key. */
    private Map<String, Span> spans(ConfigFormat format) throws IOException {
        Map<String, Span> spans = new HashMap<>();
        Deque<String> paths = new ArrayDeque<>();
        Deque<Integer> starts = new ArrayDeque<>();
        String path = "";
        try (JsonParser parser = format.parser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                switch (token) {
                    case FIELD_NAME -> path = (paths.peek().isEmpty() ? "" : paths.peek() + ".") + parser.currentName();
                    case START_OBJECT, START_ARRAY -> {
                        paths.push(path);
                        starts.push(from);
                    }
                    case END_OBJECT, END_ARRAY -> spans.put(paths.pop(), new Span(starts.pop(), from + 1));
                    default -> {
                        // reads strings to their end
                        parser.getText();
                        spans.put(path, new Span(from, (int) parser.currentLocation().getCharOffset()));
                    }
                }
            }
        }
        return spans;
    }
}
