package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.driver.DriverException;
import org.junit.jupiter.api.Test;

class CudaArenaTest {
    private static final int[] SIZES = {1, 0, 1000, 64, 700_000, 3, 1_000_000, 17};

    @Test
    void sameRequestsAfterAResetGetTheSameAlignedAddresses() {
        try (EmulatedCard card = new EmulatedCard(); TensorArena arena = card.device.arena()) {
            // all zeros lie together from the first reset on
            addresses(arena);
            arena.reset();
            List<Long> first = addresses(arena);
            long used = arena.used();
            arena.reset();
            assertEquals(0, arena.used());
            assertEquals(first, addresses(arena));
            assertEquals(used, arena.used());
            assertEquals(used, arena.peak());
            assertTrue(first.stream().allMatch(address -> address % 256 == 0), "" + first);
            assertEquals(first.size(), first.stream().distinct().count());
            int launches = card.driver.launches();
            arena.reset();
            addresses(arena);
            assertEquals(1, card.driver.launches() - launches, "zeros in one launch");
        }
    }

    private static List<Long> addresses(TensorArena arena) {
        List<Long> addresses = new ArrayList<>();
        for (int size : SIZES) {
            addresses.add(arena.allocate(DType.F32, Shape.of(size)).memory().address());
            addresses.add(arena.zeros(DType.F64, Shape.of(size)).memory().address());
        }
        return addresses;
    }

    @Test
    void zerosAreZeroAgainAfterAReset() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor ones = card.tensor(1000).set(filled(1000, 1));
            try (TensorArena arena = card.device.arena()) {
                for (int round = 0; round < 4; round++) {
                    // more in every round, so that the last ones were never cleared by a reset
                    for (int i = 0; i <= round; i++) {
                        Tensor zeros = arena.zeros(DType.F32, Shape.of(1000));
                        assertArrayEquals(new float[1000], zeros.toFloats(), "round " + round + ", tensor " + i);
                        card.copy(ones, zeros);
                    }
                    arena.reset();
                }
            }
        }
    }

    @Test
    void zerosOfAStepAreClearedInItsOrder() {
        try (EmulatedCard card = new EmulatedCard(); TensorArena arena = card.device.arena()) {
            Tensor ones = card.tensor(64).set(filled(64, 1));
            Tensor result = card.tensor(64);
            for (int round = 0; round < 3; round++) {
                arena.reset();
                card.device.step(() -> {
                    Tensor zeros = arena.zeros(DType.F32, Shape.of(64));
                    card.copy(zeros, result);
                    card.copy(ones, zeros);
                    card.copy(ones, arena.zeros(DType.F32, Shape.of(64)));
                });
                assertArrayEquals(new float[64], result.toFloats());
            }
        }
    }

    @Test
    void whatWasNotWrittenIsNaN() {
        try (EmulatedCard card = new EmulatedCard()) {
            Tensor x = card.tensor(3).set(1f, 2f, 3f);
            assertArrayEquals(new float[] {1, 2, 3}, x.toFloats());
            card.arena.reset();
            assertTrue(Float.isNaN(card.tensor(3).toFloats()[2]));
        }
    }

    @Test
    void writingBeyondATensorIsFound() {
        EmulatedCard card = new EmulatedCard();
        Tensor x = card.tensor(6);
        card.clear(x, 32);
        DriverException found = assertThrows(DriverException.class, card.arena::reset);
        assertTrue(found.getMessage().contains("memory of 24 bytes"), found.getMessage());
        card.close();
    }

    @Test
    void writingBeyondATensorOfZerosIsFound() {
        EmulatedCard card = new EmulatedCard();
        Tensor ones = card.tensor(8).set(filled(8, 1));
        Tensor x = card.arena.zeros(DType.F32, Shape.of(6));
        card.copy(ones, x);
        assertThrows(DriverException.class, card.arena::reset);
        card.close();
    }

    @Test
    void moreThanTheCardHasIsAnErrorWithNumbers() {
        try (EmulatedCard card = new EmulatedCard()) {
            OutOfDeviceMemoryException error = assertThrows(OutOfDeviceMemoryException.class, () -> card.arena.allocate(DType.F64, Shape.of(1 << 30)));
            assertTrue(error.asked() >= 8L << 30, "" + error.asked());
            assertTrue(error.getMessage().startsWith("cuda:0 has not enough memory: 8.00 GiB asked, "), error.getMessage());
            assertTrue(error.getMessage().contains("free of 4.00 GiB; this process holds "), error.getMessage());
        }
    }

    @Test
    void closingGivesEverythingBack() {
        EmulatedCard card = new EmulatedCard();
        long before = card.device.reservedBytes();
        TensorArena arena = card.device.arena();
        arena.allocate(DType.F32, Shape.of(10_000_000));
        arena.zeros(DType.F32, Shape.of(10));
        assertNotEquals(before, card.device.reservedBytes());
        long kept = card.device.reservedBytes();
        arena.close();
        assertTrue(card.device.reservedBytes() < kept - 40_000_000);
        card.device.arena().allocate(DType.F32, Shape.of(5));
        card.close();
        assertEquals(0, card.driver.allocated());
        assertEquals(0, card.driver.openHandles());
        assertThrows(IllegalStateException.class, card.device::synchronize);
    }

    private static float[] filled(int size, float value) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        return values;
    }
}
