package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicLong now = new AtomicLong();

    private Progress progress(boolean live) {
        return new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), live, "prepare", now::get);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aLogHasFewLinesWithRateAndTimeLeft() {
        Progress progress = progress(false);
        for (int i = 0; i <= 100; i++) {
            now.set(i * 1_000_000_000L);
            progress.progress(i, 100, "entries", "");
        }
        assertEquals(11, text().lines().count());
        assertTrue(text().contains("prepare 50/100 entries, 1.0/s, 50 s left"), text());
        assertTrue(text().endsWith("prepare 100/100 entries, 1.0/s, took 1:40 min\n"), text());
    }

    @Test
    void aTerminalSeesOneLineThatRewritesItself() {
        Progress progress = progress(true);
        for (int i = 0; i <= 10; i++) {
            now.set(i * 1_000_000_000L);
            progress.progress(i, 10, "entries", "x".repeat(10 - i));
        }
        progress.close();
        assertEquals(1, text().chars().filter(c -> c == '\n').count());
        assertEquals(11, text().chars().filter(c -> c == '\r').count());
    }

    @Test
    void resumedWorkIsTimedFromWhereItResumed() {
        Progress progress = progress(false);
        progress.progress(900, 1000, "steps", "");
        now.set(50_000_000_000L);
        progress.progress(950, 1000, "steps", "");
        assertTrue(text().contains("1.0/s, 50 s left"), text());
        assertFalse(text().contains("19/s"), text());
    }

    @Test
    void tablesAlignNumbersToTheRight() {
        String table = new TextTable("name", "count").row("a", 5).row("long name", 12345).toString();
        assertEquals("name       count\n─────────  ─────\na              5\nlong name  12345\n", table);
    }
}
