package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyItemRunsOnceInChunksThatDoNotDependOnTheThreads(int threads) {
        try (var pool = new WorkerPool(threads)) {
            for (int[] size : new int[][] {{0, 3}, {1, 3}, {3, 3}, {10, 3}, {1000, 7}, {5, 100}}) {
                var runs = new AtomicIntegerArray(size[0]);
                Set<String> chunks = new ConcurrentSkipListSet<>();
                pool.parallel(size[0], size[1], (from, to) -> {
                    chunks.add(from + "-" + to);
                    for (int i = from; i < to; i++) {
                        runs.incrementAndGet(i);
                    }
                });
                Set<String> expected = new TreeSet<>();
                for (int from = 0; from < size[0]; from += size[1]) {
                    expected.add(from + "-" + Math.min(size[0], from + size[1]));
                }
                assertEquals(expected, chunks);
                for (int i = 0; i < size[0]; i++) {
                    assertEquals(1, runs.get(i));
                }
            }
        }
    }

    @Test
    void severalThreadsWork() {
        try (var pool = new WorkerPool(3)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            // each chunk waits until all three threads are there
            pool.parallel(3, 1, (from, to) -> {
                threads.add(Thread.currentThread());
                while (threads.size() < 3) {
                    Thread.onSpinWait();
                }
            });
            assertEquals(3, threads.size());
            assertTrue(threads.contains(Thread.currentThread()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void anExceptionReachesTheCallerAfterAllWorkHasEnded(int threads) {
        try (var pool = new WorkerPool(threads)) {
            var thrown = new IllegalArgumentException("bad");
            var running = new AtomicInteger();
            for (int repeat = 0; repeat < 50; repeat++) {
                var caught = assertThrows(IllegalArgumentException.class, () -> pool.parallel(100, 1, (from, to) -> {
                    running.incrementAndGet();
                    try {
                        if (from == 7) {
                            throw thrown;
                        }
                    } finally {
                        running.decrementAndGet();
                    }
                }));
                assertSame(thrown, caught);
                assertEquals(0, running.get());
            }
            var error = assertThrows(StackOverflowError.class, () -> pool.parallel(10, 1, (from, to) -> {
                throw new StackOverflowError();
            }));
            assertEquals(StackOverflowError.class, error.getClass());
            // the pool works on
            var count = new AtomicInteger();
            pool.parallel(100, 1, (from, to) -> count.incrementAndGet());
            assertEquals(100, count.get());
        }
    }

    @Test
    void nestedWorkRunsOnTheSameThread() {
        try (var pool = new WorkerPool(3)) {
            var wrong = new AtomicInteger();
            var count = new AtomicInteger();
            // two chunks on three threads: one thread has nothing to do and would take nested work
            pool.parallel(2, 1, (from, to) -> {
                Thread outer = Thread.currentThread();
                pool.parallel(100, 1, (innerFrom, innerTo) -> {
                    count.incrementAndGet();
                    if (Thread.currentThread() != outer) {
                        wrong.incrementAndGet();
                    }
                    LockSupport.parkNanos(100_000);
                });
            });
            assertEquals(200, count.get());
            assertEquals(0, wrong.get());
        }
    }

    @Test
    void workAfterAnExceptionInNestedWorkIsParallelAgain() {
        try (var pool = new WorkerPool(2)) {
            assertThrows(IllegalStateException.class, () -> pool.parallel(4, 1, (from, to) -> pool.parallel(4, 1, (a, b) -> {
                throw new IllegalStateException();
            })));
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            pool.parallel(2, 1, (from, to) -> {
                threads.add(Thread.currentThread());
                while (threads.size() < 2) {
                    Thread.onSpinWait();
                }
            });
            assertEquals(2, threads.size());
        }
    }

    @Test
    void callersDoNotDisturbEachOther() throws InterruptedException {
        try (var pool = new WorkerPool(2)) {
            var total = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    for (int repeat = 0; repeat < 200; repeat++) {
                        var sum = new AtomicInteger();
                        pool.parallel(50, 3, (from, to) -> sum.addAndGet(to - from));
                        total.addAndGet(sum.get());
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(4 * 200 * 50, total.get());
        }
    }

    @Test
    void interruptionIsKeptForTheCallerAndDoesNotCutWorkShort() {
        try (var pool = new WorkerPool(2)) {
            var finished = new AtomicInteger();
            Thread.currentThread().interrupt();
            pool.parallel(8, 1, (from, to) -> {
                long end = System.nanoTime() + 2_000_000;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                finished.incrementAndGet();
            });
            assertEquals(8, finished.get());
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aClosedPoolStillWorksOnTheCallingThread() {
        var pool = new WorkerPool(3);
        pool.close();
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        pool.parallel(100, 1, (from, to) -> threads.add(Thread.currentThread()));
        assertEquals(Set.of(Thread.currentThread()), threads);
    }

    @Test
    void senselessNumbersAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0));
        try (var pool = new WorkerPool(1)) {
            assertThrows(IllegalArgumentException.class, () -> pool.parallel(3, 0, (from, to) -> {
            }));
        }
    }
}
