package org.bindrae.edge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.edge.internal.Flash2dFactorizeBias;
import org.bindrae.edge.internal.NeighbourEmbedder;
import org.bindrae.edge.internal.Neighbours;
import org.bindrae.edge.internal.Orig2dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.VectorFile;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.tensor.nn.Parameters;

/**
 * Compares an edge embedder with values that other code computed: inputs {@code in.s}, {@code in.translations}, {@code in.trans_sc} and {@code in.mask}, padded
 * to [B, N, …], parameters, results {@code out.z_factor_1} and {@code out.z_factor_2} or {@code out.z}, and gradients. The index of a residue is its place in
 * the padded sequence. Where neighbours are equally near, the order that fits the file best counts.
 */
public final class EdgeVectorCheck {
    /** Metadata {@code kind} of such files. */
    public static final String KIND = "edge";
    private static final String S = "in.s";
    private static final String POSITIONS = "in.translations";
    private static final String SIDE_CHAINS = "in.trans_sc";
    private static final String MASK = "in.mask";
    private static final String FULL = "out.z";
    private static final String FIRST = "out.z_factor_1";
    private static final String SECOND = "out.z_factor_2";
    private static final double ANGSTROM_PER_NM = 10;

    private final VectorFile vectors;
    private final EdgeMode mode;
    private final EdgeConfig config;
    private final int batch;
    private final int length;
    private final double[] s;
    private final double[] positions;
    private final double[] sideChains;
    private final boolean[] mask;
    private final Map<String, double[]> results = new LinkedHashMap<>();
    /** Masked rows count as residues where the file has a result for them: flash_ipa looks at no mask in some modes. */
    private final boolean[] compared;

    /** @throws IOException if the file is not a complete edge file; the message names the entry */
    public EdgeVectorCheck(SafetensorsFile file) throws IOException {
        this.vectors = new VectorFile(file, KIND);
        this.mode = switch (vectors.choice("mode", Flash1dBias.NAME, Flash2dFactorizeBias.NAME, Orig2dBias.NAME)) {
            case Flash1dBias.NAME -> new Flash1dBias();
            case Flash2dFactorizeBias.NAME -> new Flash2dFactorizeBias();
            default -> new Orig2dBias();
        };
        this.config = config();
        this.batch = vectors.shape(S).dim(0);
        this.length = vectors.shape(S).dim(1);
        double unit = vectors.choice("units", "angstrom", "nm").equals("nm") ? ANGSTROM_PER_NM : 1;
        this.s = vectors.doubles(S, batch, length, config.cS());
        this.positions = scaled(vectors.doubles(POSITIONS, batch, length, 3), unit);
        this.sideChains = scaled(vectors.doubles(SIDE_CHAINS, batch, length, 3), unit);
        this.mask = vectors.mask(MASK, batch, length);
        for (String name : resultNames()) {
            results.put(name, vectors.doubles(name, resultShape()));
        }
        this.compared = mask.clone();
        for (int row = 0; row < compared.length; row++) {
            for (double[] values : results.values()) {
                int width = values.length / compared.length;
                compared[row] |= Arrays.stream(values, row * width, (row + 1) * width).anyMatch(value -> value != 0);
            }
        }
    }

    private EdgeConfig config() throws IOException {
        EdgeConfig unused = EdgeConfig.defaults();
        int rank = mode instanceof Orig2dBias ? unused.rank() : vectors.number("z_factor_rank");
        int neighbours = mode instanceof Flash1dBias ? vectors.number("k") : unused.neighbours();
        int maxLength = mode instanceof Flash2dFactorizeBias ? vectors.number("max_len") : unused.maxLength();
        try {
            return new EdgeConfig(vectors.number("c_s"), vectors.number("c_p"), rank, vectors.number("feat_dim"), vectors.number("num_bins"), neighbours,
                    Distance.DISTOGRAM, unused.rbfKernels(), false, maxLength);
        } catch (IllegalArgumentException e) {
            throw vectors.problem("metadata: " + e.getMessage());
        }
    }

