package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device.KernelTime;
import org.bindrae.tensor.Kernels.LinearGradient;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients of many linear maps in one launch, on the emulator against sums in double precision. */
class WeightGradientsTest {
    @AutoClose
    private final EmulatedCard card = new EmulatedCard();
    private final CudaDevice device = card.device;
    private final TensorArena arena = card.arena;

    private Tensor random(SplittableRandom random, int... shape) {
        return card.random(DType.F32, random, shape);
    }

    /** Of random sizes, some weights several times, some without bias. */
    private List<LinearGradient> gradients(long seed, int most) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LinearGradient> gradients = new ArrayList<>();
        for (int weight = 0; weight < 7; weight++) {
            int step = random.nextBoolean() ? 4 : 1;
            int out = step * random.nextInt(1, most / step);
            int in = step * random.nextInt(1, most / step);
            Tensor dweight = random(random, out, in);
            Tensor dbias = random.nextInt(3) == 0 ? null : random(random, out);
            for (int use = random.nextInt(3); use >= 0; use--) {
                int rows = random.nextInt(1, 120);
                gradients.add(random.nextInt(gradients.size() + 1), new LinearGradient(random(random, rows, out), random(random, rows, in), dweight, dbias));
            }
        }
        return gradients;
    }

    /** Weights of many rows and few columns, in several uses, beside weights of few rows. */
    private List<LinearGradient> longAndShort(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LinearGradient> gradients = new ArrayList<>();
        int[][] sizes = {{13, 40, 700}, {3, 7, 1300}, {64, 28, 530}, {200, 44, 1600}, {90, 60, 40}, {17, 95, 33}};
        for (int[] size : sizes) {
            Tensor dweight = random(random, size[0], size[1]);
            Tensor dbias = size[0] == 64 ? null : random(random, size[0]);
            for (int rows : new int[] {size[2], size[2] / 3, 1}) {
                gradients.add(random.nextInt(gradients.size() + 1),
                        new LinearGradient(random(random, rows, size[0]), random(random, rows, size[1]), dweight, dbias));
            }
        }
        return gradients;
    }

    /** What dweight and dbias of each should become. */
    private static List<double[]> expected(List<LinearGradient> gradients) {
        List<double[]> results = new ArrayList<>();
        for (LinearGradient g : gradients) {
            double[] dweight = g.dweight().toDoubles();
            double[] dbias = g.dbias() == null ? new double[0] : g.dbias().toDoubles();
            for (LinearGradient use : gradients) {
                if (use.dweight() != g.dweight() && (g.dbias() == null || use.dbias() != g.dbias())) {
                    continue;
                }
                double[] dy = use.dy().toDoubles();
                double[] x = use.x().toDoubles();
                int out = use.dy().columns();
                int in = use.x().columns();
                for (int row = 0; row < use.x().rows(); row++) {
                    for (int o = 0; o < out; o++) {
                        for (int i = 0; use.dweight() == g.dweight() && i < in; i++) {
                            dweight[o * in + i] += dy[row * out + o] * x[row * in + i];
                        }
                        if (g.dbias() != null && use.dbias() == g.dbias()) {
                            dbias[o] += dy[row * out + o];
                        }
                    }
                }
            }
            results.add(dweight);
            results.add(dbias);
        }
        return results;
    }

    private static List<double[]> actual(List<LinearGradient> gradients) {
        List<double[]> results = new ArrayList<>();
        for (LinearGradient g : gradients) {
            results.add(g.dweight().toDoubles());
            results.add(g.dbias() == null ? new double[0] : g.dbias().toDoubles());
        }
        return results;
    }

    private static void assertNear(List<double[]> expected, List<double[]> actual, double tolerance) {
        for (int i = 0; i < expected.size(); i++) {
            // biases are sums of what is given, in any precision
            assertArrayEquals(expected.get(i), actual.get(i), i % 2 == 0 ? tolerance : 1e-4);
        }
    }

    @ParameterizedTest
    @CsvSource({"FP32, 1e-4", "TF32, 0.02", "BF16, 0.15"})
    void randomListsAgreeWithDoublePrecisionAndRepeatTheirBits(Precision precision, double tolerance) {
        for (long seed = 0; seed < 4; seed++) {
            List<LinearGradient> gradients = gradients(seed, seed == 0 ? 200 : 90);
            List<LinearGradient> again = gradients(seed, seed == 0 ? 200 : 90);
            List<double[]> expected = expected(gradients);
            WeightGradients weights = new WeightGradients(device.withPrecision(precision));
            assertEquals(List.of(), weights.addAll(gradients));
            assertNear(expected, actual(gradients), tolerance);
            weights.addAll(again);
            List<double[]> bits = actual(gradients);
            List<double[]> repeated = actual(again);
            for (int i = 0; i < bits.size(); i++) {
                assertArrayEquals(bits.get(i), repeated.get(i));
            }
        }
    }

    /** Products of matrices of at most 8192 elements keep TF32 in BF16, and all weights here are so small but one. */
    @ParameterizedTest
    @CsvSource({"FP32, 2e-4", "TF32, 0.04", "BF16, 0.04"})
    void longWeightsAreCutAndAddedUpBesideShortOnes(Precision precision, double tolerance) {
        List<LinearGradient> gradients = longAndShort(3);
        List<LinearGradient> again = longAndShort(3);
        List<double[]> expected = expected(gradients);
        WeightGradients weights = new WeightGradients(device.withPrecision(precision));
        List<KernelTime> launched = device.profile(() -> assertEquals(List.of(), weights.addAll(gradients)));
        assertEquals(precision == Precision.BF16 ? 3 : 2, launched.stream().filter(kernel -> kernel.kernel().startsWith("gemm_")).count(), launched.toString());
        assertTrue(launched.stream().anyMatch(kernel -> kernel.kernel().equals("gemm_addSlabs_f32") && kernel.launches() == 1), launched.toString());
        List<double[]> actual = actual(gradients);
        for (int i = 0; i < expected.size(); i++) {
            boolean bf16 = precision == Precision.BF16 && gradients.get(i / 2).dweight().size() > 8192;
            assertArrayEquals(expected.get(i), actual.get(i), i % 2 == 1 ? 1e-4 : bf16 ? 8 * tolerance : tolerance);
        }
        weights.addAll(again);
        List<double[]> repeated = actual(again);
        for (int i = 0; i < actual.size(); i++) {
            assertArrayEquals(actual.get(i), repeated.get(i));
        }
    }

    @Test
    void aWeightHasTheSameBitsBesideOthersAndAlone() {
        List<LinearGradient> gradients = longAndShort(5);
        List<LinearGradient> again = longAndShort(5);
        WeightGradients weights = new WeightGradients(device);
        weights.addAll(gradients);
        again.stream().map(LinearGradient::dweight).distinct().forEach(weight -> weights.addAll(again.stream().filter(g -> g.dweight() == weight).toList()));
        List<double[]> together = actual(gradients);
        List<double[]> alone = actual(again);
        for (int i = 0; i < together.size(); i++) {
            assertArrayEquals(together.get(i), alone.get(i));
        }
    }

    @Test
    void slabsCoverEveryRowOfEveryUseOnce() {
        SplittableRandom random = new SplittableRandom(11);
        for (int trial = 0; trial < 200; trial++) {
            Tensor dweight = arena.zeros(DType.F32, Shape.of(random.nextInt(1, 400), random.nextInt(1, 400)));
            List<LinearGradient> uses = new ArrayList<>();
            for (int use = random.nextInt(4); use >= 0; use--) {
                int rows = random.nextInt(1, 2000);
                uses.add(new LinearGradient(arena.allocate(DType.F32, Shape.of(rows, dweight.rows())),
                        arena.allocate(DType.F32, Shape.of(rows, dweight.columns())), dweight, null));
            }
            WeightUses weight = new WeightUses(uses);
            int[] next = new int[uses.size()];
            for (WeightUses.Slab slab : weight.slabs()) {
                assertTrue(slab.steps() >= 1 && slab.steps() <= weight.longest());
                int steps = 0;
                for (WeightUses.Slab.Part part : slab.parts()) {
                    int use = uses.indexOf(part.use());
                    assertEquals(next[use], part.row());
                    next[use] += part.rows();
                    steps += Math.ceilDiv(part.rows(), GradientTile.STEP);
                }
                assertEquals(slab.steps(), steps);
            }
            for (int use = 0; use < next.length; use++) {
                assertEquals(uses.get(use).x().rows(), next[use]);
            }
            assertTrue(weight.slabs().size() <= 32);
        }
    }

    @Test
    void whatTheKernelCannotDoIsGivenBackAndAddedNevertheless() {
        SplittableRandom random = new SplittableRandom(8);
        Tensor dy = random(random, 40, 5);
        Tensor x = random(random, 40, 6);
        Tensor dweight = random(random, 5, 6);
        Tensor dbias = random(random, 5);
        Tensor wide = arena.allocate(DType.F64, Shape.of(40, 5)).set(dy.toDoubles());
        List<LinearGradient> gradients = List.of(new LinearGradient(dy, x, dweight, dbias), new LinearGradient(dy, x, dweight, null),
                new LinearGradient(dy, x, random(random, 5, 6), dbias),
                new LinearGradient(random(random, 0, 5), random(random, 0, 6), random(random, 5, 6), null),
                new LinearGradient(wide, wide, arena.zeros(DType.F64, Shape.of(5, 5)), null));
        List<double[]> expected = expected(gradients);
        device.kernels().linearGradientsAdd(gradients);
        assertNear(expected, actual(gradients), 1e-4);
        assertEquals(gradients.subList(1, gradients.size()), new WeightGradients(device).addAll(gradients));
        assertThrows(IllegalArgumentException.class, () -> device.kernels().linearGradientsAdd(List.of(new LinearGradient(dy, dy, dweight, null))));
    }

    /** Twice the same weights, a weight that is itself a result, and a variable. */
    @Test
    void theBackwardPassOfManyMapsIsThatOfEachAtOnce() {
        int width = 1280;
        SplittableRandom random = new SplittableRandom(9);
        List<Tensor> weights = new ArrayList<>();
        List<Tensor> biases = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            weights.add(random(random, width, width).withGradient(arena.zeros(DType.F32, Shape.of(width, width))));
            biases.add(random(random, width).withGradient(arena.zeros(DType.F32, Shape.of(width))));
        }
        Tensor input = random(random, 3, width);
        Tensor small = random(random, width, 1).withGradient(arena.zeros(DType.F32, Shape.of(width, 1)));
        Tape tape = Tape.recording(arena);
        List<Tensor> inputs = List.of(tape.variable(input), tape.variable(input));
        List<Tensor> maps = Ops.linears(tape, inputs, weights, biases);
        Tensor made = Ops.scale(tape, small, 2);
        Tensor once = Ops.add(tape, Ops.splitColumns(tape, maps.get(0), 1).getFirst(), Ops.splitColumns(tape, maps.get(1), 1).getFirst());
        Tensor y = Ops.linear(tape, once, made, null);
        Tensor loss = Ops.weightedSum(tape, y, null);
        List<KernelTime> launched = device.profile(() -> tape.backward(loss));
        assertTrue(launched.stream().anyMatch(kernel -> kernel.kernel().equals("gemm_linearGradients_f32") && kernel.launches() == 1), launched.toString());
        // dL/dmade[o] = Σ over rows of once, of which small takes half of its gradient
        double[] values = once.toDoubles();
        double total = values[0] + values[1] + values[2];
        assertEquals(2 * total, small.gradient().toDoubles()[7], 1e-3 * Math.abs(total) + 1e-3);
        double slope = 0;
        for (double v : made.toDoubles()) {
            slope += v;
        }
        double[] x = input.toDoubles();
        for (int i = 0; i < 2; i++) {
            double[] dweight = weights.get(i).gradient().toDoubles();
            assertEquals(slope * (x[5] + x[width + 5] + x[2 * width + 5]), dweight[5], 1e-3 * Math.abs(slope) + 1e-3);
            assertEquals(0, dweight[width + 5]);
            assertEquals(3 * slope, biases.get(i).gradient().toDoubles()[0], 1e-3 * Math.abs(slope) + 1e-3);
        }
    }
}
