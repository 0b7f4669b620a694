package org.bindrae.shell;

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
        return new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), new Display(0, false, live), "prepare", now::get);
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
    void otherOutputFindsTheLiveLineGone() {
        Progress progress = progress(true);
        progress.progress(1, 10, "entries", "");
        int width = text().length() - 1;
        progress.interrupt();
        assertTrue(text().endsWith("\r" + " ".repeat(width) + "\r"), text());
        String before = text();
        progress.interrupt();
        progress.close();
        assertEquals(before, text(), "nothing is left to remove or to end");
        now.set(1_000_000_000L);
        progress.progress(2, 10, "entries", "");
        assertTrue(text().substring(before.length()).startsWith("\rprepare 2/10 entries"), text());
    }

    @Test
    void aLogIsNotInterrupted() {
        Progress progress = progress(false);
        progress.progress(1, 10, "entries", "");
        String before = text();
        progress.interrupt();
        progress.close();
        assertEquals(before, text());
    }

    @Test
    void aShorterLineCoversTheLongerOneAndNoLineWraps() {
        Progress progress = progress(true);
        progress.progress(1, 10, "entries", "x".repeat(500));
        int longest = text().length() - 1;
        assertTrue(longest <= 110, text());
        now.set(1_000_000_000L);
        int before = text().length();
        progress.progress(2, 10, "entries", "");
        assertEquals(longest, text().length() - before - 1);
    }

    @Test
    void durationsAreReadable() {
        assertEquals("59 s", Progress.duration(59.4));
        assertEquals("1:15 min", Progress.duration(75));
        assertEquals("1:01 h", Progress.duration(3700));
        assertEquals("1:00 min", Progress.duration(59.6));
    }
}
