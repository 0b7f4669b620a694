package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void numbersStandToTheRightAndTextToTheLeft() {
        String table = new TextTable("name", "count").row("a", 5).row("long name", 12345).toString();
        assertEquals("name       count\n─────────  ─────\na              5\nlong name  12345\n", table);
    }

    @Test
    void signsPercentagesExponentsAndGapsAreNumbers() {
        String table = new TextTable("x", "value").row("a", "-1.5").row("b", "20 %").row("c", "1.0e-10").row("d", "–").row("e", "").toString();
        assertEquals("x    value\n─  ───────\na     -1.5\nb     20 %\nc  1.0e-10\nd        –\ne\n", table);
    }

    @Test
    void oneWordMakesAColumnText() {
        assertEquals("value\n─────\n1\nnone\n", new TextTable("value").row(1).row("none").toString());
    }

    @Test
    void aRowHasACellForEachColumn() {
        TextTable table = new TextTable("a", "b");
        assertThrows(IllegalArgumentException.class, () -> table.row(1));
        assertTrue(table.isEmpty());
        assertFalse(table.row(1, null).isEmpty());
    }
}
