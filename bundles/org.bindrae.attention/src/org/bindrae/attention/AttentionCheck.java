package org.bindrae.attention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

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
    private static final double[] RADII = {20, 60, 200};
    private static final double[] OFFSETS = {0, 50, 150, 1000};
    private static final double USUAL_RADIUS = 30;
    /** Nothing, one residue, parts of tiles, a whole tile, several. */
    private static final Packing UNEVEN = Packing.ofLengths(1, 0, 37, 64, 130);
    private static final Packing LONG = Packing.ofLengths(197);

    private final AttentionBackend backend;
    private final Device device;
    private final DType dtype;
    private final AttentionBackend reference;
    private final Device host;

    /**
     * @param device says how products are computed, and with that the tolerances
     * @param reference a backend that is exact on {@code host} in double precision
     */
    public AttentionCheck(AttentionBackend backend, Device device, DType dtype, AttentionBackend reference, Device host) {
        this.backend = backend;
        this.device = device;
        this.dtype = dtype;
        this.reference = reference;
        this.host = host;
    }

    /** Every rank, radius and offset with the widths of the default model, and odd widths; about a minute, most of it for the reference. */
    public List<VectorRow> run() {
        List<VectorRow> rows = new ArrayList<>();
        for (int rank : RANKS) {
            rows.addAll(compare("rank " + rank, AttentionTrial.random(defaultWidths(rank), UNEVEN, USUAL_RADIUS, 0, rank)));
        }
        for (double radius : RADII) {
            for (double offset : OFFSETS) {
                rows.addAll(compare("radius " + (int) radius + " Å, " + (int) offset + " Å off the origin",
                        AttentionTrial.random(defaultWidths(2), LONG, radius, offset, 100)));
            }
        }
        rows.addAll(compare("odd widths", AttentionTrial.random(new IpaConfig(8, 20, 13, 9, 5, 7, 3, 1), UNEVEN, USUAL_RADIUS, 0, 200)));
        rows.addAll(compare("few residues", AttentionTrial.random(defaultWidths(2), Packing.ofLengths(1, 2, 1), 5, 0, 201)));
        rows.add(repeat("the same bits on every run", AttentionTrial.random(defaultWidths(2), UNEVEN, USUAL_RADIUS, 0, 202), 5));
        return rows;
    }

    private static IpaConfig defaultWidths(int rank) {
        return new IpaConfig(384, rank == 0 ? 0 : 128, 128, 8, 8, 12, rank, IpaConfig.DEFAULT_BIAS_SCALE);
    }

    /** The relative error of the result, and the largest of the gradients, which may be twice as far off. */
    public List<VectorRow> compare(String name, AttentionTrial trial) {
        double tolerance = Precision.of(device, dtype).tolerance();
        Map<String, double[]> ours = trial.run(backend, device, dtype);
        Map<String, double[]> gradients = trial.run(reference, host, DType.F64);
        Map<String, double[]> result = Map.of(AttentionTrial.RESULT, gradients.remove(AttentionTrial.RESULT));
        List<VectorRow> rows = new ArrayList<>();
        for (VectorRow row : VectorRow.relative(ours, result, Precision.of(device, dtype), tolerance)) {
            rows.add(new VectorRow(name, row.error(), row.tolerance()));
        }
        VectorRow worst = null;
        for (VectorRow row : VectorRow.relative(ours, gradients, Precision.of(device, dtype), 2 * tolerance)) {
            // a NaN is the worst
            if (worst == null || !(row.error() <= worst.error()) && !Double.isNaN(worst.error())) {
                worst = row;
            }
        }
        if (worst != null) {
            rows.add(new VectorRow(name + ", gradients (worst of " + worst.quantity() + ")", worst.error(), worst.tolerance()));
        }
        return rows;
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
