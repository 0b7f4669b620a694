package org.bindrae.edge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.edge.internal.Flash2dFactorizeBias;
import org.bindrae.edge.internal.FlashNoBias;
import org.bindrae.edge.internal.Orig2dBias;
import org.bindrae.edge.internal.OrigNoBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every mode must do. */
class EdgeModesTest {
    private static final Packing UNEVEN = Packing.ofLengths(9, 0, 1, 14, 3);

    private final CpuDevice device = new CpuDevice(2, true);

    @AfterEach
    void closeDevice() {
        device.close();
    }

    static EdgeConfig config(Distance distance, boolean chainIndex) {
        return new EdgeConfig(6, 8, 3, 4, 5, 4, distance, 7, chainIndex, 20);
    }

    private static EdgeConfig config() {
        return config(Distance.DISTOGRAM, false);
    }

    private static List<EdgeMode> all() {
        return List.of(new Flash1dBias(), new Flash2dFactorizeBias(), new FlashNoBias(), new Orig2dBias(), new OrigNoBias());
    }

    private static Stream<EdgeMode> withFeatures() {
        return Stream.of(new Flash1dBias(), new Flash2dFactorizeBias(), new Orig2dBias());
    }

    @Test
    void publishedSizesHaveThePublishedNumberOfParameters() {
        try (Parameters parameters = new Parameters(device, DType.F32, 0)) {
            new Flash1dBias().create(parameters, EdgeConfig.defaults());
            assertEquals(346_992, parameters.count());
        }
    }

    @Test
    void namesFindTheirModes() {
        EdgeModes modes = new EdgeModes(all());
        all().forEach(mode -> assertSame(mode.getClass(), modes.named(mode.name()).getClass()));
        assertEquals(Flash1dBias.class, modes.named(EdgeModes.DEFAULT).getClass());
        String message = assertThrows(IllegalArgumentException.class, () -> modes.named("2d")).getMessage();
        assertEquals("no edge mode is called '2d'; installed are flash_1d_bias, flash_2d_factorize_bias, flash_no_bias, orig_2d_bias, orig_no_bias", message);
    }

    @Test
    void modesMakeWhatTheySay() {
        for (EdgeMode mode : all()) {
            Map<String, double[]> features = EdgeCase.random(mode, config(), UNEVEN).run(device, DType.F32);
            Map<String, Long> sizes = switch (mode.produces(config()).getSimpleName()) {
                case "Factors" -> Map.of("z1", UNEVEN.total() * 3L * 8, "z2", UNEVEN.total() * 3L * 8);
                case "Full" -> Map.of("z", UNEVEN.pairs() * 8);
                default -> Map.of();
            };
            assertEquals(sizes.keySet(), features.keySet(), mode.name());
            sizes.forEach((name, size) -> assertEquals(size, features.get(name).length, mode.name()));
        }
    }

