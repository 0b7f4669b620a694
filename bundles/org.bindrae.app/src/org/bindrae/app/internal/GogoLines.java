package org.bindrae.app.internal;

import java.util.List;

import org.apache.felix.gogo.jline.ParsedLineImpl;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/** Reads lines as Gogo does, and writes completed words so that Gogo reads them as they are. */
final class GogoLines implements Parser {
    private static final String SPECIAL = " \t$;|&{}[]()<>\"'\\*?#`";

    private final Parser gogo = new org.apache.felix.gogo.jline.Parser();

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        ParsedLine parsed = gogo.parse(line, cursor, context);
        return parsed instanceof ParsedLineImpl gogoLine ? new Line(gogoLine) : parsed;
    }

    /** What Gogo's own line says, with all of Gogo's special characters escaped and not only blanks. */
    private record Line(ParsedLineImpl gogo) implements CompletingParsedLine {
        @Override
        public CharSequence escape(CharSequence word, boolean complete) {
            char first = gogo.rawWordLength() == 0 ? 0 : gogo.line().charAt(gogo.cursor() - gogo.rawWordCursor());
            if (first == '\'' || first == '"') {
                return gogo.escape(word, complete);
            }
            StringBuilder escaped = new StringBuilder();
            word.chars().forEach(c -> escaped.append(SPECIAL.indexOf(c) >= 0 ? "\\" : "").append((char) c));
            return escaped;
        }

        @Override
        public int rawWordCursor() {
            return gogo.rawWordCursor();
        }

        @Override
        public int rawWordLength() {
            return gogo.rawWordLength();
        }

        @Override
        public String word() {
            return gogo.word();
        }

        @Override
        public int wordCursor() {
            return gogo.wordCursor();
        }

        @Override
        public int wordIndex() {
            return gogo.wordIndex();
        }

        @Override
        public List<String> words() {
            return gogo.words();
        }

        @Override
        public String line() {
            return gogo.line();
        }

        @Override
        public int cursor() {
            return gogo.cursor();
        }
    }
}
