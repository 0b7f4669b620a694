package org.bindrae.stage1.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenAttentionTest {
    private static final Packing RESIDUES = Packing.ofLengths(3, 2, 1, 4);
    private static final Packing TOKENS = Packing.ofLengths(4, 0, 1, 2);
    private static final TokenPairs PAIRS = TokenPairs.of(RESIDUES, TOKENS);

    private final CpuDevice device = new CpuDevice();
    private final TensorArena arena = device.arena();

    @AfterEach
    void close() {
        arena.close();
        device.close();
    }

    @Test
    void pairsAreThoseOfTheSameSample() {
        assertEquals(3 * 4 + 1 + 4 * 2, PAIRS.count());
        assertArrayEquals(new int[] {0, 4, 8, 12, 12, 12, 13, 15, 17, 19, 21}, PAIRS.rows());
        assertArrayEquals(new int[] {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 5, 6, 5, 6, 5, 6}, PAIRS.tokenOf());
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 5", "3, 1"})
    void gradientsAreThoseOfFiniteDifferences(int heads, int c) {
        TokenAttention attention = new TokenAttention(heads, 0.7);
        Map<String, Tensor> variables = Map.of("h", Slopes.randomTensor(arena, "h", PAIRS.count(), c), "local",
                Slopes.randomTensor(arena, "local", PAIRS.count(), 3), "u", Slopes.randomTensor(arena, "u", 10, heads * (c + 1)));
        Slopes.check(device, variables, tape -> v -> attention.attend(tape, v.get("h"), v.get("local"), v.get("u"), PAIRS), 1e-7);
    }

    /** Queries, keys and values at full width, as the textbook has it, with a token of logit 0 and value 0 beside the ligand's. */
    @Test
    void contractingInPairSpaceGivesTheTextbookAttention() {
        int heads = 2;
        int channels = 3;
        int c = 5;
        try (Parameters parameters = new Parameters(device, DType.F64, 2)) {
            PairSpace space = new PairSpace(parameters, heads, channels, c);
            parameters.all().get("linear_k.bias").set(Slopes.random("kb", heads * channels));
            parameters.all().get("linear_v.bias").set(Slopes.random("vb", heads * channels));
            Tensor h = Slopes.randomTensor(arena, "h", PAIRS.count(), c);
            Tensor local = Slopes.randomTensor(arena, "local", PAIRS.count(), 3);
            Tensor q = Slopes.randomTensor(arena, "q", 10, heads * channels);
            Tape tape = Tape.inference(arena);
            double[] ours = space.values(tape, new TokenAttention(heads, 0.4).attend(tape, h, local, space.queries(tape, q), PAIRS)).toDoubles();
            double[] keys = linear(h, parameters, "linear_k", c);
            double[] values = linear(h, parameters, "linear_v", c);
            double[] expected = new double[ours.length];
            for (int i = 0; i < 10; i++) {
                for (int head = 0; head < heads; head++) {
                    textbook(i, head, heads, channels, q.toDoubles(), keys, values, local.toDoubles(), expected);
                }
            }
            assertArrayEquals(expected, ours, 1e-13);
            assertTrue(Slopes.largest(ours) > 0.1);
        }
    }

    private static double[] linear(Tensor h, Parameters parameters, String name, int c) {
        double[] weight = parameters.all().get(name + ".weight").toDoubles();
        double[] bias = parameters.all().get(name + ".bias").toDoubles();
        double[] x = h.toDoubles();
        double[] y = new double[h.rows() * bias.length];
        for (int at = 0; at < y.length; at++) {
            int out = at % bias.length;
            y[at] = bias[out];
            for (int k = 0; k < c; k++) {
                y[at] += weight[out * c + k] * x[at / bias.length * c + k];
            }
        }
        return y;
    }

    private static void textbook(int i, int head, int heads, int channels, double[] q, double[] keys, double[] values, double[] local, double[] result) {
        int width = heads * channels;
        double reach = head == 0 ? 2 : 16;
        double sum = 1;
        double[] weighted = new double[channels];
        for (int pair = PAIRS.rows()[i]; pair < PAIRS.rows()[i + 1]; pair++) {
            double dot = 0;
            for (int d = 0; d < channels; d++) {
                dot += q[i * width + head * channels + d] * keys[pair * width + head * channels + d];
            }
            double distance = Math.sqrt(Math.pow(local[3 * pair], 2) + Math.pow(local[3 * pair + 1], 2) + Math.pow(local[3 * pair + 2], 2) + 0.01);
            double e = Math.exp(0.4 * dot - distance / reach);
            sum += e;
            for (int d = 0; d < channels; d++) {
                weighted[d] += e * values[pair * width + head * channels + d];
            }
        }
        for (int d = 0; d < channels; d++) {
            result[i * width + head * channels + d] = weighted[d] / sum;
        }
    }

    @Test
    void largeLogitsDoNotOverflow() {
        int pairs = PAIRS.count();
        for (double size : new double[] {1e4, -1e4}) {
            double[] big = new double[pairs];
            Arrays.fill(big, size);
            Tensor h = arena.allocate(DType.F32, Shape.of(pairs, 1)).set(big);
            double[] one = new double[20];
            Arrays.fill(one, 1);
            Tensor u = arena.allocate(DType.F32, Shape.of(10, 2)).set(one);
            Tensor local = arena.zeros(DType.F32, Shape.of(pairs, 3));
            double[] result = new TokenAttention(1, 1).attend(Tape.inference(arena), h, local, u, PAIRS).toDoubles();
            // all weight on the ligand, or none
            assertEquals(size > 0 ? 1 : 0, result[1], 1e-6);
            assertEquals(size > 0 ? size : 0, result[0], 1e-2);
        }
    }

    @Test
    void farTokensCountLess() {
        Packing one = Packing.ofLengths(1);
        TokenPairs pair = TokenPairs.of(one, one);
        double before = 1;
        for (double distance : new double[] {0, 3, 10, 100}) {
            Tensor local = arena.allocate(DType.F64, Shape.of(1, 3)).set(0, distance, 0);
            double mass = new TokenAttention(1, 1).attend(Tape.inference(arena), arena.zeros(DType.F64, Shape.of(1, 1)), local,
                    arena.zeros(DType.F64, Shape.of(1, 2)), pair).toDoubles()[1];
            assertTrue(mass < before);
            before = mass;
        }
    }
}
