package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;

import org.bindrae.attention.AttentionBackend;
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

    private static IpaConfig fullConfig() {
        return new IpaConfig(24, 16, 8, 3, 4, 6, 0, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    private Map<String, double[]> run(AttendCase attendCase) {
        return attendCase.run(backend, device, dtype);
    }

    private Map<String, double[]> exact(AttendCase attendCase) {
        return attendCase.run(new ReferenceBackend(), device, DType.F64);
    }

    private void assertExact(AttendCase attendCase) {
        Deviation.assertClose(run(attendCase), exact(attendCase), AttendCase.RESULT, tolerance());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 8, 16, 20})
    void everyRankAgreesWithTheReference(int rank) {
        assertExact(AttendCase.random(config(rank), UNEVEN, 1, rank));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 63, 64, 65, 129, 257, 530})
    void everyLengthAgreesWithTheReference(int length) {
        assertExact(AttendCase.random(new IpaConfig(8, 8, 5, 2, 3, 2, 2, 1), Packing.ofLengths(length), 1, length));
    }

    @Test
    void widthsOfTheDefaultModelAgreeWithTheReference() {
        assertExact(AttendCase.random(new IpaConfig(384, 128, 128, 8, 8, 12, 2, IpaConfig.DEFAULT_BIAS_SCALE), Packing.ofLengths(70, 45), 1.5, 7));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 5, 20})
    void everySizeOfMoleculeAgreesWithTheReference(double radius) {
        assertExact(AttendCase.random(config(2), Packing.ofLengths(90, 30), radius, 11));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-30, 6, 30})
    void strongAndWeakPointsAgreeWithTheReference(double headWeight) {
        AttendCase attendCase = AttendCase.random(config(2), Packing.ofLengths(90, 30), 1, 12);
        assertExact(attendCase.with(AttendCase.HEAD_WEIGHTS, new double[] {headWeight, headWeight, headWeight}));
    }

    @Test
    void factorsEqualTheFullPairTermTheyMultiplyOutTo() {
        AttendCase factors = AttendCase.random(config(3), UNEVEN, 1, 3);
        Map<String, double[]> full = exact(factors.lifted());
        full.keySet().removeIf(name -> name.equals("bias") || name.equals("down"));
        Deviation.assertClose(run(factors), full, AttendCase.RESULT, tolerance());
    }

    @Test
    void fullPairTermAgreesWithTheReferenceWhereOffered() {
        assumeTrue(backend.check(fullConfig(), PairTerm.Full.class, device, dtype).ok());
        assertExact(AttendCase.random(fullConfig(), UNEVEN, 1, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void gradientsAreTheDifferencesOfTheResult(int rank) {
        assertDifferences(AttendCase.random(config(rank), Packing.ofLengths(5, 1, 9), 1, 5));
    }

    @Test
    void gradientsOfTheFullPairTermAreTheDifferencesOfTheResult() {
        assumeTrue(backend.check(fullConfig(), PairTerm.Full.class, device, dtype).ok());
        assertDifferences(AttendCase.random(fullConfig(), Packing.ofLengths(5, 1, 9), 1, 5));
    }

    private void assertDifferences(AttendCase attendCase) {
        assumeTrue(dtype == DType.F64, "differences need double precision");
        Map<String, double[]> results = run(attendCase);
        double step = 1e-5;
        for (String name : results.keySet()) {
            if (!name.equals(AttendCase.RESULT)) {
                double[] values = attendCase.arrays().get(name);
                double[] direction = new double[values.length];
                double slope = 0;
                for (int i = 0; i < values.length; i++) {
                    direction[i] = Philox.normal(17, Philox.stream(name), i);
                    slope += direction[i] * results.get(name)[i];
                }
                double difference = (loss(attendCase, name, direction, step) - loss(attendCase, name, direction, -step)) / (2 * step);
                assertEquals(difference, slope, 1e-6 * Math.max(1, Math.abs(slope)), name);
            }
        }
    }

    private double loss(AttendCase attendCase, String name, double[] direction, double step) {
        double[] moved = attendCase.arrays().get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        double[] result = run(attendCase.with(name, moved)).get(AttendCase.RESULT);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * attendCase.arrays().get(AttendCase.RESULT_GRADIENT)[i];
        }
        return sum;
    }

    @Test
    void sequencesGiveTheSameBitsAloneAndInAnyOrder() {
        AttendCase together = AttendCase.random(config(2), Packing.ofLengths(30, 0, 70, 1, 131), 1, 6);
        Map<String, double[]> all = run(together);
        assertSameBits(together, all, 4, 1, 0, 3, 2);
        for (int sequence = 0; sequence < together.packing().count(); sequence++) {
            assertSameBits(together, all, sequence);
        }
    }

    private void assertSameBits(AttendCase together, Map<String, double[]> all, int... sequences) {
        Map<String, double[]> selected = run(together.select(sequences));
        selected.forEach((name, values) -> {
            // the gradient of the head weights is a sum over all sequences
            if (!name.equals(AttendCase.HEAD_WEIGHTS)) {
                assertArrayEquals(together.rowsOf(name, all.get(name), sequences), values, name);
            }
        });
    }

    @Test
    void repeatingGivesTheSameBits() {
        AttendCase attendCase = AttendCase.random(config(2), Packing.ofLengths(150, 90), 1, 8);
        Map<String, double[]> once = run(attendCase);
        for (int repeat = 0; repeat < 5; repeat++) {
            run(attendCase).forEach((name, values) -> assertArrayEquals(once.get(name), values, name));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void numberOfThreadsChangesNoBit(int threads) {
        AttendCase attendCase = AttendCase.random(config(2), Packing.ofLengths(90, 0, 1, 150), 1, 14);
        Map<String, double[]> expected = run(attendCase);
        try (CpuDevice other = new CpuDevice(threads, true)) {
            attendCase.run(backend, other, dtype).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
        }
    }

    @Test
    void loneResidueCollectsItself() {
        IpaConfig config = config(2);
        AttendCase lone = AttendCase.random(config, Packing.ofLengths(1), 3, 9);
        double[] result = run(lone).get(AttendCase.RESULT);
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
        assertEquals(0, run(AttendCase.random(config(2), Packing.ofLengths(), 1, 1)).get(AttendCase.RESULT).length);
        assertEquals(0, run(AttendCase.random(config(0), Packing.ofLengths(0, 0), 1, 1)).get(AttendCase.RESULT).length);
    }

    @Test
    void damagedSequenceSpoilsNoOther() {
        AttendCase sound = AttendCase.random(config(2), Packing.ofLengths(19, 21), 1, 10);
        double[] trans = sound.arrays().get("trans").clone();
        java.util.Arrays.fill(trans, 19 * 3, trans.length, Double.NaN);
        Map<String, double[]> damaged = run(sound.with("trans", trans));
        Map<String, double[]> expected = run(sound);
        for (String name : new String[] {AttendCase.RESULT, "q", "kv", "qPoints", "trans", "d1"}) {
            assertArrayEquals(sound.rowsOf(name, expected.get(name), 0), sound.rowsOf(name, damaged.get(name), 0), name);
        }
        assertTrue(Double.isNaN(damaged.get(AttendCase.RESULT)[19 * config(2).resultWidth()]));
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
            AttendCase.random(config, Packing.ofLengths(length), 1, 13).run(backend, arena, dtype);
            return arena.peak();
        }
    }

    @Test
    void integersAreRefusedBeforehand() {
        assertFalse(backend.check(config(2), PairTerm.Factors.class, device, DType.I32).ok());
        assertTrue(backend.check(config(2), PairTerm.Factors.class, device, dtype).ok());
    }
}