    private static double[] scaled(double[] values, double unit) {
        return Arrays.stream(values).map(value -> value * unit).toArray();
    }

    private List<String> resultNames() {
        return mode instanceof Orig2dBias ? List.of(FULL) : List.of(FIRST, SECOND);
    }

    private int[] resultShape() {
        return mode instanceof Orig2dBias ? new int[] {batch, length, length, config.cZ()} : new int[] {batch, length, config.rank(), config.cZ()};
    }

    /**
     * Runs the embedder.
     *
     * @return one row for each result and gradient of the file
     * @throws IOException if an entry is missing, of the wrong shape, or unexpected; the message names it
     */
    public List<VectorRow> check(Device device, DType precision) throws IOException {
        try (Parameters parameters = new Parameters(device, precision, 0); TensorArena arena = device.arena()) {
            EdgeEmbedder embedder = mode.create(parameters, config);
            requireExpectedEntries(parameters);
            for (Map.Entry<String, Tensor> parameter : parameters.all().entrySet()) {
                Tensor tensor = parameter.getValue();
                tensor.set(vectors.doubles(VectorFile.PARAMETER + parameter.getKey(), tensor.shape().toArray()));
            }
            EdgeEmbedder settled = embedder instanceof NeighbourEmbedder ofNeighbours ? settled(ofNeighbours, arena, precision) : embedder;
            Tape tape = Tape.recording(arena);
            Tensor variable = tape.variable(arena.allocate(precision, Shape.of(batch * length, config.cS())).set(s));
            Map<String, Tensor> tensors = tensors(settled.forward(tape, inputs(variable)));
            Map<String, double[]> ours = new LinkedHashMap<>();
            tensors.forEach((name, tensor) -> ours.put(name, masked(tensor.toDoubles())));
            Precision products = Precision.of(device, precision);
            double tolerance = products.tolerance();
            List<VectorRow> rows = new ArrayList<>(VectorRow.relative(ours, results, products, tolerance));
            Map<String, double[]> gradients = gradients(parameters);
            if (!gradients.isEmpty()) {
                differentiate(tape, tensors);
                ours.put(VectorFile.GRADIENT + S, tape.gradient(variable).toDoubles());
                parameters.all().forEach((name, tensor) -> ours.put(VectorFile.GRADIENT + VectorFile.PARAMETER + name, tensor.gradient().toDoubles()));
                rows.addAll(VectorRow.relative(ours, gradients, products, Math.max(2 * tolerance, throughRectifiers(products))));
            }
            return rows;
        }
    }

    /**
     * Where factors are rounded, units of a rectifier that are close to its edge by so much fall on the other side, and then their gradients are altogether
     * others: a share of all in proportion to the rounding, hence an error in proportion to its root. There are two rectifiers.
     */
    private static double throughRectifiers(Precision precision) {
        return precision == Precision.TF32 || precision == Precision.BF16 ? 2 * Math.sqrt(precision.rounding()) : 0;
    }

    private void requireExpectedEntries(Parameters parameters) throws IOException {
        Set<String> known = new HashSet<>(List.of(S, POSITIONS, SIDE_CHAINS, MASK, VectorFile.GRADIENT + S));
        for (String result : resultNames()) {
            known.add(result);
            known.add(VectorFile.GRADIENT + result);
        }
        for (String name : parameters.all().keySet()) {
            known.add(VectorFile.PARAMETER + name);
            known.add(VectorFile.GRADIENT + VectorFile.PARAMETER + name);
        }
        vectors.requireOnly(known);
    }

    /** The gradients that the file has. */
    private Map<String, double[]> gradients(Parameters parameters) throws IOException {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put(S, vectors.shape(S));
        parameters.all().forEach((name, tensor) -> shapes.put(VectorFile.PARAMETER + name, tensor.shape()));
        return vectors.gradients(shapes);
    }

