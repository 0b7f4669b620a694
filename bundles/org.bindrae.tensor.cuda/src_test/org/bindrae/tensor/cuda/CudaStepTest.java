package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.junit.jupiter.api.Test;

class CudaStepTest {
    private static float[] values(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    @Test
    void uploadsAndLaunchesOfAStepKeepTheirOrder() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(100);
            Tensor first = card.tensor(100);
            Tensor second = card.tensor(100);
            for (int step = 0; step < 5; step++) {
                Random random = new Random(step);
                float[] a = values(random, 100);
                float[] b = values(random, 100);
                float[] c = values(random, 100);
                card.device.step(() -> {
                    float[] host = a.clone();
                    x.set(host);
                    // the caller may write to its memory at once
                    host[0] = -1;
                    card.copy(x, first);
                    x.set(c);
                    x.set(b);
                    card.copy(x, second);
                    x.set(c);
                });
                assertArrayEquals(a, first.toFloats());
                assertArrayEquals(b, second.toFloats());
                assertArrayEquals(c, x.toFloats());
            }
            assertEquals(5, card.driver.runs());
            assertEquals(List.of(), card.device.notes());
        }
    }

    /** What is uploaded to memory of the step's own comes before the step's first launch; what is uploaded over something used comes where it is. */
    @Test
    void uploadsToMemoryThatNothingHasUsedAreTakenTogether() {
        try (EmulatedCard card = new EmulatedCard(EmulatedDriver::openWithoutGuards); TensorArena arena = card.device.arena()) {
            Kernels kernels = card.device.kernels();
            Tensor sum = card.tensor(100);
            for (int step = 0; step < 4; step++) {
                Random random = new Random(step);
                float[][] data = {values(random, 100), values(random, 100), values(random, 100), values(random, 100), values(random, 100)};
                float[] expected = new float[100];
                for (float[] values : data) {
                    for (int i = 0; i < expected.length; i++) {
                        expected[i] += values[i];
                    }
                }
                int launches = card.driver.launches();
                card.device.step(() -> {
                    kernels.fill(sum, 0);
                    Tensor work = arena.allocate(DType.F32, Shape.of(100));
                    for (int i = 0; i < 3; i++) {
                        kernels.axpby(1, arena.allocate(DType.F32, Shape.of(100)).set(data[i]), 1, sum);
                    }
                    // used before
                    kernels.fill(work, 0);
                    kernels.axpby(1, work.set(data[3]), 1, sum);
                    // the same memory again
                    arena.reset();
                    kernels.axpby(1, arena.allocate(DType.F32, Shape.of(100)).set(data[4]), 1, sum);
                });
                assertArrayEquals(expected, sum.toFloats());
                // seven of ours, one for the first three uploads, and one for each of the others
                assertEquals(7 + 3, card.driver.launches() - launches);
                arena.reset();
            }
        }
    }

    @Test
    void uploadsThatFillManyBlocksArrive() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor[] targets = new Tensor[6];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = card.tensor(i == 3 ? 1_200_001 : 400_003);
            }
            for (int round = 0; round < 3; round++) {
                Random random = new Random(round);
                List<float[]> data = new ArrayList<>();
                card.device.step(() -> {
                    for (Tensor target : targets) {
                        float[] values = values(random, (int) target.size());
                        data.add(values);
                        target.set(values);
                    }
                });
                for (int i = 0; i < targets.length; i++) {
                    assertArrayEquals(data.get(i), targets[i].toFloats(), "target " + i);
                }
            }
        }
    }

    @Test
    void moreUploadsThanATableHoldsArrive() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor[] targets = new Tensor[2500];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = card.tensor(1);
            }
            card.device.step(() -> {
                for (int i = 0; i < targets.length; i++) {
                    targets[i].set((float) i);
                }
            });
            for (int i = 0; i < targets.length; i++) {
                assertEquals(i, targets[i].item());
            }
        }
    }

    @Test
    void aGraphThatRunsAgainDoesWhatPlainLaunchesDo() {
        List<double[]> replayed = results(false);
        List<double[]> plain = results(true);
        assertEquals(plain.size(), replayed.size());
        for (int i = 0; i < plain.size(); i++) {
            assertArrayEquals(plain.get(i), replayed.get(i), "result " + i);
        }
    }

    /** Steps of random forms: few, so that graphs are run again, and more than there are graphs, so that some are changed to other grids and some given up. */
    private static List<double[]> results(boolean refuseGraphs) {
        List<double[]> results = new ArrayList<>();
        try (EmulatedCard card = new EmulatedCard(); TensorArena arena = card.device.arena()) {
            if (refuseGraphs) {
                card.driver.refuseGraphs();
            }
            Random random = new Random(7);
            Tensor state = card.tensor(512).set(new float[512]);
            List<Supplier<double[]>> later = new ArrayList<>();
            for (int step = 0; step < 120; step++) {
                int size = 16 + 16 * random.nextInt(12);
                int copies = 4 + random.nextInt(2);
                float[] data = values(random, size);
                arena.reset();
                card.device.step(() -> {
                    Tensor x = arena.allocate(DType.F32, Shape.of(size)).set(data);
                    for (int i = 0; i < copies; i++) {
                        Tensor y = arena.zeros(DType.F32, Shape.of(size));
                        card.kernel("tensor_copy_words").launch(1 + size / 100, 256, x, y, x.bytes() - 16L * (i % 2));
                        x = y;
                    }
                    card.copy(x, state);
                    later.add(card.device.downloadLater(state));
                });
            }
            later.forEach(result -> results.add(result.get()));
            if (refuseGraphs) {
                assertEquals(0, card.driver.runs());
                assertEquals(1, card.device.notes().size());
                assertTrue(card.device.notes().getFirst().endsWith("creating a graph: refused"), card.device.notes().getFirst());
            } else {
                assertEquals(120, card.driver.runs());
                assertEquals(List.of(), card.device.notes());
            }
        }
        return results;
    }

    @Test
    void resultsTakenLaterAreThoseOfTheirTimeAndOutliveTheArena() {
        try (EmulatedCard card = new EmulatedCard()) {
            List<Supplier<double[]>> results = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                try (TensorArena arena = card.device.arena()) {
                    Tensor x = arena.allocate(DType.F32, Shape.of(3));
                    Tensor y = arena.allocate(DType.I32, Shape.of(1));
                    int step = i;
                    Runnable work = () -> {
                        x.set(1f * step, 2f * step, 3f * step);
                        results.add(card.device.downloadLater(x));
                        y.set(step);
                        results.add(card.device.downloadLater(y));
                        x.set(-1f, -1f, -1f);
                    };
                    if (i % 2 == 0) {
                        card.device.step(work);
                    } else {
                        work.run();
                    }
                }
            }
            for (int i = 0; i < 30; i++) {
                assertArrayEquals(new double[] {i, 2 * i, 3 * i}, results.get(2 * i).get());
                assertArrayEquals(new double[] {i}, results.get(2 * i + 1).get());
            }
        }
    }

    @Test
    void largeResultsAreWaitedFor() {
        try (EmulatedCard card = new EmulatedCard()) {
            float[] data = values(new Random(1), 300_000);
            Tensor x = card.tensor(data.length).set(data);
            Supplier<double[]> result = card.device.downloadLater(x);
            card.arena.reset();
            assertEquals(data[299_999], (float) result.get()[299_999]);
        }
    }

    @Test
    void aStepThatFailsIsOverAndDeviceWorksOn() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(4);
            IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> card.device.step(() -> {
                x.set(1f, 2f, 3f, 4f);
                throw new IllegalStateException("cancelled");
            }));
            assertEquals("cancelled", thrown.getMessage());
            card.device.step(() -> card.clear(x, 8));
            card.device.step(() -> card.clear(x, 16));
            assertArrayEquals(new float[4], x.toFloats());
        }
    }

    @Test
    void readingWithinAStepGivesWhatWasQueuedBefore() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(2);
            card.device.step(() -> {
                x.set(1f, 2f);
                assertArrayEquals(new float[] {1, 2}, x.toFloats());
                x.set(3f, 4f);
            });
            assertArrayEquals(new float[] {3, 4}, x.toFloats());
        }
    }

    @Test
    void threadsShareADevice() throws InterruptedException {
        try (EmulatedCard card = new EmulatedCard()) {
            List<Throwable> failures = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                threads.add(Thread.ofPlatform().uncaughtExceptionHandler((thread, e) -> {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }).start(() -> {
                    Random random = new Random(seed);
                    try (TensorArena arena = card.device.arena()) {
                        for (int i = 0; i < 50; i++) {
                            float[] data = values(random, 1000);
                            Tensor x = arena.allocate(DType.F32, Shape.of(1000)).set(data);
                            Tensor y = arena.zeros(DType.F32, Shape.of(1000));
                            card.copy(x, y);
                            assertArrayEquals(data, y.toFloats());
                            arena.reset();
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(List.of(), failures);
        }
    }

    @Test
    void timeIsOfWhatWasQueued() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(1 << 16);
            assertEquals(0, card.device.milliseconds(() -> {
            }));
            assertTrue(card.device.milliseconds(() -> card.device.step(() -> card.clear(x, x.bytes()))) > 0);
        }
    }
}
