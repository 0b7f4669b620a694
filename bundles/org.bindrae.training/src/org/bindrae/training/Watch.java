package org.bindrae.training;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Computes a run on a thread of its own and leaves it behind when work on the device does not end. The thread that computes counts what it begins and ends, and
 * no more; the thread that watches looks at the count now and then. Time in which the whole process stands still does not pass here.
 */
final class Watch {
    private static final long PERIOD_MILLIS = 100;
    private static final long LONGEST_TICK_NANOS = 1_000_000_000L;
    private static final long ABANDONED = -1;

    /** Odd while work is under way. */
    private final AtomicLong count = new AtomicLong();
    private long limit;
    private BackendGuard guard;

    /** What is watched. */
    interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Begins work that should end.
     *
     * @param limit after which it is given up; zero for never
     * @throws AbandonedException if this thread was given up
     */
    void begin(BackendGuard whose, Duration longest) {
        guard = whose;
        limit = longest.isZero() ? Long.MAX_VALUE : longest.toNanos();
        advance();
    }

    /** @throws AbandonedException if this thread was given up meanwhile */
    void end() {
        advance();
    }

    private void advance() {
        long before = count.get();
        if (before == ABANDONED || !count.compareAndSet(before, before + 1)) {
            throw new AbandonedException();
        }
    }

    boolean isAbandoned() {
        return count.get() == ABANDONED;
    }

    /**
     * Runs something on a new thread and waits for it. An interrupt is passed on to that thread, and cleared here.
     *
     * @throws HangException when a piece of work took longer than its limit; the thread still runs then
     */
    <T> T run(Work<T> work) throws IOException, HangException {
        FutureTask<T> task = new FutureTask<>(work::run);
        Thread thread = Thread.ofPlatform().daemon().name("bindrae-run").start(task);
        long seen = 0;
        long watched = 0;
        long last = System.nanoTime();
        while (true) {
            try {
                T result = task.get(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
                thread.join();
                return result;
            } catch (InterruptedException e) {
                thread.interrupt();
            } catch (ExecutionException e) {
                throw thrown(e.getCause());
            } catch (TimeoutException e) {
                long now = System.nanoTime();
                long at = count.get();
                watched = at == seen ? watched + Math.min(now - last, LONGEST_TICK_NANOS) : 0;
                seen = at;
                last = now;
                // what the thread wrote before it counted can be read after the count
                if (at % 2 == 1 && watched > limit && count.compareAndSet(at, ABANDONED)) {
                    throw new HangException(guard, guard.isInside());
                }
            }
        }
    }

    private static RuntimeException thrown(Throwable cause) throws IOException {
        switch (cause) {
            case IOException e -> throw e;
            case Error e -> throw e;
            case RuntimeException e -> {
                return e;
            }
            default -> {
                return new IllegalStateException(cause);
            }
        }
    }
}
