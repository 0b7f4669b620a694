package org.bindrae.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of a table or list that say something, with their numbers. */
final class TextLines {
    /** Bytes of such a file at most. */
    private static final long LARGEST = 1L << 28;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** @param number from 1 */
    record Line(int number, String text) {
    }

    private TextLines() {
    }

    /** All lines that are not blank, comments included. */
    static List<Line> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new DataSetException(file, "no such file");
        }
        if (Files.size(file) > LARGEST) {
            throw new DataSetException(file, "larger than any list of complexes");
        }
        List<String> all;
        try {
            all = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new DataSetException(file, "not UTF-8 text");
        }
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            String text = i == 0 && all.getFirst().startsWith(BYTE_ORDER_MARK) ? all.getFirst().substring(1) : all.get(i);
            if (!text.isBlank()) {
                lines.add(new Line(i + 1, text));
            }
        }
        return lines;
    }
}