    private EdgeInputs inputs(Tensor variable) {
        int[] lengths = new int[batch];
        Arrays.fill(lengths, length);
        int[] places = new int[batch * length];
        Arrays.setAll(places, row -> row % length);
        boolean[] present = mode instanceof Flash1dBias ? compared : mask;
        return new EdgeInputs(variable, positions, sideChains, present, places, new int[places.length], Packing.ofLengths(lengths));
    }

    private static Map<String, Tensor> tensors(EdgeFeatures features) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        switch (features) {
            case EdgeFeatures.None _ -> {
            }
            case EdgeFeatures.Factors(Tensor z1, Tensor z2) -> {
                tensors.put(FIRST, z1);
                tensors.put(SECOND, z2);
            }
            case EdgeFeatures.Full(Tensor z) -> tensors.put(FULL, z);
        }
        return tensors;
    }

    /** Zeros in rows of residues that do not count. */
    private double[] masked(double[] values) {
        double[] masked = values.clone();
        int width = values.length / compared.length;
        for (int row = 0; row < compared.length; row++) {
            if (!compared[row]) {
                Arrays.fill(masked, row * width, (row + 1) * width, 0);
            }
        }
        return masked;
    }

    /** From Σ result·gradient from above. */
    private void differentiate(Tape tape, Map<String, Tensor> tensors) throws IOException {
        Tensor loss = null;
        for (Map.Entry<String, Tensor> result : tensors.entrySet()) {
            double[] upstream = masked(vectors.doubles(VectorFile.GRADIENT + result.getKey(), resultShape()));
            Tensor weights = tape.arena().allocate(result.getValue().dtype(), result.getValue().shape()).set(upstream);
            Tensor term = Ops.weightedSum(tape, result.getValue(), weights);
            loss = loss == null ? term : Ops.add(tape, loss, term);
        }
        tape.backward(loss);
    }

    /** The embedder with equally near neighbours in the order that fits best. */
    private EdgeEmbedder settled(NeighbourEmbedder embedder, TensorArena arena, DType precision) {
        Tape tape = Tape.inference(arena);
        EdgeInputs inputs = inputs(arena.allocate(precision, Shape.of(batch * length, config.cS())).set(s));
        TiedNeighbours tied = TiedNeighbours.of(inputs, config.neighbours());
        int[] best = new int[inputs.residues()];
        double[] error = errors(embedder.forward(tape, inputs, tied.neighbours(best)));
        int orders = 1;
        for (int residue = 0; residue < best.length; residue++) {
            orders = Math.max(orders, tied.orders(residue));
        }
        for (int order = 1; order < orders; order++) {
            int[] tried = best.clone();
            for (int residue = 0; residue < tried.length; residue++) {
                tried[residue] = order < tied.orders(residue) ? order : best[residue];
            }
            // the features of a residue depend on its own neighbours only, so all residues can be tried at once
            double[] other = errors(embedder.forward(tape, inputs, tied.neighbours(tried)));
            for (int residue = 0; residue < tried.length; residue++) {
                if (other[residue] < error[residue]) {
                    error[residue] = other[residue];
                    best[residue] = tried[residue];
                }
            }
        }
        Neighbours neighbours = tied.neighbours(best);
        return (ownTape, ownInputs) -> embedder.forward(ownTape, ownInputs, neighbours);
    }

    /** Squared deviation from the file for each residue. */
    private double[] errors(EdgeFeatures features) {
        double[] errors = new double[compared.length];
        tensors(features).forEach((name, tensor) -> {
            double[] ours = masked(tensor.toDoubles());
            double[] theirs = results.get(name);
            int width = ours.length / errors.length;
            for (int i = 0; i < ours.length; i++) {
                errors[i / width] += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
            }
        });
        return errors;
    }
}
