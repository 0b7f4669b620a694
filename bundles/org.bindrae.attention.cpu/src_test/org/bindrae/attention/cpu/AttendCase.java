package org.bindrae.attention.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/**
 * Random inputs of the attention between the linear layers, as named arrays of one row per residue (or per pair, {@code bias} and {@code down}). All values are
 * floats, so that both precisions see the same numbers.
 */
record AttendCase(IpaConfig config, Packing packing, Map<String, double[]> arrays) {
    static final String RESULT = "result";
    static final String RESULT_GRADIENT = "resultGradient";
    static final String HEAD_WEIGHTS = "headWeights";

    /** @param radius typical distance of a residue from the centre, nm */
    static AttendCase random(IpaConfig config, Packing packing, double radius, long seed) {
        int heads = config.heads();
        int rows = packing.total();
        Map<String, double[]> arrays = new LinkedHashMap<>();
        put(arrays, "q", rows * heads * config.cHidden(), 1, seed);
        put(arrays, "kv", rows * heads * 2 * config.cHidden(), 1, seed);
        put(arrays, "qPoints", rows * 3 * heads * config.qkPoints(), 0.5, seed);
        put(arrays, "kvPoints", rows * 3 * heads * (config.qkPoints() + config.vPoints()), 0.5, seed);
        arrays.put("rot", RandomFrames.rotations(rows, seed));
        put(arrays, "trans", rows * 3, radius, seed);
        put(arrays, HEAD_WEIGHTS, heads, 1, seed);
        if (config.pairForm() == PairTerm.Factors.class) {
            for (String name : new String[] {"b1", "b2"}) {
                put(arrays, name, rows * config.rank() * heads, 1, seed);
            }
            for (String name : new String[] {"d1", "d2"}) {
                put(arrays, name, rows * config.rank() * config.cDown(), 1, seed);
            }
        } else if (config.pairForm() == PairTerm.Full.class) {
            put(arrays, "bias", Math.toIntExact(packing.pairs() * heads), 1, seed);
            put(arrays, "down", Math.toIntExact(packing.pairs() * config.cDown()), 1, seed);
        }
        put(arrays, RESULT_GRADIENT, rows * config.resultWidth(), 1, seed);
        return new AttendCase(config, packing, arrays);
    }

    private static void put(Map<String, double[]> arrays, String name, int length, double scale, long seed) {
        long stream = Philox.stream(name);
        arrays.put(name, IntStream.range(0, length).mapToDouble(i -> (float) (scale * Philox.normal(seed, stream, i))).toArray());
    }

    /** {@code result} and, under their own names, the gradients of Σ result·resultGradient. */
    Map<String, double[]> run(AttentionBackend backend, Device device, DType dtype) {
        try (TensorArena arena = device.arena()) {
            return run(backend, arena, dtype);
        }
    }

    Map<String, double[]> run(AttentionBackend backend, TensorArena arena, DType dtype) {
        Tape tape = Tape.recording(arena);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        arrays.forEach((name, values) -> {
            if (!name.equals(RESULT_GRADIENT)) {
                variables.put(name, tape.variable(arena.allocate(dtype, shape(name, values)).set(values)));
            }
        });
        Tensor result = backend.attend(tape, inputs(variables));
        Map<String, double[]> results = new LinkedHashMap<>();
        results.put(RESULT, result.toDoubles());
        tape.backward(Ops.weightedSum(tape, result, arena.allocate(dtype, result.shape()).set(arrays.get(RESULT_GRADIENT))));
        variables.forEach((name, tensor) -> results.put(name, tape.gradient(tensor).toDoubles()));
        return results;
    }

    private Shape shape(String name, double[] values) {
        if (name.equals(HEAD_WEIGHTS)) {
            return Shape.of(values.length);
        }
        if (config.pairForm() == PairTerm.Full.class && (name.equals("bias") || name.equals("down"))) {
            int width = name.equals("bias") ? config.heads() : config.cDown();
            return Shape.of(values.length / width, width);
        }
        return Shape.of(packing.total(), width(name));
    }

    /** Values per residue. */
    private int width(String name) {
        int heads = config.heads();
        return switch (name) {
            case "q" -> heads * config.cHidden();
            case "kv" -> heads * 2 * config.cHidden();
            case "qPoints" -> 3 * heads * config.qkPoints();
            case "kvPoints" -> 3 * heads * (config.qkPoints() + config.vPoints());
            case "rot" -> 9;
            case "trans" -> 3;
            case "b1", "b2" -> config.rank() * heads;
            case "d1", "d2" -> config.rank() * config.cDown();
            case RESULT, RESULT_GRADIENT -> config.resultWidth();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private AttentionInputs inputs(Map<String, Tensor> t) {
        PairTerm pair = new PairTerm.None();
        if (config.pairForm() == PairTerm.Factors.class) {
            pair = new PairTerm.Factors(t.get("b1"), t.get("b2"), t.get("d1"), t.get("d2"));
        } else if (config.pairForm() == PairTerm.Full.class) {
            pair = new PairTerm.Full(t.get("bias"), t.get("down"));
        }
        return new AttentionInputs(config, packing, t.get("q"), t.get("kv"), t.get("qPoints"), t.get("kvPoints"), t.get("rot"), t.get("trans"),
                t.get(HEAD_WEIGHTS), pair);
    }

    /** Rows of these sequences, in this order, of an array with one row per residue. */
    double[] rowsOf(String name, double[] values, int... sequences) {
        return IntStream.of(sequences).boxed()
                .flatMapToDouble(s -> java.util.Arrays.stream(values, packing.start(s) * width(name), packing.end(s) * width(name))).toArray();
    }

    /** The case of these sequences alone, in this order. */
    AttendCase select(int... sequences) {
        Map<String, double[]> selected = new LinkedHashMap<>();
        arrays.forEach((name, values) -> selected.put(name, name.equals(HEAD_WEIGHTS) ? values : rowsOf(name, values, sequences)));
        return new AttendCase(config, Packing.ofLengths(IntStream.of(sequences).map(packing::length).toArray()), selected);
    }

    /** The same case with every pair's factors multiplied out: bias and down as a full pair term. */
    AttendCase lifted() {
        IpaConfig full = new IpaConfig(config.cS(), config.cZ(), config.cHidden(), config.heads(), config.qkPoints(), config.vPoints(), 0, config.biasScale());
        Map<String, double[]> lifted = new LinkedHashMap<>(arrays);
        lifted.put("bias", products(lifted.remove("b1"), lifted.remove("b2"), config.heads()));
        lifted.put("down", products(lifted.remove("d1"), lifted.remove("d2"), config.cDown()));
        return new AttendCase(full, packing, lifted);
    }

    private double[] products(double[] first, double[] second, int width) {
        double[] pairs = new double[Math.toIntExact(packing.pairs() * width)];
        int at = 0;
        for (int s = 0; s < packing.count(); s++) {
            for (int i = packing.start(s); i < packing.end(s); i++) {
                for (int j = packing.start(s); j < packing.end(s); j++) {
                    for (int c = 0; c < width; c++) {
                        for (int factor = 0; factor < config.rank(); factor++) {
                            pairs[at] += first[(i * config.rank() + factor) * width + c] * second[(j * config.rank() + factor) * width + c];
                        }
                        at++;
                    }
                }
            }
        }
        return pairs;
    }

    AttendCase with(String name, double[] values) {
        Map<String, double[]> changed = new LinkedHashMap<>(arrays);
        changed.put(name, values);
        return new AttendCase(config, packing, changed);
    }
}
