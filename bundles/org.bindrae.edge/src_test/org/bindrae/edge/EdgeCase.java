package org.bindrae.edge;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.nn.Parameters;

/** Random residues, and the parameters and weights of results that go with a seed. */
record EdgeCase(EdgeMode mode, EdgeConfig config, Packing packing, double[] s, double[] positions, double[] sideChains, boolean[] present, int[] numbers,
        int[] chains) {
    private static final long SEED = 5;

    static EdgeCase random(EdgeMode mode, EdgeConfig config, Packing packing) {
        int residues = packing.total();
        boolean[] present = new boolean[residues];
        Arrays.fill(present, true);
        int[] numbers = new int[residues];
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                numbers[i] = i - packing.start(sequence);
            }
        }
        return new EdgeCase(mode, config, packing, normal("s", residues * config.cS(), 1), normal("positions", residues * 3, 6),
                normal("sideChains", residues * 3, 6), present,
                numbers, new int[residues]);
    }

    static double[] normal(String name, int length, double scale) {
        return IntStream.range(0, length).mapToDouble(i -> (float) (scale * Philox.normal(SEED, Philox.stream(name), i))).toArray();
    }

    EdgeCase withPositions(double[] newPositions, double[] newSideChains) {
        return new EdgeCase(mode, config, packing, s, newPositions, newSideChains, present, numbers, chains);
    }

    EdgeCase withS(double[] newS) {
        return new EdgeCase(mode, config, packing, newS, positions, sideChains, present, numbers, chains);
    }

    EdgeCase withNumbers(int[] newNumbers, int[] newChains) {
        return new EdgeCase(mode, config, packing, s, positions, sideChains, present, newNumbers, newChains);
    }

    EdgeCase without(int residue) {
        boolean[] others = present.clone();
        others[residue] = false;
        return new EdgeCase(mode, config, packing, s, positions, sideChains, others, numbers, chains);
    }

    /** One sequence of the case. */
    EdgeCase alone(int sequence) {
        int from = packing.start(sequence);
        int to = packing.end(sequence);
        return new EdgeCase(mode, config, Packing.ofLengths(to - from), Arrays.copyOfRange(s, from * config.cS(), to * config.cS()),
                Arrays.copyOfRange(positions, 3 * from, 3 * to), Arrays.copyOfRange(sideChains, 3 * from, 3 * to), Arrays.copyOfRange(present, from, to),
                Arrays.copyOfRange(numbers, from, to), Arrays.copyOfRange(chains, from, to));
    }

    /** Parameters with biases and norms that are not zeros and ones. */
    Parameters parameters(Device device, DType dtype) {
        Parameters parameters = new Parameters(device, dtype, SEED);
        mode.create(parameters, config);
        parameters.all().forEach((name, tensor) -> {
            if (tensor.shape().rank() == 1) {
                tensor.set(normal(name, Math.toIntExact(tensor.size()), 0.5));
            }
        });
        return parameters;
    }

    /** The features, each under its own name. */
    Map<String, double[]> run(Device device, DType dtype) {
        try (TensorArena arena = device.arena()) {
            return run(arena, dtype, Map.of());
        }
    }

    Map<String, double[]> run(Device device, DType dtype, Map<String, double[]> changed) {
        try (TensorArena arena = device.arena()) {
            return run(arena, dtype, changed);
        }
    }

    /** With the values of some parameters replaced. */
    Map<String, double[]> run(TensorArena arena, DType dtype, Map<String, double[]> changed) {
        Map<String, double[]> values = new LinkedHashMap<>();
        forward(arena, dtype, changed, (tape, variable, parameters, features) -> features.forEach((name, tensor) -> values.put(name, tensor.toDoubles())));
        return values;
    }

    /** Gradients of a weighted sum of all features, {@code s} and parameters under their names. */
    Map<String, double[]> gradients(Device device, DType dtype) {
        try (TensorArena arena = device.arena()) {
            return gradients(arena, dtype);
        }
    }

    Map<String, double[]> gradients(TensorArena arena, DType dtype) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        forward(arena, dtype, Map.of(), (tape, variable, parameters, features) -> {
            Tensor loss = null;
            for (Map.Entry<String, Tensor> feature : features.entrySet()) {
                Tensor tensor = feature.getValue();
                Tensor term = Ops.weightedSum(tape, tensor, arena.allocate(dtype, tensor.shape()).set(upstream(feature.getKey(), tensor.size())));
                loss = loss == null ? term : Ops.add(tape, loss, term);
            }
            tape.backward(loss);
            gradients.put("s", tape.gradient(variable).toDoubles());
            parameters.all().forEach((name, tensor) -> gradients.put(name, tensor.gradient().toDoubles()));
        });
        return gradients;
    }

    static double[] upstream(String feature, long length) {
        return normal("upstream " + feature, Math.toIntExact(length), 1);
    }

    @FunctionalInterface
    private interface Reader {
        void read(Tape tape, Tensor variable, Parameters parameters, Map<String, Tensor> features);
    }

    private void forward(TensorArena arena, DType dtype, Map<String, double[]> changed, Reader reader) {
        try (Parameters parameters = new Parameters(arena.device(), dtype, SEED)) {
            EdgeEmbedder embedder = mode.create(parameters, config);
            try (Parameters values = parameters(arena.device(), dtype)) {
                parameters.all().forEach((name, tensor) -> tensor.set(changed.getOrDefault(name, values.all().get(name).toDoubles())));
            }
            Tape tape = Tape.recording(arena);
            Tensor variable = tape.variable(arena.allocate(dtype, Shape.of(packing.total(), config.cS())).set(s));
            EdgeFeatures features = embedder.forward(tape, new EdgeInputs(variable, positions, sideChains, present, numbers, chains, packing));
            Map<String, Tensor> named = new LinkedHashMap<>();
            switch (features) {
                case EdgeFeatures.None _ -> {
                }
                case EdgeFeatures.Factors(Tensor z1, Tensor z2) -> {
                    named.put("z1", z1);
                    named.put("z2", z2);
                }
                case EdgeFeatures.Full(Tensor z) -> named.put("z", z);
            }
            reader.read(tape, variable, parameters, named);
        }
    }
}
