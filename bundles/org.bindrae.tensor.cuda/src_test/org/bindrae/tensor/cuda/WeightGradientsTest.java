package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients of many linear maps in one launch, on the emulator against sums in double precision. */
class WeightGradientsTest {
    private CudaDevice device;
    private TensorArena arena;

    @BeforeEach
    void open() {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator is not built: gpu-native/build.sh emulator");
        device = EmulatedDriver.device(Precision.FP32);
        arena = device.arena();
    }

    @AfterEach
    void close() {
        if (device != null) {
            arena.close();
            device.close();
        }
    }

    private Tensor random(SplittableRandom random, int... shape) {
        double[] values = random.doubles(Shape.of(shape).size(), -1, 1).map(v -> (float) v).toArray();
        return arena.allocate(DType.F32, Shape.of(shape)).set(values);
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

    @Test
    void aWeightHasTheSameBitsBesideOthersAndAlone() {
        List<LinearGradient> gradients = gradients(5, 90);
        List<LinearGradient> again = gradients(5, 90);
        WeightGradients weights = new WeightGradients(device);
        weights.addAll(gradients);
        Tensor last = again.getLast().dweight();
        weights.addAll(again.stream().filter(g -> g.dweight() == last).toList());
        assertArrayEquals(gradients.getLast().dweight().toDoubles(), last.toDoubles());
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
