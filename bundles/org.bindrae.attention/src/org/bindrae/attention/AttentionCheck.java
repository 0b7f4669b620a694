package org.bindrae.attention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.io.VectorRow;

/**
 * Compares a backend on a device with another one in double precision on a host, result and all gradients, for packed sequences of any length, all ranks,
 * small and large molecules near the origin and far off; and with itself.
 */
public final class AttentionCheck {
    private static final int[] RANKS = {0, 1, 2, 3, 4, 8, 16};
    private static final double USUAL_RADIUS = 30;
    /** Nothing, one residue, parts of tiles, a whole tile, several. */
    private static final Packing UNEVEN = Packing.ofLengths(1, 0, 37, 64, 130);
    private static final Packing LONG = Packing.ofLengths(197);

    private final AttentionBackend backend;
    private final Device device;
    private final DType dtype;
    private final AttentionReference reference;

    /**
     * Size and place of a molecule.
     *
     * @param radius from the middle to the ends, Å
     * @param offset from the origin along x, y and z, Å
     */
    public record Placement(int radius, int offset) {
        private static final int[] RADII = {20, 60, 200};
        private static final int[] OFFSETS = {0, 50, 150, 1000};
        private static final long SEED = 100;

        /** Small and large molecules, near the origin and far off. */
        public static List<Placement> all() {
            return IntStream.of(RADII).boxed().flatMap(radius -> IntStream.of(OFFSETS).mapToObj(offset -> new Placement(radius, offset))).toList();
        }

        public AttentionTrial trial(IpaConfig config, Packing packing) {
            return AttentionTrial.random(config, packing, radius, offset, SEED);
        }

        @Override
        public String toString() {
            return "radius " + radius + " Å, " + offset + " Å off the origin";
        }
    }

    /**
     * Relative errors.
     *
     * @param gradient that is farthest off, by the name of its array; it may be twice as far off as the result
     */
    public record Errors(VectorRow result, VectorRow gradient) {
        public boolean pass() {
            return result.passes() && gradient.passes();
        }
    }

    /**
     * @param device says how products are computed, and with that the tolerances
     * @param reference may serve other checks as well
     */
    public AttentionCheck(AttentionBackend backend, Device device, DType dtype, AttentionReference reference) {
        this.backend = backend;
        this.device = device;
        this.dtype = dtype;
        this.reference = reference;
    }

    /** Every rank, radius and offset with the widths of the default model, and odd widths; about a minute, most of it for the reference. */
    public List<VectorRow> run() {
        List<VectorRow> rows = new ArrayList<>();
        reference.trials().forEach((name, trial) -> rows.addAll(compare(name, trial)));
        rows.add(repeat("the same bits on every run", AttentionTrial.random(defaultWidths(2), UNEVEN, USUAL_RADIUS, 0, 202), 5));
        return rows;
    }

    static Map<String, AttentionTrial> trials() {
        Map<String, AttentionTrial> trials = new LinkedHashMap<>();
        for (int rank : RANKS) {
            trials.put("rank " + rank, AttentionTrial.random(defaultWidths(rank), UNEVEN, USUAL_RADIUS, 0, rank));
        }
        for (Placement placement : Placement.all()) {
            trials.put(placement.toString(), placement.trial(defaultWidths(2), LONG));
        }
        trials.put("odd widths", AttentionTrial.random(new IpaConfig(8, 20, 13, 9, 5, 7, 3, 1), UNEVEN, USUAL_RADIUS, 0, 200));
        trials.put("few residues", AttentionTrial.random(defaultWidths(2), Packing.ofLengths(1, 2, 1), 5, 0, 201));
        return trials;
    }

    private static IpaConfig defaultWidths(int rank) {
        return new IpaConfig(384, rank == 0 ? 0 : 128, 128, 8, 8, 12, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    /** {@link #errors} under a name. */
    public List<VectorRow> compare(String name, AttentionTrial trial) {
        Errors errors = errors(trial);
        VectorRow gradient = errors.gradient();
        return List.of(new VectorRow(name, errors.result().error(), errors.result().tolerance()),
                new VectorRow(name + ", gradients (worst of " + gradient.quantity() + ")", gradient.error(), gradient.tolerance()));
    }

    /** Runs the backend and the reference. */
    public Errors errors(AttentionTrial trial) {
        double tolerance = Precision.of(device, dtype).tolerance();
        Map<String, double[]> ours = trial.run(backend, device, dtype);
        Map<String, double[]> gradients = new LinkedHashMap<>(reference.of(trial));
        Map<String, double[]> result = Map.of(AttentionTrial.RESULT, gradients.remove(AttentionTrial.RESULT));
        // a NaN is the worst
        VectorRow worst = VectorRow.relative(ours, gradients, Precision.of(device, dtype), 2 * tolerance).stream()
                .max(Comparator.comparingDouble(VectorRow::error)).orElseThrow();
        return new Errors(VectorRow.relative(ours, result, Precision.of(device, dtype), tolerance).getFirst(), worst);
    }

    /** How many numbers of the result and the gradients differ from the first run in any of {@code repeats} more; none may. */
    public VectorRow repeat(String name, AttentionTrial trial, int repeats) {
        Map<String, double[]> first = trial.run(backend, device, dtype);
        long different = 0;
        for (int i = 0; i < repeats; i++) {
            for (Map.Entry<String, double[]> again : trial.run(backend, device, dtype).entrySet()) {
                double[] expected = first.get(again.getKey());
                double[] values = again.getValue();
                if (!Arrays.equals(expected, values)) {
                    for (int n = 0; n < values.length; n++) {
                        different += Double.doubleToLongBits(expected[n]) == Double.doubleToLongBits(values[n]) ? 0 : 1;
                    }
                }
            }
        }
        return new VectorRow(name, different, 0);
    }
}
