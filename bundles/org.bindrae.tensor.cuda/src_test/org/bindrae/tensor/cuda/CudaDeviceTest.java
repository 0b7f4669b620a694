package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.driver.DriverException;
import org.junit.jupiter.api.Test;

class CudaDeviceTest {
    interface Doubling {
        CudaDevice device();
    }

    private static final CudaOperations<Doubling> DOUBLING = new CudaOperations<>() {
        @Override
        public Class<Doubling> type() {
            return Doubling.class;
        }

        @Override
        public Doubling on(CudaDevice device) {
            return () -> device;
        }
    };

    @Test
    void operationsAreMadeOncePerPrecision() {
        try (EmulatedCard card = new EmulatedCard(DOUBLING)) {
            Doubling made = card.device.operations(Doubling.class);
            assertSame(card.device, made.device());
            assertSame(made, card.device.operations(Doubling.class));
            CudaDevice rounded = card.device.withPrecision(Precision.BF16);
            assertEquals(Precision.BF16, rounded.precision());
            assertNotSame(made, rounded.operations(Doubling.class));
            assertSame(rounded, rounded.operations(Doubling.class).device());
        }
    }

    @Test
    void aPrecisionHasOneDevice() {
        try (EmulatedCard card = new EmulatedCard()) {
            CudaDevice other = card.device.withPrecision(Precision.BF16);
            assertSame(other, card.device.withPrecision(Precision.BF16));
            assertSame(card.device, other.withPrecision(Precision.FP32));
        }
    }

    @Test
    void operationsOfABundleThatIsBackAreMadeAnew() {
        try (EmulatedCard card = new EmulatedCard(DOUBLING)) {
            Doubling made = card.device.operations(Doubling.class);
            CudaDevice other = card.device.withPrecision(Precision.BF16);
            Doubling rounded = other.operations(Doubling.class);
            Tensor x = card.tensor(4);
            card.clear(x, 16);
            card.device.forget(DOUBLING);
            assertNotSame(made, card.device.operations(Doubling.class));
            assertNotSame(rounded, other.operations(Doubling.class));
        }
    }

    @Test
    void operationsLeaveWhenAStepHasEndedThatAnotherThreadRecords() throws InterruptedException {
        try (EmulatedCard card = new EmulatedCard(DOUBLING)) {
            Tensor x = card.tensor(4);
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch recording = new CountDownLatch(1);
            Thread trainer = Thread.ofPlatform().start(() -> card.device.step(() -> {
                recording.countDown();
                try {
                    Thread.sleep(100);
                } catch (InterruptedException e) {
                    order.add("interrupted");
                }
                card.clear(x, 16);
                order.add("step");
            }));
            recording.await();
            card.device.forget(DOUBLING);
            order.add("forgotten");
            trainer.join();
            assertEquals(List.of("step", "forgotten"), order);
        }
    }

    @Test
    void closingLetsAStepEndThatAnotherThreadRecords() throws InterruptedException {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(4);
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch recording = new CountDownLatch(1);
            Thread trainer = Thread.ofPlatform().start(() -> {
                card.device.step(() -> {
                    recording.countDown();
                    try {
                        Thread.sleep(100);
                    } catch (InterruptedException e) {
                        order.add("interrupted");
                    }
                    card.clear(x, 16);
                    order.add("step");
                });
            });
            recording.await();
            card.device.onClose(() -> order.add("closing"));
            card.device.close();
            order.add("closed");
            trainer.join();
            assertEquals(List.of("step", "closing", "closed"), order);
            assertThrows(IllegalStateException.class, () -> card.device.step(() -> card.clear(x, 16)));
            assertEquals(0, card.driver.openHandles());
        }
    }

    @Test
    void operationsThatNothingBringsAreNamed() {
        try (EmulatedCard card = new EmulatedCard()) {
            IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () -> card.device.operations(Doubling.class));
            assertTrue(error.getMessage().startsWith("nothing installed brings Doubling to cuda:0: "), error.getMessage());
        }
    }

    @Test
    void dataOfAllSizesComesBack() {
        try (EmulatedCard card = new EmulatedCard()) {
            Random random = new Random(3);
            for (int size : new int[] {0, 1, 5, 1000, 1 << 20, 3_000_001}) {
                float[] values = new float[size];
                for (int i = 0; i < size; i++) {
                    values[i] = random.nextFloat();
                }
                assertArrayEquals(values, card.tensor(size).set(values).toFloats(), "size " + size);
            }
            Tensor doubles = card.arena.allocate(DType.F64, Shape.of(2)).set(Math.PI, -1e300);
            assertArrayEquals(new double[] {Math.PI, -1e300}, doubles.toDoubles());
        }
    }

    @Test
    void viewsOfOtherPrecisionsShareMemory() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(3).set(1f, 2f, 3f);
            CudaDevice other = card.device.withPrecision(Precision.TF32);
            Tensor y = other.arena().allocate(DType.F32, Shape.of(3));
            card.copy(x, y);
            assertArrayEquals(new float[] {1, 2, 3}, y.toFloats());
            assertSame(card.device, card.device.withPrecision(Precision.FP32));
        }
    }

    @Test
    void argumentsThatDoNotFitAreRefused() {
        try (EmulatedCard card = new EmulatedCard(); EmulatedCard second = new EmulatedCard()) {
            Tensor x = card.tensor(4);
            CudaKernel kernel = card.kernel("tensor_clear");
            assertThrows(IllegalArgumentException.class, () -> kernel.launch(1, 256, x, "16"));
            IllegalArgumentException foreign = assertThrows(IllegalArgumentException.class, () -> kernel.launch(1, 256, second.tensor(4), 16L));
            assertTrue(foreign.getMessage().endsWith("is memory of another device"), foreign.getMessage());
            assertThrows(IllegalArgumentException.class, () -> kernel.launch(1, 70_000, 1, 256, 0, x, 16L));
            assertThrows(IllegalArgumentException.class, () -> card.kernel("tensor_nothing"));
            assertThrows(IllegalArgumentException.class, () -> card.device.download(second.tensor(4), MemorySegment.ofArray(new float[4])));
        }
    }

    @Test
    void theKernelThatFailsIsNamed() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(4);
            DriverException error = assertThrows(DriverException.class, () -> card.kernel("tensor_clear").launch(1, 2048, x, 16L));
            assertTrue(error.getMessage().contains("tensor_clear with a grid of 1×1×1, blocks of 2048"), error.getMessage());
        }
    }

    @Test
    void scratchGrowsAndStays() {
        try (EmulatedCard card = new EmulatedCard()) {
            MemorySegment small = card.device.scratch(100);
            assertEquals(100, small.byteSize());
            assertEquals(small.address(), card.device.scratch(1000).address());
            MemorySegment large = card.device.scratch(3 << 20);
            assertEquals(3 << 20, large.byteSize());
            assertEquals(0, large.address() % 256);
            assertEquals(large.address(), card.device.scratch(5).address());
        }
    }

    @Test
    void aDeviceThatNobodyUsesTakesNothing() {
        EmulatedCard card = new EmulatedCard();
        assertTrue(card.device.description().startsWith("emulated card, 4.00 GiB"), card.device.description());
        assertEquals(0, card.driver.allocated());
        card.close();
        assertEquals(0, card.driver.openHandles());
    }
}