    @Test
    void modesWithFeaturesNeedSizesForThem() {
        EdgeConfig none = new EdgeConfig(6, 0, 0, 4, 5, 4, Distance.DISTOGRAM, 7, false, 20);
        EdgeConfig unfactored = new EdgeConfig(6, 8, 0, 4, 5, 4, Distance.DISTOGRAM, 7, false, 20);
        try (Parameters parameters = new Parameters(device, DType.F32, 0)) {
            withFeatures().forEach(mode -> assertThrows(IllegalArgumentException.class, () -> mode.create(parameters, none), mode.name()));
            assertThrows(IllegalArgumentException.class, () -> new Flash1dBias().create(parameters, unfactored));
            assertThrows(IllegalArgumentException.class, () -> new Flash2dFactorizeBias().create(parameters, unfactored));
            new Orig2dBias().create(parameters, unfactored);
        }
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void gradientsAreTheDifferencesOfTheFeatures(EdgeMode mode) {
        for (Distance distance : Distance.values()) {
            EdgeCase edgeCase = EdgeCase.random(mode, config(distance, distance == Distance.RBF), UNEVEN).without(4);
            // small, so that no ReLU is likely to change sides
            double step = 1e-7;
            Map<String, double[]> gradients = edgeCase.gradients(device, DType.F64);
            gradients.forEach((name, gradient) -> {
                double[] direction = new double[gradient.length];
                double slope = 0;
                for (int i = 0; i < direction.length; i++) {
                    direction[i] = Philox.normal(8, Philox.stream(name), i);
                    slope += direction[i] * gradient[i];
                }
                double difference = (loss(edgeCase, name, direction, step) - loss(edgeCase, name, direction, -step)) / (2 * step);
                assertEquals(difference, slope, 1e-6 * Math.max(1, Math.abs(slope)), name);
            });
        }
    }

    private double loss(EdgeCase edgeCase, String name, double[] direction, double step) {
        double[] start = edgeCase.s();
        if (!name.equals("s")) {
            try (Parameters parameters = edgeCase.parameters(device, DType.F64)) {
                start = parameters.all().get(name).toDoubles();
            }
        }
        double[] moved = start.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        Map<String, double[]> features = name.equals("s") ? edgeCase.withS(moved).run(device, DType.F64) : edgeCase.run(device, DType.F64, Map.of(name, moved));
        double sum = 0;
        for (Map.Entry<String, double[]> feature : features.entrySet()) {
            double[] upstream = EdgeCase.upstream(feature.getKey(), feature.getValue().length);
            for (int i = 0; i < upstream.length; i++) {
                sum += upstream[i] * feature.getValue()[i];
            }
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void sequencesGiveTheSameFeaturesAloneAndTogether(EdgeMode mode) {
        EdgeCase together = EdgeCase.random(mode, config(), UNEVEN);
        Map<String, double[]> all = together.run(device, DType.F64);
        for (int sequence = 0; sequence < UNEVEN.count(); sequence++) {
            int index = sequence;
            together.alone(sequence).run(device, DType.F64).forEach((name, values) -> {
                long from = name.equals("z") ? UNEVEN.pairStart(index) * 8 : UNEVEN.start(index) * 3L * 8;
                for (int i = 0; i < values.length; i++) {
                    assertEquals(all.get(name)[(int) from + i], values[i], 1e-13, name);
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void movingTheMoleculeChangesNothing(EdgeMode mode) {
        EdgeCase still = EdgeCase.random(mode, config(Distance.RBF, false), UNEVEN);
        EdgeCase moved = still.withPositions(moved(still.positions()), moved(still.sideChains()));
        Map<String, double[]> expected = still.run(device, DType.F64);
        moved.run(device, DType.F64).forEach((name, values) -> assertArrayEquals(expected.get(name), values, 1e-9, name));
    }

    /** Turned about an axis and shifted by 1000 Å. */
    private static double[] moved(double[] points) {
        double cos = Math.cos(0.7);
        double sin = Math.sin(0.7);
        double[] moved = new double[points.length];
        for (int i = 0; i < points.length; i += 3) {
            moved[i] = cos * points[i] - sin * points[i + 1] + 1000;
            moved[i + 1] = sin * points[i] + cos * points[i + 1] - 1000;
            moved[i + 2] = points[i + 2] + 500;
        }
        return moved;
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void positionsOfAnAbsentResidueDoNotMatter(EdgeMode mode) {
        for (Distance distance : Distance.values()) {
            EdgeCase whole = EdgeCase.random(mode, config(distance, false), UNEVEN);
            EdgeCase absent = whole.without(4);
            double[] positions = absent.positions().clone();
            double[] sideChains = absent.sideChains().clone();
            for (int axis = 0; axis < 3; axis++) {
                positions[12 + axis] = Double.NaN;
                sideChains[12 + axis] = 1e9;
            }
            Map<String, double[]> expected = absent.run(device, DType.F64);
            absent.withPositions(positions, sideChains).run(device, DType.F64).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
            whole.run(device, DType.F64).forEach((name, values) -> assertFalse(java.util.Arrays.equals(expected.get(name), values), name));
        }
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void bitsAreTheSameOnRepeatAndForAnyNumberOfThreads(EdgeMode mode) {
        EdgeCase edgeCase = EdgeCase.random(mode, config(), Packing.ofLengths(15, 20, 11));
        Map<String, double[]> features = edgeCase.run(device, DType.F32);
        Map<String, double[]> gradients = edgeCase.gradients(device, DType.F32);
        for (int threads = 1; threads <= 4; threads++) {
            try (CpuDevice other = new CpuDevice(threads, true)) {
                edgeCase.run(other, DType.F32).forEach((name, values) -> assertArrayEquals(features.get(name), values, name));
                edgeCase.gradients(other, DType.F32).forEach((name, values) -> assertArrayEquals(gradients.get(name), values, name));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withFeatures")
    void singlePrecisionIsExactToRounding(EdgeMode mode) {
        EdgeCase edgeCase = EdgeCase.random(mode, config(), UNEVEN);
        Map<String, double[]> exact = edgeCase.run(device, DType.F64);
        edgeCase.run(device, DType.F32).forEach((name, values) -> assertArrayEquals(exact.get(name), values, 1e-4, name));
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void neighbourModeUsesMemoryInProportionToTheResidues(Distance distance) {
        long before = peak(distance, 150);
        for (int length = 300; length <= 600; length *= 2) {
            long after = peak(distance, length);
            assertTrue(after <= 2 * before, before + " bytes became " + after);
            before = after;
        }
    }

    private long peak(Distance distance, int length) {
        try (TensorArena arena = device.arena()) {
            EdgeCase.random(new Flash1dBias(), config(distance, false), Packing.ofLengths(length)).gradients(arena, DType.F32);
            return arena.peak();
        }
    }

    @Test
    void sequenceLongerThanTheFactorizerIsRefused() {
        EdgeCase edgeCase = EdgeCase.random(new Flash2dFactorizeBias(), config(), Packing.ofLengths(3, 21));
        String message = assertThrows(IllegalArgumentException.class, () -> edgeCase.run(device, DType.F32)).getMessage();
        assertTrue(message.contains("21 residues") && message.contains("20"), message);
    }

    @Test
    void numbersOfResiduesMatterAndThoseOfChainsOnlyWhereAskedFor() {
        withFeatures().forEach(mode -> {
            int[] chains = {7, 7, 7, 7, 2, 2, 2, 2, 2};
            int[] restarted = {5, 6, 7, 8, 5, 6, 7, 8, 9};
            int[] runningOn = {5, 6, 7, 8, 109, 110, 111, 112, 113};
            EdgeCase plain = EdgeCase.random(mode, config(), Packing.ofLengths(9));
            EdgeCase perChain = EdgeCase.random(mode, config(Distance.DISTOGRAM, true), Packing.ofLengths(9));
            String name = plain.run(device, DType.F64).keySet().iterator().next();
            assertFalse(same(plain.withNumbers(restarted, chains), plain.withNumbers(runningOn, chains), name), mode.name());
            assertTrue(same(plain.withNumbers(restarted, chains), plain.withNumbers(restarted, new int[9]), name), mode.name());
            assertTrue(same(perChain.withNumbers(restarted, chains), perChain.withNumbers(runningOn, chains), name), mode.name());
            assertFalse(same(perChain.withNumbers(restarted, chains), perChain.withNumbers(restarted, new int[9]), name), mode.name());
        });
    }

    private boolean same(EdgeCase a, EdgeCase b, String name) {
        return java.util.Arrays.equals(a.run(device, DType.F64).get(name), b.run(device, DType.F64).get(name));
    }

    @Test
    void missingNeighboursAreZeros() {
        // three residues have two neighbours each, so the weights of the other two places cannot matter
        EdgeCase edgeCase = EdgeCase.random(new Flash1dBias(), config(), Packing.ofLengths(3));
        Map<String, double[]> expected = edgeCase.run(device, DType.F64);
        String name = "linear_t_distogram.weight";
        double[] weight;
        try (Parameters parameters = edgeCase.parameters(device, DType.F64)) {
            weight = parameters.all().get(name).toDoubles();
        }
        int perPlace = 5 + 4;
        for (int i = 0; i < weight.length; i++) {
            weight[i] = i % (4 * perPlace) < 2 * perPlace ? weight[i] : 1e6;
        }
        edgeCase.run(device, DType.F64, Map.of(name, weight)).forEach((result, values) -> assertArrayEquals(expected.get(result), values, result));
        for (int i = 0; i < weight.length; i++) {
            weight[i] += i % (4 * perPlace) / perPlace == 1 ? 1 : 0;
        }
        assertFalse(java.util.Arrays.equals(expected.get("z1"), edgeCase.run(device, DType.F64, Map.of(name, weight)).get("z1")));
    }
}
