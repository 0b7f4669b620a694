package org.bindrae.attention;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.geometry.CentredPoints;
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
 * Inputs of the attention between the linear layers, to try on any backend, device and precision. Arrays go by the names of {@link AttentionInputs} and {@link
 * PairTerm.Factors}, one row per residue, with {@code trans} in Å, wherever the molecule lies; {@link #RESULT_GRADIENT} is the gradient from above. All values
 * are floats, so that every precision sees the same numbers.
 */
public record AttentionTrial(IpaConfig config, Packing packing, Map<String, double[]> arrays) {
    public static final String RESULT = "result";
    public static final String RESULT_GRADIENT = "resultGradient";
    public static final String TRANS = "trans";
    public static final String HEAD_WEIGHTS = "headWeights";
    private static final String ROT = "rot";
    private static final double NM_PER_ANGSTROM = 0.1;
    /** How far residues stray from the axis, Å. */
    private static final double THICKNESS = 6;

    /**
     * Residues along an axis, which stands for a chain: near residues have near coordinates, however long it is.
     *
     * @param radius from the middle of a sequence to its ends, Å
     * @param offset of all residues along x, y and z, Å
     * @throws IllegalArgumentException if the layer takes a full pair term
     */
    public static AttentionTrial random(IpaConfig config, Packing packing, double radius, double offset, long seed) {
        int heads = config.heads();
        Map<String, double[]> arrays = new LinkedHashMap<>();
        put(arrays, "q", packing, heads * config.cHidden(), 1, seed);
        put(arrays, "kv", packing, heads * 2 * config.cHidden(), 1, seed);
        put(arrays, "qPoints", packing, 3 * heads * config.qkPoints(), 0.5, seed);
        put(arrays, "kvPoints", packing, 3 * heads * (config.qkPoints() + config.vPoints()), 0.5, seed);
        arrays.put(ROT, rotations(packing.total(), seed));
        arrays.put(TRANS, positions(packing, radius, offset, seed));
        arrays.put(HEAD_WEIGHTS, normal(HEAD_WEIGHTS, heads, 1, seed));
        if (config.pairForm() == PairTerm.Full.class) {
            throw new IllegalArgumentException("a trial has factors or no pair term, not a full one");
        }
        if (config.pairForm() == PairTerm.Factors.class) {
            put(arrays, "b1", packing, config.rank() * heads, 1, seed);
            put(arrays, "b2", packing, config.rank() * heads, 1, seed);
            put(arrays, "d1", packing, config.rank() * config.cDown(), 1, seed);
            put(arrays, "d2", packing, config.rank() * config.cDown(), 1, seed);
        }
        put(arrays, RESULT_GRADIENT, packing, config.resultWidth(), 1, seed);
        return new AttentionTrial(config, packing, arrays);
    }

    private static void put(Map<String, double[]> arrays, String name, Packing packing, int width, double scale, long seed) {
        arrays.put(name, normal(name, packing.total() * width, scale, seed));
    }

    private static double[] normal(String name, int length, double scale, long seed) {
        long stream = Philox.stream(name);
        return IntStream.range(0, length).mapToDouble(i -> (float) (scale * Philox.normal(seed, stream, i))).toArray();
    }

    private static double[] positions(Packing packing, double radius, double offset, long seed) {
        double[] positions = normal(TRANS, 3 * packing.total(), THICKNESS, seed);
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                double along = radius * ((2.0 * (i - packing.start(sequence)) + 1) / packing.length(sequence) - 1);
                for (int axis = 0; axis < 3; axis++) {
                    // a diagonal, so that all coordinates grow
                    positions[3 * i + axis] = (float) (positions[3 * i + axis] + offset + along / Math.sqrt(3));
                }
            }
        }
        return positions;
    }

    /** Uniformly distributed, from normalised quaternions [T, 9]. */
    static double[] rotations(int residues, long seed) {
        double[] rotations = new double[9 * residues];
        long stream = Philox.stream(ROT);
        for (int i = 0; i < residues; i++) {
            double w = Philox.normal(seed, stream, 4L * i);
            double x = Philox.normal(seed, stream, 4L * i + 1);
            double y = Philox.normal(seed, stream, 4L * i + 2);
            double z = Philox.normal(seed, stream, 4L * i + 3);
            double s = 2 / (w * w + x * x + y * y + z * z);
            double[] rotation = {1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w), s * (x * y + z * w), 1 - s * (x * x + z * z),
                    s * (y * z - x * w), s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)};
            for (int entry = 0; entry < 9; entry++) {
                rotations[9 * i + entry] = (float) rotation[entry];
            }
        }
        return rotations;
    }

    /** {@link #RESULT} and, under the names of the arrays, the gradients of Σ result·resultGradient. */
    public Map<String, double[]> run(AttentionBackend backend, Device device, DType dtype) {
        try (TensorArena arena = device.arena()) {
            return run(backend, arena, dtype);
        }
    }

    /** The same with memory from an arena. */
    public Map<String, double[]> run(AttentionBackend backend, TensorArena arena, DType dtype) {
        Tape tape = Tape.recording(arena);
        Map<String, Tensor> variables = variables(tape, dtype);
        Tensor result = backend.attend(tape, inputs(tape, variables));
        Map<String, double[]> results = new LinkedHashMap<>();
        results.put(RESULT, result.toDoubles());
        tape.backward(Ops.weightedSum(tape, result, arena.allocate(dtype, result.shape()).set(arrays.get(RESULT_GRADIENT))));
        variables.forEach((name, tensor) -> results.put(name, tape.gradient(tensor).toDoubles()));
        return results;
    }

    /** The arrays but {@link #RESULT_GRADIENT} on the tape's device. */
    public Map<String, Tensor> variables(Tape tape, DType dtype) {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        arrays.forEach((name, values) -> {
            if (!name.equals(RESULT_GRADIENT)) {
                variables.put(name, tape.variable(tape.arena().allocate(dtype, shape(name, values)).set(values)));
            }
        });
        return variables;
    }

    private Shape shape(String name, double[] values) {
        return name.equals(HEAD_WEIGHTS) ? Shape.of(values.length) : Shape.of(packing.total(), width(name));
    }

    /** Values of an array per residue. */
    private int width(String name) {
        int heads = config.heads();
        return switch (name) {
            case "q" -> heads * config.cHidden();
            case "kv" -> heads * 2 * config.cHidden();
            case "qPoints" -> 3 * heads * config.qkPoints();
            case "kvPoints" -> 3 * heads * (config.qkPoints() + config.vPoints());
            case ROT -> 9;
            case TRANS -> 3;
            case "b1", "b2" -> config.rank() * heads;
            case "d1", "d2" -> config.rank() * config.cDown();
            default -> throw new IllegalArgumentException(name + " has no rows of residues");
        };
    }

    /** What a backend is given, from {@link #variables}. */
    public AttentionInputs inputs(Tape tape, Map<String, Tensor> t) {
        PairTerm pair = config.rank() == 0 ? new PairTerm.None() : new PairTerm.Factors(t.get("b1"), t.get("b2"), t.get("d1"), t.get("d2"));
        return new AttentionInputs(config, packing, t.get("q"), t.get("kv"), t.get("qPoints"), t.get("kvPoints"), t.get(ROT),
                CentredPoints.of(tape, t.get(TRANS), packing, NM_PER_ANGSTROM), t.get(HEAD_WEIGHTS), pair);
    }

    /** The same inputs but for one array. */
    public AttentionTrial with(String name, double[] values) {
        Map<String, double[]> changed = new LinkedHashMap<>(arrays);
        changed.put(name, values);
        return new AttentionTrial(config, packing, changed);
    }
}
