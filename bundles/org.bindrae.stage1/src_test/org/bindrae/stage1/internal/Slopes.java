package org.bindrae.stage1.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** Compares gradients of a random linear function of an operation's result with finite differences, element by element, in double precision. */
final class Slopes {
    private static final double STEP = 1e-6;

    private Slopes() {
    }

    static double[] random(String name, int length) {
        return IntStream.range(0, length).mapToDouble(i -> Philox.normal(4, Philox.stream(name), i)).toArray();
    }

    static Tensor randomTensor(TensorArena arena, String name, int... dims) {
        Shape shape = Shape.of(dims);
        return arena.allocate(DType.F64, shape).set(random(name, Math.toIntExact(shape.size())));
    }

    /** @param variables every tensor the operation must have a gradient for: those that require none yet are made variables of the tape */
    static void check(HostDevice device, Map<String, Tensor> variables, Function<Tape, Function<Map<String, Tensor>, Tensor>> operation, double tolerance) {
        variables.forEach((name, tensor) -> {
            double[] gradient = gradient(device, variables, name, operation);
            double[] values = tensor.toDoubles();
            for (int i = 0; i < values.length; i++) {
                double ahead = value(device, variables, tensor, values, i, STEP, operation);
                double slope = (ahead - value(device, variables, tensor, values, i, -STEP, operation)) / (2 * STEP);
                assertEquals(slope, gradient[i], tolerance * Math.max(1, Math.abs(slope)), name + "[" + i + "]");
            }
            tensor.set(values);
        });
    }

    private static double[] gradient(HostDevice device, Map<String, Tensor> variables, String name,
            Function<Tape, Function<Map<String, Tensor>, Tensor>> operation) {
        try (TensorArena arena = device.arena()) {
            Tape tape = Tape.recording(arena);
            Map<String, Tensor> leaves = new java.util.HashMap<>();
            variables.forEach((key, tensor) -> leaves.put(key, tape.variable(tensor)));
            Tensor result = operation.apply(tape).apply(leaves);
            tape.backward(Ops.weightedSum(tape, result, arena.allocate(DType.F64, result.shape()).set(random("weights", Math.toIntExact(result.size())))));
            Tensor gradient = leaves.get(name).gradient();
            return gradient == null ? new double[Math.toIntExact(leaves.get(name).size())] : gradient.toDoubles();
        }
    }

    private static double value(HostDevice device, Map<String, Tensor> variables, Tensor tensor, double[] values, int i, double step,
            Function<Tape, Function<Map<String, Tensor>, Tensor>> operation) {
        double[] changed = values.clone();
        changed[i] += step;
        tensor.set(changed);
        try (TensorArena arena = device.arena()) {
            double[] result = operation.apply(Tape.inference(arena)).apply(variables).toDoubles();
            double[] weights = random("weights", result.length);
            return IntStream.range(0, result.length).mapToDouble(k -> weights[k] * result[k]).sum();
        } finally {
            tensor.set(values);
        }
    }

    static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }
}
