package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every attention backend must do, in every precision that it offers. */
abstract class AttentionContract {
    private static final Packing UNEVEN = Packing.ofLengths(1, 0, 37, 70);

    private final CpuDevice device = new CpuDevice();
    private final AttentionBackend backend;
    private final DType dtype;

    AttentionContract(AttentionBackend backend, DType dtype) {
        this.backend = backend;
        this.dtype = dtype;
    }

    @AfterEach
    void closeDevice() {
        device.close();
    }

    private double tolerance() {
        return dtype == DType.F64 ? 1e-10 : 1e-5;
    }

    private static IpaConfig config(int rank) {
        return new IpaConfig(24, rank == 0 ? 0 : 16, 8, 3, 4, 6, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    private Map<String, double[]> run(AttentionTrial trial) {
        return trial.run(backend, device, dtype);
    }

    private void assertExact(AttentionTrial trial) {
        assertAgrees(run(trial), trial, new ReferenceBackend());
    }

    private void assertAgrees(Map<String, double[]> actual, AttentionTrial trial, AttentionBackend exact) {
        Deviation.assertClose(actual, trial.run(exact, device, DType.F64), AttentionTrial.RESULT, tolerance());
    }

    /** This backend with a full pair term, where it offers that. */
    private AttentionBackend full() {
        AttentionBackend full = new MultipliedOut(backend);
        assumeTrue(full.check(config(3), PairTerm.Factors.class, device, dtype).ok());
        return full;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 8, 16, 20})
    void everyRankAgreesWithTheReference(int rank) {
        assertExact(AttentionTrial.random(config(rank), UNEVEN, 10, 0, rank));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 63, 64, 65, 129, 257, 530})
    void everyLengthAgreesWithTheReference(int length) {
        assertExact(AttentionTrial.random(new IpaConfig(8, 8, 5, 2, 3, 2, 2, 1), Packing.ofLengths(length), 10, 0, length));
    }

