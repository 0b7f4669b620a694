package org.bindrae.stage1.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels.Unary;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PairEmbeddingTest {
    private static final int FEATURES = 4;
    private static final int WIDTH = 5;

    private final CpuDevice device = new CpuDevice();
    private final TensorArena arena = device.arena();
    private final Parameters parameters = new Parameters(device, DType.F64, 3);
    private final PairEmbedding embedding = new PairEmbedding(parameters, FEATURES, WIDTH);

    @BeforeEach
    void leaveTheInitialValues() {
        parameters.all().forEach((name, tensor) -> tensor.set(Slopes.random(name, Math.toIntExact(tensor.size()))));
    }

    @AfterEach
    void close() {
        parameters.close();
        arena.close();
        device.close();
    }

    /** More pairs than a tile holds, so that sums over tiles are tested as well. */
    @Test
    void isTheMlpOfPlaceAndFeaturesAndHasItsGradients() {
        TokenPairs pairs = TokenPairs.of(Packing.ofLengths(70, 5), Packing.ofLengths(60, 3));
        Tensor features = Slopes.randomTensor(arena, "features", 63, FEATURES);
        Tensor places = Slopes.randomTensor(arena, "places", pairs.count(), 3);
        Map<String, double[]> plain = run(places, pairs, (tape, x) -> plain(tape, x, features, pairs));
        Map<String, double[]> tiled = run(places, pairs, (tape, x) -> embedding.forward(tape, x, features, pairs));
        plain.forEach((name, values) -> assertArrayEquals(values, tiled.get(name), 1e-10 * Math.max(1, Slopes.largest(values)), name));
        assertEquals(8, plain.size());
    }

    private interface Embedding {
        Tensor of(Tape tape, Tensor places);
    }

    private Map<String, double[]> run(Tensor places, TokenPairs pairs, Embedding work) {
        parameters.zeroGradients();
        Tape tape = Tape.recording(arena);
        Tensor x = tape.variable(places);
        Tensor h = work.of(tape, x);
        Map<String, double[]> results = new HashMap<>();
        results.put("h", h.toDoubles());
        tape.backward(Ops.weightedSum(tape, h, Slopes.randomTensor(arena, "weights", pairs.count(), WIDTH)));
        results.put("places", x.gradient().toDoubles());
        parameters.all().forEach((name, tensor) -> results.put(name, tensor.gradient().toDoubles()));
        return results;
    }

    private Tensor plain(Tape tape, Tensor x, Tensor features, TokenPairs pairs) {
        Map<String, Tensor> p = parameters.all();
        Tensor input = Ops.concatColumns(tape, x, Ops.gatherRows(tape, features, tape.indices(pairs.tokenOf())));
        Tensor hidden = Ops.linear(tape, input, p.get("linear_1.weight"), p.get("linear_1.bias"));
        Tensor normed = Ops.layerNorm(tape, hidden, p.get("norm.weight"), p.get("norm.bias"), 1e-5);
        return Ops.linear(tape, Ops.unary(tape, Unary.GELU, normed), p.get("linear_2.weight"), p.get("linear_2.bias"));
    }

    @Test
    void noPairsGiveNothing() {
        TokenPairs none = TokenPairs.of(Packing.ofLengths(2), Packing.ofLengths(0));
        Tensor empty = arena.allocate(DType.F64, Shape.of(0, 3));
        assertEquals(0, embedding.forward(Tape.recording(arena), empty, arena.allocate(DType.F64, Shape.of(0, FEATURES)), none).size());
    }

    @Test
    void saturatedPointsHaveTheirGradients() {
        Map<String, Tensor> variables = Map.of("x", arena.allocate(DType.F64, Shape.of(4, 3)).set(0, 0, 0, 1, -2, 3, 20, 0, 5, 1, 200, 3));
        Slopes.check(device, variables, tape -> v -> SaturatedPoints.of(tape, v.get("x")), 1e-8);
    }

    @Test
    void farPointsKeepTheirDirectionOnly() {
        double[] y = SaturatedPoints.of(Tape.inference(arena), arena.allocate(DType.F64, Shape.of(2, 3)).set(0.4, 0, 0, 0, -30000, 40000)).toDoubles();
        assertArrayEquals(new double[] {0.1, 0, 0, 0, -1.5, 2}, y, 1e-3);
    }
}
