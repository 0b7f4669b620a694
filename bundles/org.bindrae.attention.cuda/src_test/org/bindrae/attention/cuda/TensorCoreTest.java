package org.bindrae.attention.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.VectorRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attention in precision TF32, with the kernels compiled for the processor; BF16 runs the same kernels with wider tolerances. */
class TensorCoreTest extends EmulatedAttention {
    TensorCoreTest() {
        super(Precision.TF32);
    }

    private static IpaConfig config(int rank) {
        return new IpaConfig(24, rank == 0 ? 0 : 64, 8, 2, 4, 5, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    private Map<String, double[]> run(AttentionTrial trial) {
        assertOnTensorCores(trial);
        return run(trial, DType.F32);
    }

    private void assertAgrees(AttentionTrial trial) {
        assertOnTensorCores(trial);
        assertAgrees(trial, DType.F32);
    }

    private void assertOnTensorCores(AttentionTrial trial) {
        assertTrue(TensorCore.supports(device(), RowLayout.of(trial.config())), "tensor cores run it");
    }

    /** From rank 6 on in more than one slab of values. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 8, 16})
    void everyRankAgreesWithTheReference(int rank) {
        assertAgrees(AttentionTrial.random(config(rank), UNEVEN, 10, 0, rank));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 31, 64, 65, 129, 200})
    void everyLengthAgreesWithTheReference(int length) {
        assertAgrees(AttentionTrial.random(new IpaConfig(8, 8, 5, 1, 3, 2, 2, 1), Packing.ofLengths(length), 10, 0, length));
    }

    @ParameterizedTest
    @CsvSource({"2, 70", "3, 20", "16, 40"})
    void widthsOfTheDefaultModelAgreeWithTheReference(int rank, int length) {
        assertAgrees(AttentionTrial.random(new IpaConfig(384, 128, 128, 2, 8, 12, rank, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(length, 9), 15, 0, 7));
    }

    /** More heads than a block has warps, more points than it has threads. */
    @ParameterizedTest
    @ValueSource(ints = {9, 20})
    void manyHeadsAgreeWithTheReference(int heads) {
        assertAgrees(AttentionTrial.random(new IpaConfig(16, 16, 8, heads, 4, 6, 3, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(11, 3), 10, 0, heads));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 30, 200})
    void everySizeOfMoleculeAgreesWithTheReference(double radius) {
        for (double offset : new double[] {0, 1000}) {
            assertAgrees(AttentionTrial.random(config(2), Packing.ofLengths(90, 30), radius, offset, 11));
        }
    }

    @Test
    void sequencesOfAnyPlaceInTheBatchAgreeWithThemselvesAlone() {
        AttentionTrial together = AttentionTrial.random(config(2), Packing.ofLengths(30, 0, 70, 1, 131), 10, 0, 6);
        double[] all = run(together).get(AttentionTrial.RESULT);
        for (int[] sequences : new int[][] {{4, 1, 0, 3, 2}, {0}, {2}, {3}, {4}}) {
            double[] alone = run(alone(together, sequences)).get(AttentionTrial.RESULT);
            assertArrayEquals(rows(together, all, sequences), alone, Arrays.toString(sequences));
        }
    }

    @Test
    void repeatingGivesTheSameBits() {
        VectorRow row = check(DType.F32).repeat("repeat", AttentionTrial.random(config(2), Packing.ofLengths(100, 90), 10, 0, 8), 2);
        assertTrue(row.passes(), row::toString);
    }

    @Test
    void resultIsTheSameWithoutGradientsAndInBf16() {
        AttentionTrial trial = AttentionTrial.random(config(2), UNEVEN, 10, 0, 15);
        double[] expected = run(trial).get(AttentionTrial.RESULT);
        assertArrayEquals(expected, infer(trial, device()));
        assertArrayEquals(expected, infer(trial, device().withPrecision(Precision.BF16)));
    }

    @Test
    void gradientsAgreeWhateverTheirSize() {
        AttentionTrial trial = AttentionTrial.random(config(2), Packing.ofLengths(40), 10, 0, 16);
        Map<String, double[]> expected = run(trial);
        for (double scale : new double[] {0, 0x1p-60, 0x1p60}) {
            double[] gradient = Arrays.stream(trial.arrays().get(AttentionTrial.RESULT_GRADIENT)).map(value -> value * scale).toArray();
            run(trial.with(AttentionTrial.RESULT_GRADIENT, gradient)).forEach((name, values) -> {
                if (!name.equals(AttentionTrial.RESULT)) {
                    double[] scaled = Arrays.stream(expected.get(name)).map(value -> value * scale).toArray();
                    assertArrayEquals(scaled, values, 1e-3 * Arrays.stream(scaled).map(Math::abs).max().orElse(0), name);
                }
            });
        }
    }

    @Test
    void noResiduesGiveNoRows() {
        assertEquals(0, run(AttentionTrial.random(config(2), Packing.ofLengths(), 1, 0, 1)).get(AttentionTrial.RESULT).length);
        assertEquals(0, run(AttentionTrial.random(config(0), Packing.ofLengths(0, 0), 1, 0, 1)).get(AttentionTrial.RESULT).length);
    }

    @Test
    void damagedSequenceSpoilsNoOther() {
        AttentionTrial sound = AttentionTrial.random(config(2), Packing.ofLengths(19, 21), 10, 0, 10);
        double[] trans = sound.arrays().get(AttentionTrial.TRANS).clone();
        Arrays.fill(trans, 19 * 3, trans.length, Double.NaN);
        double[] damaged = run(sound.with(AttentionTrial.TRANS, trans)).get(AttentionTrial.RESULT);
        double[] expected = run(sound).get(AttentionTrial.RESULT);
        assertArrayEquals(rows(sound, expected, 0), rows(sound, damaged, 0));
        assertTrue(Double.isNaN(damaged[19 * config(2).resultWidth()]));
    }

    @Test
    void rowsTooWideAreLeftToOthers() {
        assertFalse(TensorCore.supports(device(), RowLayout.of(new IpaConfig(384, 128, 256, 2, 8, 12, 2, 1))));
        assertFalse(TensorCore.supports(device(), RowLayout.of(new IpaConfig(384, 128, 128, 2, 16, 12, 2, 1))));
        assertFalse(TensorCore.supports(device(), RowLayout.of(new IpaConfig(384, 128, 128, 2, 8, 30, 2, 1))));
    }

    @Test
    void sharedMemoryIsWhatCardsHave() {
        int card = 227 << 10;
        for (IpaConfig sizes : List.of(config(2), new IpaConfig(384, 128, 128, 8, 8, 12, 2, 1), new IpaConfig(384, 128, 128, 8, 8, 12, 16, 1))) {
            TensorTiles tiles = TensorTiles.of(RowLayout.of(sizes)).orElseThrow();
            assertTrue(tiles.forwardShared(8, 64) <= card && tiles.wideShared(128, 80) <= card, sizes::toString);
            assertEquals(64, tiles.stream(card).orElseThrow().rows(), sizes::toString);
            assertEquals(tiles.scoreColumns() <= 208, tiles.stream(99 << 10).isPresent(), sizes::toString);
            assertTrue(tiles.forwardShared(4, 32) <= 99 << 10, sizes::toString);
            assertTrue(!tiles.wideBackward(RowLayout.of(sizes)) || tiles.wideBackwardShared() <= card, sizes::toString);
        }
    }
}
