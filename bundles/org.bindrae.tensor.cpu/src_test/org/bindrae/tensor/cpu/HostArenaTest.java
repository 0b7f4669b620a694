package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostArenaTest {
    private final CpuDevice device = new CpuDevice(1, true);
    private final HostArena arena = new HostArena(device);

    @AfterEach
    void close() {
        arena.close();
        device.close();
    }

    private List<Long> addresses(RandomGenerator random, int count, int largest) {
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            addresses.add(arena.allocate(DType.F32, Shape.of(random.nextInt(largest))).memory().address());
        }
        return addresses;
    }

    @Test
    void aResetHandsOutTheSameAddressesAgain() {
        List<Long> first = addresses(new SplittableRandom(1), 300, 200_000);
        long used = arena.used();
        long capacity = arena.capacity();
        for (int step = 0; step < 3; step++) {
            arena.reset();
            assertEquals(0, arena.used());
            assertEquals(first, addresses(new SplittableRandom(1), 300, 200_000));
            assertEquals(used, arena.used());
            assertEquals(used, arena.peak());
            assertEquals(capacity, arena.capacity());
        }
    }

    @Test
    void memoryIsAlignedAndDoesNotOverlap() {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Tensor tensor = arena.allocate(i % 2 == 0 ? DType.F32 : DType.F64, Shape.of(i * i));
            assertEquals(0, tensor.memory().address() % 64);
            device.kernels().fill(tensor, i);
            tensors.add(tensor);
        }
        for (int i = 0; i < 100; i++) {
            double[] expected = new double[i * i];
            Arrays.fill(expected, i);
            assertArrayEquals(expected, tensors.get(i).toDoubles());
        }
    }

    @Test
    void peakIsTheLargestUseOfAnyStep() {
        arena.allocate(DType.F64, Shape.of(1000));
        arena.reset();
        arena.allocate(DType.F64, Shape.of(8));
        assertEquals(64, arena.used());
        assertEquals(8000, arena.peak());
    }

    @Test
    void stepsOfEverNewSizesDoNotPileUpMemory() {
        long chunk = 1 << 14;
        try (var small = new HostArena(device, 1 << 10, chunk)) {
            for (int step = 0; step < 60; step++) {
                small.reset();
                for (int i = 0; i < 6; i++) {
                    small.allocate(DType.F32, Shape.of(5_000 + step * 100 + i));
                }
                // a reset leaves twice the peak and a chunk, and one step's worth may come on top
                assertTrue(small.capacity() <= 3 * small.peak() + 2 * chunk, small.capacity() + " for a peak of " + small.peak());
            }
        }
    }

    @Test
    void aTrainingStepNeedsNoMoreMemoryTheSecondTime() {
        long[] used = new long[3];
        long[] capacity = new long[3];
        for (int step = 0; step < 3; step++) {
            arena.reset();
            Tape tape = Tape.training(arena, step);
            Tensor x = tape.variable(arena.zeros(DType.F32, Shape.of(300, 700)));
            Tensor y = Ops.dropout(tape, Ops.softmax(tape, Ops.add(tape, x, x)), 0.1);
            tape.backward(Ops.weightedSum(tape, y, null));
            used[step] = arena.used();
            capacity[step] = arena.capacity();
        }
        assertArrayEquals(new long[] {used[0], used[0], used[0]}, used);
        assertArrayEquals(new long[] {capacity[0], capacity[0], capacity[0]}, capacity);
    }

    @Test
    void closedMemoryIsNotTouched() {
        Tensor tensor = arena.zeros(DType.F32, Shape.of(3));
        arena.close();
        assertThrows(IllegalStateException.class, tensor::toFloats);
        arena.close();
    }
}
