package org.bindrae.attention.tck;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionTrial;
import org.bindrae.tensor.Packing;

/** Some sequences of a trial, in any order. */
record Sequences(AttentionTrial trial, int... numbers) {
    /** Without the others. */
    AttentionTrial alone() {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        trial.arrays().forEach((name, values) -> arrays.put(name, name.equals(AttentionTrial.HEAD_WEIGHTS) ? values : rows(values)));
        return new AttentionTrial(trial.config(), Packing.ofLengths(IntStream.of(numbers).map(trial.packing()::length).toArray()), arrays);
    }

    /** Their rows of an array that has some for every residue of the trial. */
    double[] rows(double[] values) {
        Packing packing = trial.packing();
        int width = values.length / packing.total();
        return IntStream.of(numbers).boxed().flatMapToDouble(s -> Arrays.stream(values, packing.start(s) * width, packing.end(s) * width)).toArray();
    }

    @Override
    public String toString() {
        return "sequences " + Arrays.toString(numbers) + " of " + trial.packing();
    }
}
