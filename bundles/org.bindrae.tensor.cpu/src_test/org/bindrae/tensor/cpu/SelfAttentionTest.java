package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.SelfAttention;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.junit.jupiter.api.Test;

class SelfAttentionTest {
    private final SplittableRandom random = new SplittableRandom(3);

    /** Operands on one device, and what they give. */
    private record Trial(Packing sequences, int heads, int columns, double[] q, double[] k, double[] v, double[] rotation) {
        double[] on(CpuDevice device, Kernels kernels, DType type) {
            try (TensorArena arena = device.arena()) {
                Shape shape = Shape.of(sequences.total(), heads * columns);
                Tensor y = arena.allocate(type, shape);
                Tensor angles = arena.allocate(type, Shape.of(rotation.length / columns, columns)).set(rotation);
                kernels.selfAttention(arena.allocate(type, shape).set(q), arena.allocate(type, shape).set(k), arena.allocate(type, shape).set(v),
                        new SelfAttention(sequences, heads, angles), arena, y);
                return y.toDoubles();
            }
        }

        /** By the formula, for one query after the other. */
        double[] expected() {
            int half = columns / 2;
            double[] y = new double[q.length];
            for (int s = 0; s < sequences.count(); s++) {
                for (int head = 0; head < heads; head++) {
                    for (int i = 0; i < sequences.length(s); i++) {
                        int row = ((sequences.start(s) + i) * heads + head) * columns;
                        double[] weights = new double[sequences.length(s)];
                        for (int j = 0; j < weights.length; j++) {
                            int other = ((sequences.start(s) + j) * heads + head) * columns;
                            double score = 0;
                            for (int c = 0; c < columns; c++) {
                                score += turned(q, row, c, half, i) * turned(k, other, c, half, j);
                            }
                            weights[j] = Math.exp(score / Math.sqrt(columns));
                        }
                        double sum = Arrays.stream(weights).sum();
                        for (int j = 0; j < weights.length; j++) {
                            for (int c = 0; c < columns; c++) {
                                y[row + c] += weights[j] / sum * v[((sequences.start(s) + j) * heads + head) * columns + c];
                            }
                        }
                    }
                }
            }
            return y;
        }

        private double turned(double[] x, int row, int c, int half, int position) {
            double cosine = rotation[position * columns + c % half];
            double sine = rotation[position * columns + half + c % half];
            return c < half ? x[row + c] * cosine - x[row + half + c] * sine : x[row + c] * cosine + x[row + c - half] * sine;
        }
    }

    private Trial trial(int heads, int columns, int... lengths) {
        Packing sequences = Packing.ofLengths(lengths);
        int size = sequences.total() * heads * columns;
        return new Trial(sequences, heads, columns, numbers(size), numbers(size), numbers(size), numbers(sequences.longest() * columns));
    }

    private double[] numbers(int count) {
        return random.doubles(count, -1.5, 1.5).map(value -> (float) value).toArray();
    }

    /** The implementation that devices without one of their own have. */
    private static Kernels composed(Kernels kernels) {
        InvocationHandler handler = (proxy, method, arguments) -> method.getName().equals("selfAttention")
                ? InvocationHandler.invokeDefault(proxy, method, arguments) : method.invoke(kernels, arguments);
        return (Kernels) Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, handler);
    }

    @Test
    void isTheFormulaInEveryPrecisionAndByComposition() {
        try (CpuDevice vector = new CpuDevice(2, true); CpuDevice scalar = new CpuDevice(2, false)) {
            for (Trial trial : new Trial[] {trial(1, 2, 1), trial(3, 8, 5, 0, 17), trial(2, 24, 130, 3), trial(2, 34, 40), trial(1, 16, 1100)}) {
                double[] expected = trial.expected();
                assertArrayEquals(expected, trial.on(vector, vector.kernels(), DType.F64), 1e-13);
                assertArrayEquals(expected, trial.on(vector, composed(vector.kernels()), DType.F64), 1e-13);
                assertArrayEquals(expected, trial.on(vector, vector.kernels(), DType.F32), 3e-6);
                assertArrayEquals(expected, trial.on(scalar, scalar.kernels(), DType.F32), 3e-6);
                assertArrayEquals(expected, trial.on(scalar, composed(scalar.kernels()), DType.F32), 3e-6);
            }
        }
    }

    @Test
    void aSequenceGivesTheSameBitsAloneAndInABatchOnAnyThreads() {
        Trial together = trial(2, 16, 300, 700, 40);
        int from = 300 * 2 * 16;
        int to = 1000 * 2 * 16;
        Trial alone = new Trial(Packing.ofLengths(700), 2, 16, Arrays.copyOfRange(together.q, from, to), Arrays.copyOfRange(together.k, from, to),
                Arrays.copyOfRange(together.v, from, to), together.rotation);
        try (CpuDevice one = new CpuDevice(1, true); CpuDevice three = new CpuDevice(3, true)) {
            double[] all = together.on(three, three.kernels(), DType.F32);
            assertArrayEquals(all, together.on(one, one.kernels(), DType.F32));
            assertArrayEquals(Arrays.copyOfRange(all, from, to), alone.on(three, three.kernels(), DType.F32));
        }
    }

    @Test
    void largeScoresDoNotOverflow() {
        Trial trial = trial(1, 4, 600);
        double[] large = Arrays.stream(trial.q).map(value -> 200 * value).toArray();
        Trial scaled = new Trial(trial.sequences, 1, 4, large, trial.k, trial.v, trial.rotation);
        try (CpuDevice device = new CpuDevice(2, true)) {
            assertArrayEquals(scaled.on(device, device.kernels(), DType.F64), scaled.on(device, device.kernels(), DType.F32), 2e-3);
            assertTrue(Arrays.stream(scaled.on(device, device.kernels(), DType.F32)).allMatch(Double::isFinite));
        }
    }

    @Test
    void memoryGrowsWithTheRowsOnly() {
        try (CpuDevice device = new CpuDevice(2, true)) {
            assertEquals(10, bytes(device, 3000) / bytes(device, 300), 0.01);
        }
    }

    private static double bytes(CpuDevice device, int length) {
        try (TensorArena arena = device.arena(); TensorArena room = device.arena()) {
            Tensor x = arena.zeros(DType.F32, Shape.of(length, 16));
            device.kernels().selfAttention(x, x, x, new SelfAttention(Packing.ofLengths(length), 2, arena.zeros(DType.F32, Shape.of(length, 8))), room,
                    arena.zeros(DType.F32, Shape.of(length, 16)));
            return room.peak();
        }
    }

    @Test
    void operandsThatDoNotFitAreRefused() {
        Trial trial = trial(2, 4, 9);
        Trial positions = new Trial(trial.sequences, 2, 4, trial.q, trial.k, trial.v, Arrays.copyOf(trial.rotation, 8 * 4));
        try (CpuDevice device = new CpuDevice(1, true)) {
            assertThrows(IllegalArgumentException.class, () -> positions.on(device, device.kernels(), DType.F32));
            assertThrows(IllegalArgumentException.class, () -> positions.on(device, composed(device.kernels()), DType.F32));
        }
    }
}
