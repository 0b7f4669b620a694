package org.bindrae.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

import org.bindrae.data.PreparationReport.Outcome;
import org.bindrae.data.PreparationReport.Status;

/**
 * Turns the complexes of a data set into samples of a cache, several at a time. What is there already and made of the same files stays; what cannot be used
 * costs only itself.
 */
public final class Preparation {
    private final SampleCache cache;
    private final PreparationSettings settings;
    private final int threads;

    /** @param threads how many complexes at a time; at least 1 */
    public Preparation(SampleCache cache, PreparationSettings settings, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads");
        }
        this.cache = cache;
        this.settings = settings;
        this.threads = threads;
    }

    /** With as many threads as there are processors. */
    public Preparation(SampleCache cache, PreparationSettings settings) {
        this(cache, settings, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Prepares all of a data set. The report has the order of the data set, whatever the number of threads.
     *
     * @throws CancellationException when the thread was interrupted; finished samples stay in the cache
     */
    public PreparationReport run(DataSet data, ProgressListener listener) {
        List<Outcome> outcomes = new ArrayList<>();
        AtomicInteger done = new AtomicInteger();
        int total = data.sources().size();
        ThreadFactory factory = Thread.ofPlatform().name("prepare-", 0).daemon().factory();
        try (ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, Math.max(1, total)), factory)) {
            List<Future<Outcome>> futures = new ArrayList<>();
            for (ComplexSource source : data.sources()) {
                futures.add(pool.submit(() -> {
                    Outcome outcome = prepare(source);
                    listener.progress(done.incrementAndGet(), total, "complexes", outcome.status() == Status.REFUSED ? source.id() + " refused" : source.id());
                    return outcome;
                }));
            }
            try {
                for (Future<Outcome> future : futures) {
                    outcomes.add(future.get());
                }
            } catch (InterruptedException e) {
                pool.shutdownNow();
                Thread.currentThread().interrupt();
                throw new CancellationException("preparation of " + data.name() + " stopped after " + done.get() + " of " + total + " complexes");
            } catch (ExecutionException e) {
                // not of a complex, which prepare() reports, but of the machine or of the listener
                pool.shutdownNow();
                throw new IllegalStateException("preparation of " + data.name() + " failed: " + e.getCause(), e.getCause());
            }
        }
        return new PreparationReport(data.name(), settings, outcomes, data.notes());
    }

    private Outcome prepare(ComplexSource source) {
        try {
            ComplexReader reader = new ComplexReader(settings);
            String hash = reader.hash(source);
            if (cache.holds(source.id(), hash)) {
                return Outcome.of(cache.read(source.id()), Status.CACHED);
            }
            Sample sample = reader.read(source);
            cache.write(sample);
            return Outcome.of(sample, Status.PREPARED);
        } catch (IOException e) {
            return Outcome.refused(source.id(), e.getMessage() == null ? e.toString() : e.getMessage());
        } catch (RuntimeException | StackOverflowError e) {
            return Outcome.refused(source.id(), "internal error: " + e.getClass().getName() + ": " + e.getMessage());
        }
    }
}
