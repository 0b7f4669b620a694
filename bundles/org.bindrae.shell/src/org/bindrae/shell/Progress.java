package org.bindrae.shell;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;

import org.bindrae.data.ProgressListener;

/**
 * Progress of long work with rate and remaining time: on a terminal one live line, otherwise a log line at most every ten seconds. Safe for use by several threads.
 */
public final class Progress implements ProgressListener, AutoCloseable {
    private static final long LIVE_INTERVAL = 100_000_000L;
    private static final long LOG_INTERVAL = 10_000_000_000L;

    private static final int LIVE_WIDTH = 110;

    private final PrintStream err;
    private final boolean live;
    private final int widest;
    private final String what;
    private final LongSupplier clock;
    private final long start;
    private long shown = Long.MIN_VALUE;
    private long first = -1;
    private int width;
    private boolean patient;

    Progress(PrintStream err, Display display, String what, LongSupplier clock) {
        this.err = err;
        this.live = display.live();
        // a line that fills the last column would wrap
        this.widest = display.width() > 1 ? Math.min(LIVE_WIDTH, display.width() - 1) : LIVE_WIDTH;
        this.what = what;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    /** For work that ends well by itself when its thread is interrupted: {@link #progress} does not end it. */
    public Progress patient() {
        patient = true;
        return this;
    }

    /** @throws CancellationException if the calling thread was interrupted, so that the command ends here */
    @Override
    public synchronized void progress(long done, long total, String unit, String detail) {
        if (!patient && Thread.currentThread().isInterrupted()) {
            throw new CancellationException(what + " was cancelled");
        }
        long now = clock.getAsLong();
        if (first < 0) {
            // resumed work starts in the middle: only what is done from here on tells the rate
            first = done;
        }
        boolean last = done >= total;
        if (shown != Long.MIN_VALUE && !last && now - shown < (live ? LIVE_INTERVAL : LOG_INTERVAL)) {
            return;
        }
        shown = now;
        print(line(done, total, unit, detail, (now - start) * 1e-9));
    }

    private String line(long done, long total, String unit, String detail, double seconds) {
        StringBuilder line = new StringBuilder(what);
        line.append(String.format(Locale.ROOT, " %d/%d %s", done, total, unit));
        long fresh = done - first;
        if (fresh > 0 && seconds > 0) {
            double rate = fresh / seconds;
            line.append(String.format(Locale.ROOT, ", %s/s", rate >= 10 ? String.format(Locale.ROOT, "%.0f", rate) : String.format(Locale.ROOT, "%.2g", rate)));
            line.append(done < total ? ", " + duration((total - done) / rate) + " left" : ", took " + duration(seconds));
        }
        if (!detail.isEmpty()) {
            line.append("  ").append(detail);
        }
        return line.toString();
    }

    private void print(String line) {
        if (live) {
            // a line that wraps could not be overwritten
            line = line.length() > widest ? line.substring(0, widest - 1) + "…" : line;
            err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            err.flush();
            width = line.length();
        } else {
            err.println(line);
        }
    }

    /** 75 → 1:15 min, 3700 → 1:01 h. */
    public static String duration(double seconds) {
        long s = Math.round(seconds);
        if (s < 60) {
            return s + " s";
        }
        return s < 3600 ? String.format(Locale.ROOT, "%d:%02d min", s / 60, s % 60) : String.format(Locale.ROOT, "%d:%02d h", s / 3600, s / 60 % 60);
    }

    /** Makes room for other output; the live line comes back with the next progress. */
    public synchronized void interrupt() {
        if (live && width > 0) {
            err.print("\r" + " ".repeat(width) + "\r");
            err.flush();
            width = 0;
        }
    }

    @Override
    public synchronized void close() {
        if (live && width > 0) {
            err.println();
            width = 0;
        }
    }
}
