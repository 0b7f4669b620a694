package org.bindrae.geometry;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Runs differentiable operations on plain numbers and checks their gradients by finite differences. */
record Differentiation(TestDevice device, DType dtype) {
    static final Differentiation F64 = new Differentiation(new TestDevice(2), DType.F64);
    private static final double STEP = 1e-3;

    /** An operation with one or more results. */
    @FunctionalInterface
    interface Operation {
        List<Tensor> apply(Tape tape, List<Tensor> inputs);
    }

    /** Results, and the gradients of Σ result·upstream by each input. */
    record Outcome(List<double[]> results, List<double[]> gradients) {
    }

    /** {@code upstream} has one array per result. */
    Outcome run(Operation operation, List<double[]> inputs, List<double[]> upstream) {
        Tape tape = Tape.recording(device.arena());
        List<Tensor> variables = inputs.stream()
                .map(values -> tape.variable(tape.arena().allocate(dtype, Shape.of(values.length)).set(values))).toList();
        List<Tensor> results = operation.apply(tape, variables);
        Tensor loss = tape.output(dtype, Shape.of(1), results.getFirst());
        tape.record(() -> {
            for (int r = 0; r < results.size(); r++) {
                HostValues.add(tape.gradient(results.get(r)), upstream.get(r));
            }
        });
        tape.backward(loss);
        return new Outcome(results.stream().map(Tensor::toDoubles).toList(),
                variables.stream().map(variable -> tape.gradient(variable).toDoubles()).toList());
    }

    List<double[]> results(Operation operation, List<double[]> inputs) {
        Tape tape = Tape.inference(device.arena());
        List<Tensor> constants = inputs.stream().map(values -> tape.arena().allocate(dtype, Shape.of(values.length)).set(values)).toList();
        return operation.apply(tape, constants).stream().map(Tensor::toDoubles).toList();
    }

    /** Compares gradients of randomly weighted results with central differences: ‖difference‖ ≤ 1e-6 ‖gradient‖ for each input. */
    void check(Operation operation, List<double[]> inputs, RandomGeometry random) {
        List<double[]> upstream = results(operation, inputs).stream()
                .map(result -> random.random().doubles(result.length, -1, 1).toArray()).toList();
        List<double[]> gradients = run(operation, inputs, upstream).gradients();
        for (int n = 0; n < inputs.size(); n++) {
            double[] input = inputs.get(n).clone();
            List<double[]> changed = new ArrayList<>(inputs);
            changed.set(n, input);
            double error = 0;
            double norm = 0;
            for (int i = 0; i < input.length; i++) {
                double value = input[i];
                double slope = 0;
                // fourth order, so that rounding and truncation both stay small
                double[][] stencil = {{-2, 1}, {-1, -8}, {1, 8}, {2, -1}};
                for (double[] point : stencil) {
                    input[i] = value + point[0] * STEP;
                    slope += point[1] * dot(results(operation, changed), upstream) / (12 * STEP);
                }
                input[i] = value;
                error += Math.pow(slope - gradients.get(n)[i], 2);
                norm += Math.pow(gradients.get(n)[i], 2);
            }
            assertTrue(Math.sqrt(error) <= 1e-6 * Math.sqrt(norm) && norm > 0,
                    "input " + n + ": gradient " + Math.sqrt(norm) + ", off by " + Math.sqrt(error));
        }
    }

    private static double dot(List<double[]> a, List<double[]> b) {
        double sum = 0;
        for (int n = 0; n < a.size(); n++) {
            for (int i = 0; i < a.get(n).length; i++) {
                sum += a.get(n)[i] * b.get(n)[i];
            }
        }
        return sum;
    }
}
