package org.bindrae.product.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of the documentation. */
record Page(Path file) {
    static Page of(String name) {
        return new Page(Path.of("../../docs").resolve(name));
    }

    /** The first fenced block that begins with such a line, without that line's fence: {@code java} is a language, for example. */
    String block(String language, String beginning) throws IOException {
        Matcher block = Pattern.compile("(?ms)^```" + language + "\\n(" + Pattern.quote(beginning) + ".*?)^```$").matcher(Files.readString(file));
        if (!block.find()) {
            throw new IOException(file + ": no block of " + language + " that begins with " + beginning);
        }
        return block.group(1);
    }
}
