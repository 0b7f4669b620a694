package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attention in the precision of its rows, with the kernels compiled for the processor. */
class FlashCudaBackendTest extends EmulatedAttention {
    private static final DType[] TYPES = {DType.F64, DType.F32};

    FlashCudaBackendTest() {
        super(Precision.FP32);
    }

    private static IpaConfig config(int rank) {
        return new IpaConfig(24, rank == 0 ? 0 : 16, 8, 3, 4, 6, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    private void assertExact(AttentionTrial trial) {
        for (DType dtype : TYPES) {
            assertAgrees(trial, dtype);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 8, 16, 20})
    void everyRankAgreesWithTheReference(int rank) {
        assertExact(AttentionTrial.random(config(rank), UNEVEN, 10, 0, rank));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 63, 64, 65, 129, 300})
    void everyLengthAgreesWithTheReference(int length) {
        assertExact(AttentionTrial.random(new IpaConfig(8, 8, 5, 2, 3, 2, 2, 1), Packing.ofLengths(length), 10, 0, length));
    }

    /** More heads than a block has warps, more points than it has threads. */
    @ParameterizedTest
    @ValueSource(ints = {9, 20})
    void manyHeadsAgreeWithTheReference(int heads) {
        assertExact(AttentionTrial.random(new IpaConfig(16, 16, 8, heads, 4, 6, 3, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(11, 3), 10, 0, heads));
    }

    @Test
    void widthsOfTheDefaultModelAgreeWithTheReference() {
        assertExact(AttentionTrial.random(new IpaConfig(384, 128, 128, 8, 8, 12, 2, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(70, 45), 15, 0, 7));
    }

    @Test
    void sumsWiderThanOneBlockHoldsAgreeWithTheReference() {
        // query and key rows of 253 columns, value rows of 668
        assertExact(AttentionTrial.random(new IpaConfig(384, 128, 205, 1, 11, 5, 14, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(70, 3), 15, 0, 8));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 50, 200})
    void everySizeOfMoleculeAgreesWithTheReference(double radius) {
        for (double offset : new double[] {0, 50, 150, 1000}) {
            assertExact(AttentionTrial.random(config(2), Packing.ofLengths(90, 30), radius, offset, 11));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-30, 6, 30})
    void strongAndWeakPointsAgreeWithTheReference(double headWeight) {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(90, 30), 10, 0, 12);
        assertExact(trial.with(AttentionTrial.HEAD_WEIGHTS, new double[] {headWeight, headWeight, headWeight}));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void gradientsAreTheDifferencesOfTheResult(int rank) {
        AttentionTrial trial = AttentionTrial.random(config(rank), Packing.ofLengths(5, 1, 9), 10, 0, 5);
        Map<String, double[]> results = run(trial, DType.F64);
        double step = 1e-5;
        results.keySet().removeIf(name -> name.equals(AttentionTrial.RESULT));
        for (String name : results.keySet()) {
            double[] direction = new double[results.get(name).length];
            double slope = 0;
            for (int i = 0; i < direction.length; i++) {
                direction[i] = Philox.normal(17, Philox.stream(name), i);
                slope += direction[i] * results.get(name)[i];
            }
            double difference = (loss(trial, name, direction, step) - loss(trial, name, direction, -step)) / (2 * step);
            assertEquals(difference, slope, 1e-6 * Math.max(1, Math.abs(slope)), name);
        }
    }

    private double loss(AttentionTrial trial, String name, double[] direction, double step) {
        double[] moved = trial.arrays().get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        double[] result = run(trial.with(name, moved), DType.F64).get(AttentionTrial.RESULT);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * trial.arrays().get(AttentionTrial.RESULT_GRADIENT)[i];
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void sequencesGiveTheSameBitsAloneAndInAnyOrder(DType dtype) {
        AttentionTrial together = AttentionTrial.random(config(2), Packing.ofLengths(30, 0, 70, 1, 131), 10, 0, 6);
        Map<String, double[]> all = run(together, dtype);
        for (int[] sequences : new int[][] {{4, 1, 0, 3, 2}, {0}, {1}, {2}, {3}, {4}}) {
            run(alone(together, sequences), dtype).forEach((name, values) -> {
                // the gradient of the head weights is a sum over all sequences
                if (!name.equals(AttentionTrial.HEAD_WEIGHTS)) {
                    assertArrayEquals(rows(together, all.get(name), sequences), values, name);
                }
            });
        }
    }

    @Test
    void repeatingGivesTheSameBits() {
        for (DType dtype : TYPES) {
            VectorRow row = check(dtype).repeat("repeat", AttentionTrial.random(config(2), Packing.ofLengths(150, 90), 10, 0, 8), 3);
            assertTrue(row.passes(), row::toString);
        }
    }

    @Test
    void resultIsTheSameWithoutGradients() {
        AttentionTrial trial = AttentionTrial.random(config(2), UNEVEN, 10, 0, 15);
        double[] expected = run(trial, DType.F32).get(AttentionTrial.RESULT);
        assertArrayEquals(expected, infer(trial, device()));
    }

    @Test
    void noResiduesGiveNoRows() {
        assertEquals(0, run(AttentionTrial.random(config(2), Packing.ofLengths(), 1, 0, 1), DType.F32).get(AttentionTrial.RESULT).length);
        assertEquals(0, run(AttentionTrial.random(config(0), Packing.ofLengths(0, 0), 1, 0, 1), DType.F32).get(AttentionTrial.RESULT).length);
    }

    @Test
    void damagedSequenceSpoilsNoOther() {
        AttentionTrial sound = AttentionTrial.random(config(2), Packing.ofLengths(19, 21), 10, 0, 10);
        double[] trans = sound.arrays().get(AttentionTrial.TRANS).clone();
        Arrays.fill(trans, 19 * 3, trans.length, Double.NaN);
        Map<String, double[]> damaged = run(sound.with(AttentionTrial.TRANS, trans), DType.F32);
        Map<String, double[]> expected = run(sound, DType.F32);
        for (String name : new String[] {AttentionTrial.RESULT, "q", "kv", "qPoints", "trans", "d1"}) {
            assertArrayEquals(rows(sound, expected.get(name), 0), rows(sound, damaged.get(name), 0), name);
        }
        assertTrue(Double.isNaN(damaged.get(AttentionTrial.RESULT)[19 * config(2).resultWidth()]));
    }

    @Test
    void memoryGrowsNoFasterThanTheNumberOfResidues() {
        Map<Integer, Long> peaks = new LinkedHashMap<>();
        for (int length : new int[] {150, 300, 600}) {
            try (TensorArena arena = device().arena()) {
                AttentionTrial.random(new IpaConfig(8, 8, 8, 1, 2, 2, 2, 1), Packing.ofLengths(length), 10, 0, 13).run(backend(), arena, DType.F32);
                peaks.put(length, arena.peak());
            }
        }
        assertTrue(peaks.get(300) <= 2 * peaks.get(150) && peaks.get(600) <= 2 * peaks.get(300), peaks::toString);
    }

    @Test
    void whatItCannotRunIsSaidBeforehand() {
        assertTrue(backend().check(config(2), PairTerm.Factors.class, device(), DType.F32).ok());
        assertFalse(backend().check(config(2), PairTerm.Factors.class, device(), DType.I32).ok());
        assertFalse(backend().check(config(2), PairTerm.Full.class, device(), DType.F32).ok());
        assertTrue(backend().check(config(2), PairTerm.Factors.class, host(), DType.F32).reason().contains("cpu"));
    }
}
