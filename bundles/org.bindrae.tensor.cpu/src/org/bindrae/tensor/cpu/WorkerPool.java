package org.bindrae.tensor.cpu;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.bindrae.tensor.HostDevice;

/**
 * Runs ranges on a fixed number of threads, of which the caller is one. Threads take chunks in any order; chunk borders do not depend on the number of threads.
 * Idle threads end after a while and return on demand.
 */
final class WorkerPool implements AutoCloseable {
    private static final int SPINS = 2000;
    /** More work than threads that are alive leave to take; whoever does not find room runs it alone. */
    private static final int LONGEST_QUEUE = 1024;

    private final int threads;
    private final ThreadPoolExecutor workers;
    private final ThreadLocal<Boolean> working = ThreadLocal.withInitial(() -> false);

    WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + threads);
        }
        this.threads = threads;
        int helpers = Math.max(1, threads - 1);
        this.workers = new ThreadPoolExecutor(helpers, helpers, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(LONGEST_QUEUE),
                Thread.ofPlatform().daemon().name("bindrae-cpu-", 1).factory(), new ThreadPoolExecutor.DiscardPolicy());
        workers.allowCoreThreadTimeOut(true);
    }

    int threads() {
        return threads;
    }

    /** See {@link HostDevice#parallel}. */
    void parallel(int count, int grain, HostDevice.Range body) {
        if (grain < 1) {
            throw new IllegalArgumentException("grain " + grain);
        }
        int chunks = Math.ceilDiv(count, grain);
        if (chunks <= 1 || threads == 1 || working.get()) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                runChunk(body, chunk, grain, count);
            }
            return;
        }
        Job job = new Job(count, grain, chunks, body);
        for (int i = Math.min(threads, chunks); i > 1; i--) {
            workers.execute(job);
        }
        job.run();
        job.await();
    }

    private static void runChunk(HostDevice.Range body, int chunk, int grain, int count) {
        int from = chunk * grain;
        body.run(from, (int) Math.min(count, (long) from + grain));
    }

    @Override
    public void close() {
        workers.shutdown();
    }

    private final class Job implements Runnable {
        private final int count;
        private final int grain;
        private final int chunks;
        private final HostDevice.Range body;
        private final Thread caller = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        Job(int count, int grain, int chunks, HostDevice.Range body) {
            this.count = count;
            this.grain = grain;
            this.chunks = chunks;
            this.body = body;
        }

        @Override
        public void run() {
            working.set(true);
            try {
                for (int chunk = next.getAndIncrement(); chunk < chunks; chunk = next.getAndIncrement()) {
                    try {
                        if (failure.get() == null) {
                            runChunk(body, chunk, grain, count);
                        }
                    } catch (Throwable e) {
                        failure.compareAndSet(null, e);
                    }
                    if (finished.incrementAndGet() == chunks) {
                        LockSupport.unpark(caller);
                    }
                }
            } finally {
                working.set(false);
            }
        }

        /** Waits for the last chunk, however often the thread is interrupted: nobody may write to memory that the caller believes finished. */
        void await() {
            boolean interrupted = false;
            for (int spin = 0; finished.get() < chunks; spin++) {
                if (spin < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                    interrupted |= Thread.interrupted();
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure.get()) {
                case null -> {
                }
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
    }
}
