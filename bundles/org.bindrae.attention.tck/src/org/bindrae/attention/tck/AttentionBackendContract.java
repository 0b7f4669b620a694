package org.bindrae.attention.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionBackends;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.IpaVectorCheck;
import org.bindrae.attention.LayerTrial;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.samples.GoldenVectors;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every {@link AttentionBackend} must do, in every precision that it declares. The tests of a backend extend this class and say which backend it is; they
 * need neither a framework nor a service:
 *
 * <pre>{@code
 * class MyBackendTest extends AttentionBackendContract {
 *     @Override
 *     protected AttentionBackend backend() {
 *         return new MyBackend();
 *     }
 * }
 * }</pre>
 *
 * A backend of another device than the processor overrides {@link #open} and {@link #close}; one that is made for some layers only, {@link #mayRefuse}. The
 * reference is exact in double precision; the tolerances are those of {@link Precision#tolerance()}, twice that for gradients.
 */
public abstract class AttentionBackendContract extends BackendTrials {
    private static final Packing UNEVEN = Packing.ofLengths(1, 0, 37, 70);
    private static final List<String> GOLDEN = List.of("ipa_flash_r0_small", "ipa_flash_r1_small", "ipa_flash_r2_small", "ipa_flash_r2_offset",
            "ipa_flash_r16_small", "ipa_naive_2dbias_small", "ipa_naive_nobias_small");
    /** Arrays whose gradient at a residue depends on no other query. */
    private static final List<String> OWN_GRADIENTS = List.of("q", "kv", "qPoints", AttentionTrial.TRANS, "d1");
    private static final int PATIENCE_MS = 3000;

    private static <T> Map<String, AttentionTrial> trials(String what, IntFunction<AttentionTrial> trial, int... values) {
        Map<String, AttentionTrial> trials = new LinkedHashMap<>();
        for (int value : values) {
            trials.put(what + " " + value, trial.apply(value));
        }
        return trials;
    }

    private static AttentionTrial trial(int rank, int... lengths) {
        return AttentionTrial.random(config(rank), Packing.ofLengths(lengths), 10, 0, 31 + rank);
    }

    // --- what it declares ---------------------------------------------------------------------------------------------------------------

    @Test
    void theNameIsOneWordThatUsersCanType() {
        String name = backend().name();
        assertTrue(name.matches("[a-z][a-z0-9.-]*") && !name.equals(AttentionBackends.AUTO),
                () -> "'" + name + "' is not a name of small letters, digits, - and .");
        assertEquals(name, backend().name(), "the name changes");
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void whatItDeclaresRunsAndWhatItRefusesIsRefusedBeforeAnyWork(Precision precision) {
        List<Executable> layers = new ArrayList<>();
        for (int rank : new int[] {0, 1, 2, 16, 33}) {
            layers.add(() -> assertHonest(precision, tape -> inputs(tape, trial(rank, 3, 1), precision)));
        }
        layers.add(() -> assertHonest(precision, tape -> full(tape, inputs(tape, trial(1, 3, 1), precision))));
        assertAll(layers);
    }

    private static AttentionInputs inputs(Tape tape, AttentionTrial trial, Precision precision) {
        return trial.inputs(tape, trial.variables(tape, precision.dtype()));
    }

    /** The same with a full pair term of zeros. */
    private static AttentionInputs full(Tape tape, AttentionInputs given) {
        int pairs = Math.toIntExact(given.packing().pairs());
        IpaConfig config = MultipliedOut.full(given.config());
        PairTerm.Full pair = new PairTerm.Full(tape.arena().zeros(given.q().dtype(), Shape.of(pairs, config.heads())),
                tape.arena().zeros(given.q().dtype(), Shape.of(pairs, config.cDown())));
        return new AttentionInputs(config, given.packing(), given.q(), given.kv(), given.qPoints(), given.kvPoints(), given.rot(), given.trans(),
                given.headWeights(), pair);
    }

    private void assertHonest(Precision precision, Function<Tape, AttentionInputs> made) {
        try (TensorArena arena = device(precision).arena()) {
            Tape tape = Tape.inference(arena);
            AttentionInputs inputs = made.apply(tape);
            IpaConfig config = inputs.config();
            if (accepts(backend(), config, precision)) {
                assertEquals(Shape.of(inputs.packing().total(), config.resultWidth()), backend().attend(tape, inputs).shape(),
                        () -> named(precision, "shape of the result of " + config));
            } else {
                long used = arena.used();
                assertThrows(IllegalArgumentException.class, () -> backend().attend(tape, inputs),
                        () -> named(precision, "runs what check refuses: " + config));
                assertEquals(used, arena.used(), () -> named(precision, "takes memory before it refuses " + config));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void integersAreRefusedBeforehand(Precision precision) {
        assertFalse(check(config(2), PairTerm.Factors.class, device(precision), DType.I32).ok());
    }

    @Test
    void aDeviceThatItDoesNotKnowIsRefused() {
        Support support = check(config(2), PairTerm.Factors.class, new OtherDevice(), DType.F32);
        assertTrue(!support.ok() || runsOnEveryDevice(), () -> backend().name() + " accepts a device that it cannot know; its memory may not be the host's");
    }

    // --- the same as the reference ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("precisions")
    void everyRankAgreesWithTheReference(Precision precision) {
        assertExact(precision, trials("rank", rank -> AttentionTrial.random(config(rank), UNEVEN, 10, 0, rank), 0, 1, 2, 3, 4, 8, 16, 20));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void everyLengthAgreesWithTheReference(Precision precision) {
        IpaConfig small = new IpaConfig(8, 8, 5, 2, 3, 2, 2, 1);
        assertExact(precision, trials("length", length -> AttentionTrial.random(small, Packing.ofLengths(length), 10, 0, length), lengths()));
    }

    /** Lengths to test: below, at and above those that tiles have. */
    protected int[] lengths() {
        return new int[] {2, 63, 64, 65, 129, 257, 530};
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void everyNumberOfHeadsAgreesWithTheReference(Precision precision) {
        assertExact(precision, trials("heads",
                heads -> AttentionTrial.random(new IpaConfig(16, 16, 8, heads, 4, 6, 3, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(11, 3), 10, 0, heads),
                2, 9,
                20));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void everyHeadDimensionAgreesWithTheReference(Precision precision) {
        assertExact(precision, trials("channels",
                channels -> AttentionTrial.random(new IpaConfig(8, 20, channels, 2, 5, 7, 3, 1), Packing.ofLengths(33, 6), 10, 0, channels), 1, 7, 13, 64, 128,
                205));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void everyNumberOfPointsAgreesWithTheReference(Precision precision) {
        assertExact(precision, trials("points",
                points -> AttentionTrial.random(new IpaConfig(8, 4, 6, 2, points, 12 - points, 2, 1), Packing.ofLengths(33, 6), 10, 0, points), 1, 5, 11));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void widthsOfTheDefaultModelAgreeWithTheReference(Precision precision) {
        IpaConfig widths = new IpaConfig(384, 128, 128, 8, 8, 12, 2, IpaConfig.DEFAULT_BIAS_SCALE);
        assertExact(precision, Map.of("default widths", AttentionTrial.random(widths, Packing.ofLengths(70, 45), 15, 0, 7)));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void everySizeAndPlaceOfAMoleculeAgreesWithTheReference(Precision precision) {
        Map<String, AttentionTrial> trials = new LinkedHashMap<>();
        for (double radius : new double[] {0.1, 50, 200}) {
            for (double offset : new double[] {0, 50, -150, 1000}) {
                trials.put("radius " + radius + " Å, " + offset + " Å off the origin",
                        AttentionTrial.random(config(2), Packing.ofLengths(60, 30), radius, offset, 11));
            }
        }
        assertExact(precision, trials);
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void strongAndWeakPointsAgreeWithTheReference(Precision precision) {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(90, 30), 10, 0, 12);
        assertExact(precision, trials("head weight", weight -> trial.with(AttentionTrial.HEAD_WEIGHTS, new double[] {weight, weight, weight}), -30, 6, 30));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void factorsEqualTheFullPairTermTheyMultiplyOutTo(Precision precision) {
        AttentionTrial factors = AttentionTrial.random(config(3), UNEVEN, 10, 0, 3);
        assertClose(precision, "factors of rank 3 as a full pair term", run(precision, factors),
                factors.run(new MultipliedOut(new ReferenceBackend()), host(), DType.F64));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void aFullPairTermAgreesWithTheReferenceWhereOffered(Precision precision) {
        AttentionTrial factors = AttentionTrial.random(config(3), UNEVEN, 10, 0, 4);
        assertClose(precision, "full pair term", factors.run(full(precision), device(precision), precision.dtype()), reference(factors));
    }

    /** This backend with a full pair term, where it offers that. */
    private AttentionBackend full(Precision precision) {
        assumeTrue(accepts(backend(), MultipliedOut.full(config(3)), precision), "takes no full pair term");
        return new MultipliedOut(backend());
    }

    // --- single residues and none -------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("precisions")
    void aLoneResidueCollectsItself(Precision precision) {
        IpaConfig config = config(2);
        AttentionTrial lone = AttentionTrial.random(config, Packing.ofLengths(1), 30, 0, 9);
        double[] result = run(precision, lone).get(AttentionTrial.RESULT);
        double tolerance = precision.tolerance();
        // rotations rounded to float are orthonormal to 1e-7 only
        double ofPoints = Math.max(5e-6, tolerance);
        for (int h = 0; h < config.heads(); h++) {
            for (int c = 0; c < config.cHidden(); c++) {
                assertNear(precision, "value", lone.arrays().get("kv")[(2 * h + 1) * config.cHidden() + c], result[config.scalarColumn(h) + c], tolerance);
            }
            int perHead = config.qkPoints() + config.vPoints();
            for (int axis = 0; axis < 3; axis++) {
                for (int p = 0; p < config.vPoints(); p++) {
                    double local = lone.arrays().get("kvPoints")[(axis * config.heads() + h) * perHead + config.qkPoints() + p];
                    assertNear(precision, "value point", local, result[config.pointColumn(axis, h) + p], ofPoints);
                }
            }
        }
    }

    private void assertNear(Precision precision, String what, double expected, double actual, double tolerance) {
        assertEquals(expected, actual, tolerance * Math.max(1, Math.abs(expected)), () -> named(precision, what + " of a lone residue"));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void noResiduesGiveNoRows(Precision precision) {
        assertEquals(0, run(precision, trial(2)).get(AttentionTrial.RESULT).length);
        assertEquals(0, run(precision, trial(0, 0, 0)).get(AttentionTrial.RESULT).length);
    }

    // --- gradients ----------------------------------------------------------------------------------------------------------------------

    @Test
    void gradientsAreTheDifferencesOfTheResult() {
        assumeTrue(precisions().contains(Precision.FP64), "differences need double precision");
        assertDifferences(backend(), trial(0, 5, 1, 9));
        assertDifferences(backend(), trial(2, 5, 1, 9));
    }

    @Test
    void gradientsOfAFullPairTermAreTheDifferencesOfTheResult() {
        assumeTrue(precisions().contains(Precision.FP64), "differences need double precision");
        assertDifferences(full(Precision.FP64), trial(3, 5, 1, 9));
    }

    private void assertDifferences(AttentionBackend tried, AttentionTrial trial) {
        assumeTrue(accepts(tried, trial.config(), Precision.FP64));
        Map<String, double[]> results = trial.run(tried, device(Precision.FP64), DType.F64);
        double step = 1e-5;
        for (String name : results.keySet()) {
            if (!name.equals(AttentionTrial.RESULT)) {
                double[] direction = new double[results.get(name).length];
                double slope = 0;
                for (int i = 0; i < direction.length; i++) {
                    direction[i] = Philox.normal(17, Philox.stream(name), i);
                    slope += direction[i] * results.get(name)[i];
                }
                double difference = (loss(tried, trial, name, direction, step) - loss(tried, trial, name, direction, -step)) / (2 * step);
                assertEquals(difference, slope, 1e-6 * Math.max(1, Math.abs(slope)), () -> named(Precision.FP64, "gradient of " + name));
            }
        }
    }

    private double loss(AttentionBackend tried, AttentionTrial trial, String name, double[] direction, double step) {
        double[] moved = trial.arrays().get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        double[] result = trial.with(name, moved).run(tried, device(Precision.FP64), DType.F64).get(AttentionTrial.RESULT);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * trial.arrays().get(AttentionTrial.RESULT_GRADIENT)[i];
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void gradientsAreProportionalToTheGradientFromAbove(Precision precision) {
        AttentionTrial trial = trial(2, 40);
        Map<String, double[]> expected = run(precision, trial);
        for (double scale : new double[] {0, 0x1p-60, 0x1p60}) {
            Map<String, double[]> scaled = new LinkedHashMap<>(expected);
            scaled.replaceAll((name, values) -> name.equals(AttentionTrial.RESULT) ? values : scaled(values, scale));
            AttentionTrial other = trial.with(AttentionTrial.RESULT_GRADIENT, scaled(trial.arrays().get(AttentionTrial.RESULT_GRADIENT), scale));
            assertClose(precision, "gradients of " + scale + " times the result", run(precision, other), scaled);
        }
    }

    private static double[] scaled(double[] values, double scale) {
        return DoubleStream.of(values).map(value -> value * scale).toArray();
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void gradientsAreAddedToWhatIsThere(Precision precision) {
        AttentionTrial trial = trial(2, 7, 30);
        Map<String, double[]> expected = run(precision, trial);
        expected.replaceAll((name, values) -> name.equals(AttentionTrial.RESULT) ? values : DoubleStream.of(values).map(value -> value + 1).toArray());
        try (TensorArena arena = device(precision).arena()) {
            Tape tape = Tape.recording(arena);
            Map<String, Tensor> variables = trial.variables(tape, precision.dtype());
            variables.values().forEach(variable -> tape.kernels().fill(tape.gradient(variable), 1));
            assertClose(precision, "gradients added to ones", results(tape, trial, variables), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void eachGradientIsTheSameWhicheverOthersAreAskedFor(Precision precision) {
        AttentionTrial trial = trial(2, 7, 30);
        Map<String, double[]> all = run(precision, trial);
        assertAll(trial.variables(Tape.inference(host().arena()), DType.F64).keySet().stream().map(name -> () -> {
            try (TensorArena arena = device(precision).arena()) {
                Tape tape = Tape.recording(arena);
                Map<String, Tensor> variables = trial.variables(tape, precision.dtype());
                variables.replaceAll((other, tensor) -> other.equals(name) ? tensor : tensor.detach());
                Map<String, double[]> alone = results(tape, trial, variables);
                assertEquals(Set.of(AttentionTrial.RESULT, name), alone.keySet(),
                        () -> named(precision, "gradients when only that of " + name + " is asked for"));
                assertSame(precision, "asked for " + name + " alone", all, alone);
            }
        }));
    }

    /** Result, and gradients of those that require one. */
    private Map<String, double[]> results(Tape tape, AttentionTrial trial, Map<String, Tensor> variables) {
        Tensor result = backend().attend(tape, trial.inputs(tape, variables));
        Map<String, double[]> results = new LinkedHashMap<>();
        tape.backward(
                Ops.weightedSum(tape, result, tape.arena().allocate(result.dtype(), result.shape()).set(trial.arrays().get(AttentionTrial.RESULT_GRADIENT))));
        results.put(AttentionTrial.RESULT, result.toDoubles());
        variables.forEach((name, tensor) -> {
            if (tensor.gradient() != null) {
                results.put(name, tensor.gradient().toDoubles());
            }
        });
        return results;
    }

    // --- always the same ----------------------------------------------------------------------------------------------------------------

    /** The same bits; gradients in precisions that round factors only as exact as these are, because they may be scaled together. */
    private void assertSame(Precision precision, String what, Map<String, double[]> expected, Map<String, double[]> actual) {
        Map<String, double[]> same = new LinkedHashMap<>(expected);
        same.keySet().retainAll(actual.keySet());
        assertArrayEquals(same.get(AttentionTrial.RESULT), actual.get(AttentionTrial.RESULT), () -> named(precision, what + ": bits of the result"));
        if (isExact(precision)) {
            actual.forEach((name, values) -> assertArrayEquals(same.get(name), values, () -> named(precision, what + ": bits of the gradient of " + name)));
        } else {
            assertClose(precision, what, actual, same);
        }
    }

    private void assertSameBits(Precision precision, String what, Map<String, double[]> expected, Map<String, double[]> actual) {
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), () -> named(precision, what + ": bits of " + name)));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void sequencesGiveTheSameBitsAloneAndInAnyOrder(Precision precision) {
        AttentionTrial together = trial(2, 30, 0, 70, 1, 131);
        Map<String, double[]> all = run(precision, together);
        for (int[] numbers : new int[][] {{4, 1, 0, 3, 2}, {0}, {1}, {2}, {3}, {4}}) {
            Sequences sequences = new Sequences(together, numbers);
            Map<String, double[]> alone = run(precision, sequences.alone());
            // the gradient of the head weights is a sum over all sequences
            alone.remove(AttentionTrial.HEAD_WEIGHTS);
            Map<String, double[]> expected = new LinkedHashMap<>(all);
            expected.replaceAll((name, values) -> name.equals(AttentionTrial.HEAD_WEIGHTS) ? values : sequences.rows(values));
            assertSame(precision, sequences.toString(), expected, alone);
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void repeatingGivesTheSameBits(Precision precision) {
        AttentionTrial trial = trial(2, 150, 90);
        Map<String, double[]> once = run(precision, trial);
        for (int repeat = 0; repeat < 3; repeat++) {
            assertSameBits(precision, "repeated", once, run(precision, trial));
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void theResultIsTheSameWithoutGradients(Precision precision) {
        AttentionTrial trial = trial(2, 1, 0, 37, 70);
        double[] expected = run(precision, trial).get(AttentionTrial.RESULT);
        try (TensorArena arena = device(precision).arena()) {
            Tape tape = Tape.inference(arena);
            Tensor result = backend().attend(tape, inputs(tape, trial, precision));
            assertArrayEquals(expected, result.toDoubles(), () -> named(precision, "bits of a result that nothing is recorded of"));
            assertFalse(result.requiresGradient(), () -> named(precision, "a gradient is required where nothing is recorded"));
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void theNumberOfThreadsChangesNoBit(Precision precision) {
        AttentionTrial trial = trial(2, 90, 0, 1, 150);
        Map<String, double[]> expected = run(precision, trial);
        for (int threads : new int[] {1, 3}) {
            assertSameBits(precision, threads + " threads", expected, runAlone(precision, trial, threads));
        }
    }

    /** On a device of its own. */
    private Map<String, double[]> runAlone(Precision precision, AttentionTrial trial, int threads) {
        Device other = open(threads);
        try {
            return trial.run(backend(), precision == Precision.FP64 ? other : other.withPrecision(precision), precision.dtype());
        } finally {
            close(other);
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void severalRunsUseItAtOnceWithoutAContextClassLoader(Precision precision) throws InterruptedException, ExecutionException {
        assumeTrue(device(precision) instanceof HostDevice, "several devices at once are tried on the processor only");
        AttentionTrial trial = trial(2, 60, 1, 20);
        Map<String, double[]> expected = run(precision, trial);
        try (ExecutorService runs = Executors.newFixedThreadPool(3, Thread.ofPlatform().inheritInheritableThreadLocals(false).factory())) {
            List<Future<Map<String, double[]>>> results = IntStream.range(0, 12).mapToObj(i -> runs.submit(() -> {
                Thread.currentThread().setContextClassLoader(null);
                return runAlone(precision, trial, 1);
            })).toList();
            for (Future<Map<String, double[]>> result : results) {
                assertSameBits(precision, "several runs at once", expected, result.get());
            }
        }
    }

    @Test
    void noThreadIsLeftBehind() throws InterruptedException {
        Precision precision = precisions().getFirst();
        Set<Thread> before = threads();
        runAlone(precision, trial(2, 90, 40), 3);
        long end = System.currentTimeMillis() + PATIENCE_MS;
        Set<Thread> left = threads();
        left.removeAll(before);
        while (!left.isEmpty() && System.currentTimeMillis() < end) {
            Thread.sleep(10);
            left.removeIf(thread -> !thread.isAlive());
        }
        assertEquals(Set.of(), left, () -> backend().name() + " leaves threads behind");
    }

    /** Those that are no part of Java itself. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getThreadGroup() != null && thread.getThreadGroup().getParent() != null).collect(Collectors.toSet());
    }

    // --- nobody else's memory -----------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("precisions")
    void onlyItsResultAndGradientsAreWrittenAndNoUndefinedMemoryIsRead(Precision precision) {
        AttentionTrial trial = trial(2, 30, 0, 1, 17);
        Map<String, double[]> expected = run(precision, trial);
        try (WatchedArena arena = new WatchedArena(device(precision).arena())) {
            Tape tape = Tape.recording(arena);
            Map<String, Tensor> variables = trial.variables(tape, precision.dtype());
            AttentionInputs inputs = trial.inputs(tape, variables);
            List<double[]> before = Arrays.stream(inputs.tensors()).map(Tensor::toDoubles).toList();
            Tensor result = backend().attend(tape, inputs);
            double[] values = result.toDoubles();
            tape.backward(
                    Ops.weightedSum(tape, result, arena.allocate(result.dtype(), result.shape()).set(trial.arrays().get(AttentionTrial.RESULT_GRADIENT))));
            Map<String, double[]> results = new LinkedHashMap<>(Map.of(AttentionTrial.RESULT, values));
            variables.forEach((name, tensor) -> results.put(name, tape.gradient(tensor).toDoubles()));
            for (int i = 0; i < before.size(); i++) {
                assertArrayEquals(before.get(i), inputs.tensors()[i].toDoubles(), named(precision, "writes to an input, " + inputs.tensors()[i]));
            }
            assertArrayEquals(values, result.toDoubles(), () -> named(precision, "writes to the result in the backward pass"));
            assertEquals(0, arena.damaged(), () -> named(precision, "writes beyond its tensors"));
            assertSameBits(precision, "in memory that held NaN", expected, results);
        }
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void aDamagedSequenceSpoilsNoOther(Precision precision) {
        AttentionTrial sound = trial(2, 19, 21);
        double[] trans = sound.arrays().get(AttentionTrial.TRANS).clone();
        Arrays.fill(trans, 19 * 3, trans.length, Double.NaN);
        Map<String, double[]> damaged = run(precision, sound.with(AttentionTrial.TRANS, trans));
        Map<String, double[]> expected = run(precision, sound);
        Sequences first = new Sequences(sound, 0);
        List<String> kept = new ArrayList<>(List.of(AttentionTrial.RESULT));
        if (isExact(precision)) {
            kept.addAll(OWN_GRADIENTS);
        }
        for (String name : kept) {
            assertArrayEquals(first.rows(expected.get(name)), first.rows(damaged.get(name)), () -> named(precision, "NaN in another sequence: " + name));
        }
        assertTrue(Double.isNaN(damaged.get(AttentionTrial.RESULT)[19 * config(2).resultWidth()]), () -> named(precision, "NaN in the input gives a number"));
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void memoryGrowsNoFasterThanTheNumberOfResidues(Precision precision) {
        long before = peak(precision, 150);
        for (int length = 300; length <= 600; length *= 2) {
            long after = peak(precision, length);
            long previous = before;
            assertTrue(after <= 2 * previous, () -> named(precision, previous + " bytes became " + after + " with twice the residues"));
            before = after;
        }
    }

    private long peak(Precision precision, int length) {
        try (TensorArena arena = device(precision).arena()) {
            AttentionTrial.random(new IpaConfig(8, 8, 8, 1, 2, 2, 2, 1), Packing.ofLengths(length), 10, 0, 13).run(backend(), arena, precision.dtype());
            return arena.peak();
        }
    }

    // --- the layer around it ------------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("precisions")
    void goldenVectorsOfFlashIpaAreReproduced(Precision precision, @TempDir Path folder) throws IOException {
        assumeTrue(isExact(precision), "sums that cancel have the tolerance of the layer in single and double precision");
        List<Executable> files = new ArrayList<>();
        for (String name : GOLDEN) {
            Path file = folder.resolve(name + ".safetensors");
            try (InputStream in = GoldenVectors.open(file.getFileName().toString())) {
                Files.copy(in, file);
            }
            IpaVectorCheck vectors = new IpaVectorCheck(SafetensorsFile.read(file));
            if (accepts(backend(), vectors.config(), precision)) {
                for (VectorRow row : vectors.check(device(precision), precision.dtype(), backend())) {
                    files.add(() -> assertTrue(row.passes(), () -> named(precision, name + ": " + row)));
                }
            }
        }
        assertAll(files);
    }

    @ParameterizedTest
    @MethodSource("precisions")
    void aLayerDoesNotNoticeHowAMoleculeLies(Precision precision) {
        assumeTrue(isExact(precision), "sums that cancel have the tolerance of the layer in single and double precision");
        MovedLayer layer = new MovedLayer();
        Map<String, double[]> expected = runReference(layer.still());
        for (double shift : new double[] {0, 50, -150, 1000, -1000}) {
            String what = "a layer moved by " + shift + " Å";
            if (precision == Precision.FP64) {
                Map<String, double[]> moved = MovedLayer.turnedBack(run(precision, layer.moved(shift, false)));
                Deviation.assertClose(named(precision, what), moved, expected, LayerTrial.OUT, precision);
            } else {
                // frames far off are rounded to floats before the layer sees them
                LayerTrial rounded = layer.moved(shift, true);
                Deviation.assertClose(named(precision, what), run(precision, rounded), runReference(rounded), LayerTrial.OUT, precision);
            }
        }
    }

    private Map<String, double[]> run(Precision precision, LayerTrial trial) {
        assumeTrue(accepts(backend(), trial.config(), precision));
        return trial.run(device(precision), precision.dtype(), backend());
    }

    private Map<String, double[]> runReference(LayerTrial trial) {
        return trial.run(host(), DType.F64, new ReferenceBackend());
    }

    @Test
    void theGradientOfPositionsIsPerAngstromAndHasNoNetForce() {
        assumeTrue(precisions().contains(Precision.FP64), "differences need double precision");
        MovedLayer layer = new MovedLayer();
        double[] gradient = run(Precision.FP64, layer.still()).get(LayerTrial.GRADIENT + LayerTrial.TRANS);
        Packing packing = layer.still().packing();
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int axis = 0; axis < 3; axis++) {
                double force = 0;
                double strength = 0;
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    force += gradient[3 * i + axis];
                    strength += Math.abs(gradient[3 * i + axis]);
                }
                assertEquals(0, force, 1e-12 * strength, () -> named(Precision.FP64, "net force"));
            }
        }
        int coordinate = 3 * 50 + 1;
        double step = 1e-4;
        double difference = (loss(layer.with(coordinate, step)) - loss(layer.with(coordinate, -step))) / (2 * step);
        assertEquals(difference, gradient[coordinate], 1e-7 * Math.abs(difference), () -> named(Precision.FP64, "gradient of a position"));
    }

    private double loss(LayerTrial trial) {
        double[] out = run(Precision.FP64, trial).get(LayerTrial.OUT);
        double[] weights = trial.arrays().get(LayerTrial.OUT_GRADIENT);
        return IntStream.range(0, out.length).mapToDouble(i -> out[i] * weights[i]).sum();
    }
}
