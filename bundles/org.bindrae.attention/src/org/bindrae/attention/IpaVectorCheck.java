package org.bindrae.attention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorFile;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.tensor.nn.Parameters;

/**
 * Compares the layer with values that other code computed: inputs {@code in.…}, parameters {@code param.…}, the result {@code out.s} and gradients {@code
 * grad.…} as in {@link LayerTrial}, but padded to [B, N, …], with {@code in.mask} saying what is no padding. Metadata: sizes, {@code units} of positions, and
 * the {@code path} of flash_ipa that made the values: {@code flash} adds the pair bias unscaled, {@code slow} or {@code naive} scales it by sqrt(1/3).
 */
public final class IpaVectorCheck {
    /** Metadata {@code kind} of such files. */
    public static final String KIND = "ipa";
    private static final String MASK = "in.mask";
    private static final double ANGSTROM_PER_NM = 10;

    private final VectorFile vectors;
    private final IpaConfig config;
    private final int batch;
    private final int length;
    private final PaddedRows rows;
    private final double angstromPerUnit;

    /** @throws IOException if the file does not describe a layer; the message names the entry */
    public IpaVectorCheck(SafetensorsFile file) throws IOException {
        this.vectors = new VectorFile(file, KIND);
        this.config = readConfig();
        Shape s = vectors.shape(LayerTrial.S);
        if (s.rank() != 3) {
            throw vectors.problem("entry \"" + LayerTrial.S + "\" has shape " + s + " where [B×N×" + config.cS() + "] is needed");
        }
        this.batch = s.dim(0);
        this.length = s.dim(1);
        this.rows = new PaddedRows(vectors.mask(MASK, batch, length), length);
        this.angstromPerUnit = vectors.choice("units", "nm", "angstrom").equals("nm") ? ANGSTROM_PER_NM : 1;
    }

    private IpaConfig readConfig() throws IOException {
        boolean flash = vectors.choice("path", "flash", "slow", "naive").equals("flash");
        int rank = vectors.number("z_factor_rank");
        // without factors the factorised path has no pair term, whatever the width says
        int cZ = flash && rank == 0 ? 0 : vectors.number("c_z");
        try {
            return new IpaConfig(vectors.number("c_s"), cZ, vectors.number("c_hidden"), vectors.number("no_heads"), vectors.number("no_qk_points"),
                    vectors.number("no_v_points"), flash ? rank : 0, flash ? IpaConfig.FLASH_IPA_BIAS_SCALE : IpaConfig.DEFAULT_BIAS_SCALE);
        } catch (IllegalArgumentException e) {
            throw vectors.problem("metadata: " + e.getMessage());
        }
    }

    /** The layer that the file is about. */
    public IpaConfig config() {
        return config;
    }

