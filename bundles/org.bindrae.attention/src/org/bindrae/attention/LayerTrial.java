package org.bindrae.attention;

import java.util.LinkedHashMap;
import java.util.Map;

import org.bindrae.edge.EdgeFeatures;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.VectorFile;
import org.bindrae.tensor.nn.Parameters;

/**
 * One layer with given parameters and inputs, to try on any device, precision and backend. Arrays go by name: {@code in.s} [T, cS], {@code in.rot} [T, 9],
 * {@code in.trans} [T, 3] in Å, {@code in.z_factor_1} and {@code in.z_factor_2} [T, r, cZ] or {@code in.z} [pairs, cZ], {@code param.…} under the names of
 * {@link IpaLayer}, and optionally {@code grad.out.s} [T, cS], the gradient from above.
 */
public record LayerTrial(IpaConfig config, Packing packing, Map<String, double[]> arrays) {
    public static final String S = "in.s";
    public static final String ROT = "in.rot";
    public static final String TRANS = "in.trans";
    public static final String Z = "in.z";
    public static final String Z1 = "in.z_factor_1";
    public static final String Z2 = "in.z_factor_2";
    public static final String OUT = "out.s";
    public static final String OUT_GRADIENT = "grad.out.s";
    public static final String PARAMETER = VectorFile.PARAMETER;
    public static final String GRADIENT = VectorFile.GRADIENT;

    /**
     * {@code out.s}, and, where there is a gradient from above, the gradients {@code grad.in.…} and {@code grad.param.…} of Σ out·grad.out.
     *
     * @throws IllegalArgumentException if an array is missing or has the wrong length
     */
    public Map<String, double[]> run(Device device, DType precision, AttentionBackend backend) {
        try (Parameters parameters = new Parameters(device, precision, 0); TensorArena arena = device.arena()) {
            IpaLayer layer = new IpaLayer(parameters, config);
            parameters.all().forEach((name, tensor) -> tensor.set(array(PARAMETER + name, tensor.size())));
            Tape tape = Tape.recording(arena);
            int rows = packing.total();
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            Tensor s = input(tape, inputs, S, precision, rows, config.cS());
            Tensor rot = input(tape, inputs, ROT, precision, rows, 9);
            Tensor trans = input(tape, inputs, TRANS, precision, rows, 3);
            EdgeFeatures edges = edges(tape, inputs, precision);
            Tensor out = layer.forward(tape, s, edges, rot, trans, packing, backend);
            Map<String, double[]> results = new LinkedHashMap<>();
            results.put(OUT, out.toDoubles());
            if (!arrays.containsKey(OUT_GRADIENT)) {
                return results;
            }
            Tensor weights = arena.allocate(precision, out.shape()).set(array(OUT_GRADIENT, out.size()));
            tape.backward(Ops.weightedSum(tape, out, weights));
            inputs.forEach((name, tensor) -> results.put(GRADIENT + name, tape.gradient(tensor).toDoubles()));
            parameters.all().forEach((name, tensor) -> results.put(GRADIENT + PARAMETER + name, tensor.gradient().toDoubles()));
            return results;
        }
    }

    private EdgeFeatures edges(Tape tape, Map<String, Tensor> inputs, DType precision) {
        if (config.cZ() == 0) {
            return new EdgeFeatures.None();
        }
        if (config.rank() == 0) {
            return new EdgeFeatures.Full(input(tape, inputs, Z, precision, Math.toIntExact(packing.pairs()), config.cZ()));
        }
        return new EdgeFeatures.Factors(input(tape, inputs, Z1, precision, packing.total(), config.rank(), config.cZ()),
                input(tape, inputs, Z2, precision, packing.total(), config.rank(), config.cZ()));
    }

    private Tensor input(Tape tape, Map<String, Tensor> inputs, String name, DType precision, int... dims) {
        Shape shape = Shape.of(dims);
        Tensor tensor = tape.variable(tape.arena().allocate(precision, shape).set(array(name, shape.size())));
        inputs.put(name, tensor);
        return tensor;
    }

    private double[] array(String name, long size) {
        double[] values = arrays.get(name);
        if (values == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        if (values.length != size) {
            throw new IllegalArgumentException(name + " has " + values.length + " values, the layer needs " + size);
        }
        return values;
    }
}