    @Test
    void widthsOfTheDefaultModelAgreeWithTheReference() {
        assertExact(AttentionTrial.random(new IpaConfig(384, 128, 128, 8, 8, 12, 2, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(70, 45), 15, 0, 7));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 50, 200})
    void everySizeOfMoleculeAgreesWithTheReference(double radius) {
        assertExact(AttentionTrial.random(config(2), Packing.ofLengths(90, 30), radius, 0, 11));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-30, 6, 30})
    void strongAndWeakPointsAgreeWithTheReference(double headWeight) {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(90, 30), 10, 0, 12);
        assertExact(trial.with(AttentionTrial.HEAD_WEIGHTS, new double[] {headWeight, headWeight, headWeight}));
    }

    @Test
    void factorsEqualTheFullPairTermTheyMultiplyOutTo() {
        AttentionTrial factors = AttentionTrial.random(config(3), UNEVEN, 10, 0, 3);
        assertAgrees(run(factors), factors, new MultipliedOut(new ReferenceBackend()));
    }

    @Test
    void fullPairTermAgreesWithTheReferenceWhereOffered() {
        AttentionTrial factors = AttentionTrial.random(config(3), UNEVEN, 10, 0, 4);
        assertAgrees(factors.run(full(), device, dtype), factors, new ReferenceBackend());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void gradientsAreTheDifferencesOfTheResult(int rank) {
        assertDifferences(backend, AttentionTrial.random(config(rank), Packing.ofLengths(5, 1, 9), 10, 0, 5));
    }

    @Test
    void gradientsOfTheFullPairTermAreTheDifferencesOfTheResult() {
        assertDifferences(full(), AttentionTrial.random(config(3), Packing.ofLengths(5, 1, 9), 10, 0, 5));
    }

    private void assertDifferences(AttentionBackend tried, AttentionTrial trial) {
        assumeTrue(dtype == DType.F64, "differences need double precision");
        Map<String, double[]> results = trial.run(tried, device, dtype);
        double step = 1e-5;
        for (String name : results.keySet()) {
            if (!name.equals(AttentionTrial.RESULT)) {
                double[] values = trial.arrays().get(name);
                double[] direction = new double[values.length];
                double slope = 0;
                for (int i = 0; i < values.length; i++) {
                    direction[i] = Philox.normal(17, Philox.stream(name), i);
                    slope += direction[i] * results.get(name)[i];
                }
                double difference = (loss(tried, trial, name, direction, step) - loss(tried, trial, name, direction, -step)) / (2 * step);
                assertEquals(difference, slope, 1e-6 * Math.max(1, Math.abs(slope)), name);
            }
        }
    }

    private double loss(AttentionBackend tried, AttentionTrial trial, String name, double[] direction, double step) {
        double[] moved = trial.arrays().get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        double[] result = trial.with(name, moved).run(tried, device, dtype).get(AttentionTrial.RESULT);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * trial.arrays().get(AttentionTrial.RESULT_GRADIENT)[i];
        }
        return sum;
    }

    @Test
    void sequencesGiveTheSameBitsAloneAndInAnyOrder() {
        AttentionTrial together = AttentionTrial.random(config(2), Packing.ofLengths(30, 0, 70, 1, 131), 10, 0, 6);
        Map<String, double[]> all = run(together);
        assertSameBits(together, all, 4, 1, 0, 3, 2);
        for (int sequence = 0; sequence < together.packing().count(); sequence++) {
            assertSameBits(together, all, sequence);
        }
    }

    private void assertSameBits(AttentionTrial together, Map<String, double[]> all, int... sequences) {
        run(alone(together, sequences)).forEach((name, values) -> {
            // the gradient of the head weights is a sum over all sequences
            if (!name.equals(AttentionTrial.HEAD_WEIGHTS)) {
                assertArrayEquals(rows(together, all.get(name), sequences), values, name);
            }
        });
    }

    /** These sequences alone, in this order. */
    private static AttentionTrial alone(AttentionTrial trial, int... sequences) {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        trial.arrays().forEach((name, values) -> arrays.put(name, name.equals(AttentionTrial.HEAD_WEIGHTS) ? values : rows(trial, values, sequences)));
        return new AttentionTrial(trial.config(), Packing.ofLengths(IntStream.of(sequences).map(trial.packing()::length).toArray()), arrays);
    }

    /** What belongs to these sequences. */
    private static double[] rows(AttentionTrial trial, double[] values, int... sequences) {
        Packing packing = trial.packing();
        int width = values.length / packing.total();
        return IntStream.of(sequences).boxed().flatMapToDouble(s -> Arrays.stream(values, packing.start(s) * width, packing.end(s) * width)).toArray();
    }

    @Test
    void repeatingGivesTheSameBits() {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(150, 90), 10, 0, 8);
        Map<String, double[]> once = run(trial);
        for (int repeat = 0; repeat < 5; repeat++) {
            run(trial).forEach((name, values) -> assertArrayEquals(once.get(name), values, name));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void numberOfThreadsChangesNoBit(int threads) {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(90, 0, 1, 150), 10, 0, 14);
        Map<String, double[]> expected = run(trial);
        try (CpuDevice other = new CpuDevice(threads, true)) {
            trial.run(backend, other, dtype).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
        }
    }

    @Test
    void loneResidueCollectsItself() {
        IpaConfig config = config(2);
        AttentionTrial lone = AttentionTrial.random(config, Packing.ofLengths(1), 30, 0, 9);
        double[] result = run(lone).get(AttentionTrial.RESULT);
        for (int h = 0; h < config.heads(); h++) {
            for (int c = 0; c < config.cHidden(); c++) {
                assertEquals(lone.arrays().get("kv")[(2 * h + 1) * config.cHidden() + c], result[config.scalarColumn(h) + c], tolerance());
            }
            int perHead = config.qkPoints() + config.vPoints();
            for (int axis = 0; axis < 3; axis++) {
                for (int p = 0; p < config.vPoints(); p++) {
                    double local = lone.arrays().get("kvPoints")[(axis * config.heads() + h) * perHead + config.qkPoints() + p];
                    // rotations rounded to float are orthonormal to 1e-7 only
                    assertEquals(local, result[config.pointColumn(axis, h) + p], 5e-6);
                }
            }
        }
    }

    @Test
    void noResiduesGiveNoRows() {
        assertEquals(0, run(AttentionTrial.random(config(2), Packing.ofLengths(), 10, 0, 1)).get(AttentionTrial.RESULT).length);
        assertEquals(0, run(AttentionTrial.random(config(0), Packing.ofLengths(0, 0), 10, 0, 1)).get(AttentionTrial.RESULT).length);
    }

    @Test
    void damagedSequenceSpoilsNoOther() {
        AttentionTrial sound = AttentionTrial.random(config(2), Packing.ofLengths(19, 21), 10, 0, 10);
        double[] trans = sound.arrays().get(AttentionTrial.TRANS).clone();
        Arrays.fill(trans, 19 * 3, trans.length, Double.NaN);
        Map<String, double[]> damaged = run(sound.with(AttentionTrial.TRANS, trans));
        Map<String, double[]> expected = run(sound);
        for (String name : new String[] {AttentionTrial.RESULT, "q", "kv", "qPoints", AttentionTrial.TRANS, "d1"}) {
            assertArrayEquals(rows(sound, expected.get(name), 0), rows(sound, damaged.get(name), 0), name);
        }
        assertTrue(Double.isNaN(damaged.get(AttentionTrial.RESULT)[19 * config(2).resultWidth()]));
    }

    @Test
    void memoryGrowsNoFasterThanTheNumberOfResidues() {
        IpaConfig config = new IpaConfig(8, 8, 8, 1, 2, 2, 2, 1);
        long before = peak(config, 300);
        for (int length = 600; length <= 1200; length *= 2) {
            long after = peak(config, length);
            assertTrue(after <= 2 * before, before + " bytes became " + after);
            before = after;
        }
    }

    private long peak(IpaConfig config, int length) {
        try (TensorArena arena = device.arena()) {
            AttentionTrial.random(config, Packing.ofLengths(length), 10, 0, 13).run(backend, arena, dtype);
            return arena.peak();
        }
    }

    @Test
    void integersAreRefusedBeforehand() {
        assertFalse(backend.check(config(2), PairTerm.Factors.class, device, DType.I32).ok());
        assertTrue(backend.check(config(2), PairTerm.Factors.class, device, dtype).ok());
    }
}