    /**
     * Runs the layer.
     *
     * @return one row for the result and each gradient of the file
     * @throws IOException if an entry is missing, of the wrong shape, or unexpected; the message names it
     * @throws IllegalArgumentException if the backend cannot run such a layer there
     */
    public List<VectorRow> check(Device device, DType precision, AttentionBackend backend) throws IOException {
        Support support = backend.check(config, config.pairForm(), device, precision);
        if (!support.ok()) {
            throw new IllegalArgumentException("attention backend " + backend.name() + " cannot run this layer: " + support.reason());
        }
        Map<String, Shape> inputs = inputs();
        Map<String, Shape> parameters = parameters(device, precision);
        requireExpectedEntries(inputs, parameters);
        Map<String, double[]> arrays = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> input : inputs.entrySet()) {
            arrays.put(input.getKey(), packed(input.getKey(), input.getValue()));
        }
        for (Map.Entry<String, Shape> parameter : parameters.entrySet()) {
            arrays.put(parameter.getKey(), vectors.doubles(parameter.getKey(), parameter.getValue().toArray()));
        }
        scale(arrays.get(LayerTrial.TRANS), angstromPerUnit);
        centre(arrays.get(LayerTrial.TRANS));
        Map<String, double[]> gradients = gradients(inputs, parameters);
        if (!gradients.isEmpty()) {
            arrays.put(LayerTrial.OUT_GRADIENT, packed(LayerTrial.OUT_GRADIENT, inputs.get(LayerTrial.S)));
        }
        Map<String, double[]> ours = new LayerTrial(config, rows.packing(), arrays).run(device, precision, backend);
        Precision products = Precision.of(device, precision);
        double tolerance = products.tolerance();
        Map<String, double[]> out = Map.of(LayerTrial.OUT, packed(LayerTrial.OUT, inputs.get(LayerTrial.S)));
        List<VectorRow> compared = new ArrayList<>(VectorRow.relative(ours, out, products, tolerance));
        compared.addAll(VectorRow.relative(ours, gradients, products, 2 * tolerance));
        return compared;
    }

    /** Padded shapes of the inputs. */
    private Map<String, Shape> inputs() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put(LayerTrial.S, Shape.of(batch, length, config.cS()));
        shapes.put(LayerTrial.ROT, Shape.of(batch, length, 3, 3));
        shapes.put(LayerTrial.TRANS, Shape.of(batch, length, 3));
        if (config.pairForm() == PairTerm.Factors.class) {
            shapes.put(LayerTrial.Z1, Shape.of(batch, length, config.rank(), config.cZ()));
            shapes.put(LayerTrial.Z2, Shape.of(batch, length, config.rank(), config.cZ()));
        } else if (config.pairForm() == PairTerm.Full.class) {
            shapes.put(LayerTrial.Z, Shape.of(batch, length, length, config.cZ()));
        }
        return shapes;
    }

    private Map<String, Shape> parameters(Device device, DType precision) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        try (Parameters parameters = new Parameters(device, precision, 0)) {
            new IpaLayer(parameters, config);
            parameters.all().forEach((name, tensor) -> shapes.put(LayerTrial.PARAMETER + name, tensor.shape()));
        }
        return shapes;
    }

    private void requireExpectedEntries(Map<String, Shape> inputs, Map<String, Shape> parameters) throws IOException {
        Set<String> known = new HashSet<>(List.of(MASK, LayerTrial.OUT, LayerTrial.OUT_GRADIENT));
        for (Map<String, Shape> shapes : List.of(inputs, parameters)) {
            for (String name : shapes.keySet()) {
                known.add(name);
                known.add(LayerTrial.GRADIENT + name);
            }
        }
        vectors.requireOnly(known);
    }

    private double[] packed(String name, Shape padded) throws IOException {
        return packed(name, vectors.doubles(name, padded.toArray()));
    }

    private double[] packed(String name, double[] padded) {
        return name.endsWith(LayerTrial.Z) ? rows.pairs(padded) : rows.residues(padded);
    }

    /** The gradients that the file has, without padding, with respect to Å. */
    private Map<String, double[]> gradients(Map<String, Shape> inputs, Map<String, Shape> parameters) throws IOException {
        Map<String, double[]> gradients = vectors.gradients(inputs);
        gradients.replaceAll(this::packed);
        if (gradients.containsKey(LayerTrial.GRADIENT + LayerTrial.TRANS)) {
            scale(gradients.get(LayerTrial.GRADIENT + LayerTrial.TRANS), 1 / angstromPerUnit);
        }
        gradients.putAll(vectors.gradients(parameters));
        return gradients;
    }

    /** Moves each sequence to the origin before its positions are rounded, as data sets do; the layer does not notice. */
    private void centre(double[] positions) {
        Packing packing = rows.packing();
        for (int sequence = 0; sequence < packing.count(); sequence++) {
            for (int axis = 0; axis < 3; axis++) {
                double sum = 0;
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    sum += positions[3 * i + axis];
                }
                for (int i = packing.start(sequence); i < packing.end(sequence); i++) {
                    positions[3 * i + axis] -= sum / packing.length(sequence);
                }
            }
        }
    }

    private static void scale(double[] values, double factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}
