package org.bindrae.attention.tck;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.LayerTrial;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;

/** A whole layer on two molecules, turned and shifted. */
final class MovedLayer {
    private static final IpaConfig CONFIG = new IpaConfig(24, 16, 8, 3, 4, 6, 2, IpaConfig.DEFAULT_BIAS_SCALE);
    private static final Packing PACKING = Packing.ofLengths(40, 67);
    /** 60° about (1, 1, 1), row-major. */
    private static final double[] TURN = {2 / 3.0, -1 / 3.0, 2 / 3.0, 2 / 3.0, 2 / 3.0, -1 / 3.0, -1 / 3.0, 2 / 3.0, 2 / 3.0};
    private static final double[] BACK = {TURN[0], TURN[3], TURN[6], TURN[1], TURN[4], TURN[7], TURN[2], TURN[5], TURN[8]};
    private static final double[] DIRECTION = {1, -1, 0.5};

    private final LayerTrial still;

    MovedLayer() {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        int rows = PACKING.total();
        int heads = CONFIG.heads();
        put(arrays, LayerTrial.S, rows * CONFIG.cS(), 1);
        arrays.put(LayerTrial.ROT, AttentionTrial.random(CONFIG, PACKING, 1, 0, 21).arrays().get("rot"));
        put(arrays, LayerTrial.TRANS, rows * 3, 12);
        put(arrays, LayerTrial.Z1, rows * CONFIG.rank() * CONFIG.cZ(), 1);
        put(arrays, LayerTrial.Z2, rows * CONFIG.rank() * CONFIG.cZ(), 1);
        put(arrays, LayerTrial.OUT_GRADIENT, rows * CONFIG.cS(), 1);
        putLinear(arrays, "linear_q", CONFIG.cS(), heads * CONFIG.cHidden());
        putLinear(arrays, "linear_kv", CONFIG.cS(), 2 * heads * CONFIG.cHidden());
        putLinear(arrays, "linear_q_points", CONFIG.cS(), 3 * heads * CONFIG.qkPoints());
        putLinear(arrays, "linear_kv_points", CONFIG.cS(), 3 * heads * (CONFIG.qkPoints() + CONFIG.vPoints()));
        putLinear(arrays, "linear_b", CONFIG.cZ(), heads);
        putLinear(arrays, "down_z", CONFIG.cZ(), CONFIG.cDown());
        putLinear(arrays, "linear_out", CONFIG.resultWidth(), CONFIG.cS());
        put(arrays, "param.head_weights", heads, 1);
        this.still = new LayerTrial(CONFIG, PACKING, arrays);
    }

    private static void putLinear(Map<String, double[]> arrays, String name, int in, int out) {
        put(arrays, LayerTrial.PARAMETER + name + ".weight", in * out, 1 / Math.sqrt(in));
        put(arrays, LayerTrial.PARAMETER + name + ".bias", out, 0.1);
    }

    private static void put(Map<String, double[]> arrays, String name, int length, double scale) {
        arrays.put(name, IntStream.range(0, length).mapToDouble(i -> (float) (scale * Philox.normal(21, Philox.stream(name), i))).toArray());
    }

    /** Neither turned nor shifted. */
    LayerTrial still() {
        return still;
    }

    /** With one coordinate of one residue moved, Å. */
    LayerTrial with(int coordinate, double step) {
        double[] trans = still.arrays().get(LayerTrial.TRANS).clone();
        trans[coordinate] += step;
        return with(Map.of(LayerTrial.TRANS, trans));
    }

    private LayerTrial with(Map<String, double[]> changes) {
        Map<String, double[]> arrays = new LinkedHashMap<>(still.arrays());
        arrays.putAll(changes);
        return new LayerTrial(CONFIG, PACKING, arrays);
    }

    /** Turned about the origin and shifted along (1, −1, ½), Å; the frames optionally rounded to floats, as a single-precision model gets them. */
    LayerTrial moved(double shift, boolean rounded) {
        double[] rot = still.arrays().get(LayerTrial.ROT).clone();
        double[] trans = still.arrays().get(LayerTrial.TRANS).clone();
        turn(TURN, rot, trans);
        for (int i = 0; i < trans.length; i++) {
            trans[i] += shift * DIRECTION[i % 3];
        }
        if (rounded) {
            for (double[] values : new double[][] {rot, trans}) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) values[i];
                }
            }
        }
        return with(Map.of(LayerTrial.ROT, rot, LayerTrial.TRANS, trans));
    }

    /** The gradients of the frames in the orientation before {@link #moved}. */
    static Map<String, double[]> turnedBack(Map<String, double[]> results) {
        double[] rot = results.get(LayerTrial.GRADIENT + LayerTrial.ROT).clone();
        double[] trans = results.get(LayerTrial.GRADIENT + LayerTrial.TRANS).clone();
        turn(BACK, rot, trans);
        Map<String, double[]> turned = new LinkedHashMap<>(results);
        turned.put(LayerTrial.GRADIENT + LayerTrial.ROT, rot);
        turned.put(LayerTrial.GRADIENT + LayerTrial.TRANS, trans);
        return turned;
    }

    private static void turn(double[] turn, double[] rot, double[] trans) {
        for (int i = 0; i < trans.length / 3; i++) {
            System.arraycopy(product(turn, Arrays.copyOfRange(rot, 9 * i, 9 * i + 9)), 0, rot, 9 * i, 9);
            double[] old = Arrays.copyOfRange(trans, 3 * i, 3 * i + 3);
            for (int m = 0; m < 3; m++) {
                trans[3 * i + m] = turn[3 * m] * old[0] + turn[3 * m + 1] * old[1] + turn[3 * m + 2] * old[2];
            }
        }
    }

    /** a·b of row-major 3×3 matrices. */
    private static double[] product(double[] a, double[] b) {
        double[] c = new double[9];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 3; k++) {
                    c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
                }
            }
        }
        return c;
    }
}
