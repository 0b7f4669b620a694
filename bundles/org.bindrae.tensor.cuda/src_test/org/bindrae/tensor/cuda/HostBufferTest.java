package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.Test;

class HostBufferTest {
    private static HostBuffer buffer(EmulatedCard card, float... values) {
        HostBuffer buffer = card.device.hostBuffer(4L * values.length);
        for (int i = 0; i < values.length; i++) {
            buffer.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
        }
        return buffer;
    }

    private static float[] random(SplittableRandom random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = random.nextInt(1000);
        }
        return values;
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    @Test
    void bringsItsValuesInsideAndOutsideOfSteps() {
        try (EmulatedCard card = new EmulatedCard(); HostBuffer buffer = buffer(card, 1, 2, 3, 4)) {
            Tensor x = card.tensor(4);
            card.device.upload(buffer, x);
            assertArrayEquals(new double[] {1, 2, 3, 4}, x.toDoubles());
            Tensor y = card.tensor(3);
            card.device.step(() -> card.device.upload(buffer, y));
            assertArrayEquals(new double[] {1, 2, 3}, y.toDoubles());
        }
    }

    @Test
    void uploadsOfBuffersAndArraysKeepTheirOrder() {
        SplittableRandom random = new SplittableRandom(7);
        try (EmulatedCard card = new EmulatedCard()) {
            int large = 1_200_000;
            Tensor[] targets = {card.tensor(8), card.tensor(large), card.tensor(33)};
            List<Supplier<double[]>> read = new ArrayList<>();
            List<double[]> expected = new ArrayList<>();
            for (int step = 0; step < 6; step++) {
                card.device.step(() -> {
                    for (int i = 0; i < 12; i++) {
                        Tensor target = targets[random.nextInt(targets.length)];
                        float[] values = random(random, (int) target.size());
                        if (random.nextBoolean()) {
                            // closed before the card has it, and its memory perhaps taken for the next one
                            try (HostBuffer buffer = buffer(card, values)) {
                                card.device.upload(buffer, target);
                            }
                        } else {
                            target.set(values);
                        }
                        if (target.size() < large) {
                            read.add(card.device.downloadLater(target));
                            expected.add(widened(values));
                        } else {
                            Tensor last = Tensor.wrap(card.device, target.dtype(), Shape.of(1), target.memory().asSlice(4L * (large - 1)));
                            read.add(card.device.downloadLater(last));
                            expected.add(new double[] {values[large - 1]});
                        }
                    }
                });
            }
            for (int i = 0; i < read.size(); i++) {
                assertArrayEquals(expected.get(i), read.get(i).get(), "upload " + i);
            }
        }
    }

    @Test
    void memoryOfClosedBuffersIsUsedAgain() {
        try (EmulatedCard card = new EmulatedCard()) {
            HostBuffer first = buffer(card, 1, 2);
            HostBuffer second = buffer(card, 3, 4);
            long address = first.memory().address();
            assertNotEquals(address, second.memory().address());
            Tensor x = card.tensor(2);
            card.device.step(() -> card.device.upload(first, x));
            first.close();
            first.close();
            HostBuffer third = buffer(card, 5, 6);
            HostBuffer fourth = buffer(card, 7, 8);
            assertEquals(address, third.memory().address());
            assertNotEquals(address, fourth.memory().address());
            assertArrayEquals(new double[] {1, 2}, x.toDoubles());
        }
    }
}
