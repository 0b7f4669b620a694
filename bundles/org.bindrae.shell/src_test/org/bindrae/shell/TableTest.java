package org.bindrae.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

class TableTest {
    private enum State {
        RUNNING
    }

    private static Display width(int width) {
        return new Display(width, false, false);
    }

    @Test
    void numbersStandToTheRightAndTextToTheLeft() {
        String table = new Table("name", "count").row("a", 5).row("long name", 12345).toString();
        assertEquals("name       count\n─────────  ─────\na              5\nlong name  12345\n", table);
    }

    @Test
    void formatsAreForPeopleAndGapsStayGaps() {
        Table table = new Table(Column.of("x"), Column.number("value", "%.1f"), Column.of("able")).row("a", -1.25, true).row("b", Double.NaN, false)
                .row("c", null, null).row("d", 20, true);
        assertEquals("x  value  able\n─  ─────  ────\na   -1.3  yes\nb      –  no\nc\nd     20  yes\n", table.toString());
    }

    @Test
    void oneWordMakesAColumnText() {
        assertEquals("value\n─────\n1\nnone\n", new Table("value").row(1).row("none").toString());
    }

    @Test
    void aRowHasACellForEachColumn() {
        Table table = new Table("a", "b");
        assertThrows(IllegalArgumentException.class, () -> table.row(1));
        assertTrue(table.isEmpty());
        assertFalse(table.row(1, null).isEmpty());
    }

    @Test
    void jsonHasTheValuesThemselves() {
        Table table = new Table(Column.of("name"), Column.number("loss", "%.1f"), Column.of("state"), Column.of("files")).row(Path.of("a"), 1.25, State.RUNNING,
                List.of("x")).row(null, Double.NaN, true, List.of());
        assertEquals("[{name=a, loss=1.25, state=running, files=[x]}, {name=null, loss=null, state=true, files=[]}]", table.json().toString());
    }

    @Test
    void sentencesAreBrokenWhereTheTableIsTooWide() {
        Table table = new Table(Column.of("id"), Column.text("why not")).row("flash", "it runs on CUDA devices only, not on cpu").row("b", "");
        assertEquals("""
                id     why not
                ─────  ───────────────────
                flash  it runs on CUDA
                       devices only, not
                       on cpu
                b
                """, table.text(width(26)));
        assertEquals(table.toString(), table.text(width(200)));
        assertTrue(table.toString().contains("it runs on CUDA devices only, not on cpu\n"));
    }

    @Test
    void headingsAreBrokenBeforeSentencesAre() {
        Table table = new Table(Column.number("χ1 within 20° / %", "%.1f"), Column.text("method")).row(31.25, "a rotamer baseline");
        assertEquals("""
                χ1 within  method
                  20° / %
                ─────────  ──────────────────
                     31.3  a rotamer baseline
                """, table.text(width(29)));
    }

    @Test
    void pathsAreBrokenAtSlashesAndLongWordsAnywhere() {
        Table table = new Table(Column.text("file")).row("/home/somebody/data/complexes").row("x".repeat(20));
        assertEquals("file\n────────────────\n/home/somebody/\ndata/complexes\nxxxxxxxxxxxxxxxx\nxxxx\n", table.text(width(10)));
    }

    @Test
    void onRandomTablesNothingIsLostAndLinesFitWhereTheyCan() {
        Random random = new Random(7);
        for (int trial = 0; trial < 200; trial++) {
            Table table = new Table(Column.of("id"), Column.text("first of two"), Column.number("n", "%.3f"), Column.text("second"));
            StringBuilder words = new StringBuilder();
            for (int row = 0; row < 1 + random.nextInt(5); row++) {
                String first = words(random);
                String second = words(random);
                double number = random.nextInt(100_000) / 1000.0;
                table.row("id" + row, first, number, second);
                words.append("id").append(row).append(first).append(second).append(String.format(java.util.Locale.ROOT, "%.3f", number));
            }
            int width = 50 + random.nextInt(60);
            String text = table.text(width(width));
            assertTrue(text.lines().allMatch(line -> line.codePointCount(0, line.length()) <= width), text);
            assertEquals(letters(words.toString()), letters(text.substring(text.lastIndexOf('─') + 1)), text);
        }
    }

    private static String words(Random random) {
        StringBuilder text = new StringBuilder();
        for (int word = 0; word < random.nextInt(12); word++) {
            text.append(word == 0 ? "" : " ").append("é".repeat(1 + random.nextInt(9)));
        }
        return text.toString();
    }

    /** The characters of a text in order of the alphabet, without blanks. */
    private static String letters(String text) {
        return text.chars().filter(c -> !Character.isWhitespace(c)).sorted().collect(StringBuilder::new, (s, c) -> s.append((char) c), StringBuilder::append)
                .toString();
    }

    @Test
    void coloursAreForTerminalsThatHaveThem() {
        Table table = new Table(Column.of("state").toned(state -> state.equals("bad") ? Tone.BAD : Tone.PLAIN), Column.of("n")).row("bad", 1).row("ok", 2);
        assertEquals("state  n\n─────  ─\n\u001b[31mbad\u001b[0m    1\nok     2\n", table.text(new Display(80, true, true)));
        assertFalse(table.text(new Display(80, false, true)).contains("\u001b"));
        assertTrue(Display.terminal(80, "xterm", null).colours());
        assertTrue(Display.terminal(80, "xterm", "").colours());
        assertFalse(Display.terminal(80, "xterm", "1").colours());
        assertFalse(Display.terminal(80, "dumb", null).colours());
        assertFalse(Display.terminal(80, null, null).colours());
    }
}
