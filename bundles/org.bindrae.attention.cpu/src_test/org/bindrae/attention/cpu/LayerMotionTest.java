package org.bindrae.attention.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionTrial;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.LayerTrial;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole layer does not notice how a molecule lies in space. */
class LayerMotionTest {
    private static final IpaConfig CONFIG = new IpaConfig(24, 16, 8, 3, 4, 6, 2, IpaConfig.DEFAULT_BIAS_SCALE);
    private static final Packing PACKING = Packing.ofLengths(40, 67);
    /** 60° about (1, 1, 1), row-major. */
    private static final double[] TURN = {2 / 3.0, -1 / 3.0, 2 / 3.0, 2 / 3.0, 2 / 3.0, -1 / 3.0, -1 / 3.0, 2 / 3.0, 2 / 3.0};

    private final CpuDevice device = new CpuDevice();

    @AfterEach
    void closeDevice() {
        device.close();
    }

    private Map<String, double[]> run(LayerTrial trial, DType precision, AttentionBackend backend) {
        return trial.run(device, precision, backend);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 50, -150, 1000, -1000})
    void movingAllFramesChangesNothing(double shift) {
        LayerTrial still = trial();
        LayerTrial moved = moved(still, shift, false);
        Map<String, double[]> expected = run(still, DType.F64, new ReferenceBackend());
        for (AttentionBackend backend : new AttentionBackend[] {new ReferenceBackend(), new FlashCpuBackend()}) {
            Deviation.assertClose(turnedBack(run(moved, DType.F64, backend)), expected, LayerTrial.OUT, 1e-10);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 50, -150, 1000, -1000})
    void singlePrecisionIsAccurateWhereverTheMoleculeLies(double shift) {
        LayerTrial moved = moved(trial(), shift, true);
        Map<String, double[]> expected = run(moved, DType.F64, new ReferenceBackend());
        for (AttentionBackend backend : new AttentionBackend[] {new ReferenceBackend(), new FlashCpuBackend()}) {
            Deviation.assertClose(run(moved, DType.F32, backend), expected, LayerTrial.OUT, 1e-5);
        }
    }

    @Test
    void gradientOfThePositionsHasNoNetForce() {
        double[] gradient = run(trial(), DType.F64, new FlashCpuBackend()).get(LayerTrial.GRADIENT + LayerTrial.TRANS);
        for (int sequence = 0; sequence < PACKING.count(); sequence++) {
            for (int axis = 0; axis < 3; axis++) {
                double force = 0;
                double strength = 0;
                for (int i = PACKING.start(sequence); i < PACKING.end(sequence); i++) {
                    force += gradient[3 * i + axis];
                    strength += Math.abs(gradient[3 * i + axis]);
                }
                assertEquals(0, force, 1e-12 * strength);
            }
        }
    }

    @Test
    void gradientOfThePositionsIsPerAngstrom() {
        LayerTrial trial = trial();
        double slope = run(trial, DType.F64, new FlashCpuBackend()).get(LayerTrial.GRADIENT + LayerTrial.TRANS)[3 * 50 + 1];
        double step = 1e-4;
        double difference = (lossWithResidueMoved(trial, step) - lossWithResidueMoved(trial, -step)) / (2 * step);
        assertEquals(difference, slope, 1e-7 * Math.abs(slope));
    }

    private double lossWithResidueMoved(LayerTrial trial, double step) {
        double[] trans = trial.arrays().get(LayerTrial.TRANS).clone();
        trans[3 * 50 + 1] += step;
        double[] out = run(with(trial, Map.of(LayerTrial.TRANS, trans)), DType.F64, new FlashCpuBackend()).get(LayerTrial.OUT);
        double[] weights = trial.arrays().get(LayerTrial.OUT_GRADIENT);
        return IntStream.range(0, out.length).mapToDouble(i -> out[i] * weights[i]).sum();
    }

    private static LayerTrial trial() {
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
        return new LayerTrial(CONFIG, PACKING, arrays);
    }

    private static void putLinear(Map<String, double[]> arrays, String name, int in, int out) {
        put(arrays, LayerTrial.PARAMETER + name + ".weight", in * out, 1 / Math.sqrt(in));
        put(arrays, LayerTrial.PARAMETER + name + ".bias", out, 0.1);
    }

    private static void put(Map<String, double[]> arrays, String name, int length, double scale) {
        arrays.put(name, IntStream.range(0, length).mapToDouble(i -> (float) (scale * Philox.normal(21, Philox.stream(name), i))).toArray());
    }

    private static LayerTrial with(LayerTrial trial, Map<String, double[]> changes) {
        Map<String, double[]> arrays = new LinkedHashMap<>(trial.arrays());
        arrays.putAll(changes);
        return new LayerTrial(trial.config(), trial.packing(), arrays);
    }

    /** The trial turned about the origin and shifted along (1, −1, ½), optionally with frames rounded to floats, as a single-precision model gets them. */
    private static LayerTrial moved(LayerTrial trial, double shift, boolean rounded) {
        double[] rot = trial.arrays().get(LayerTrial.ROT).clone();
        double[] trans = trial.arrays().get(LayerTrial.TRANS).clone();
        for (int i = 0; i < trial.packing().total(); i++) {
            System.arraycopy(product(TURN, Arrays.copyOfRange(rot, 9 * i, 9 * i + 9)), 0, rot, 9 * i, 9);
            double[] old = Arrays.copyOfRange(trans, 3 * i, 3 * i + 3);
            for (int m = 0; m < 3; m++) {
                trans[3 * i + m] = TURN[3 * m] * old[0] + TURN[3 * m + 1] * old[1] + TURN[3 * m + 2] * old[2] + shift * new double[] {1, -1, 0.5}[m];
            }
        }
        if (rounded) {
            for (double[] values : new double[][] {rot, trans}) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) values[i];
                }
            }
        }
        return with(trial, Map.of(LayerTrial.ROT, rot, LayerTrial.TRANS, trans));
    }

    /** The gradients of the frames in the orientation before {@link #moved}. */
    private static Map<String, double[]> turnedBack(Map<String, double[]> results) {
        double[] back = {TURN[0], TURN[3], TURN[6], TURN[1], TURN[4], TURN[7], TURN[2], TURN[5], TURN[8]};
        Map<String, double[]> turned = new LinkedHashMap<>(results);
        double[] rot = results.get(LayerTrial.GRADIENT + LayerTrial.ROT).clone();
        double[] trans = results.get(LayerTrial.GRADIENT + LayerTrial.TRANS).clone();
        for (int i = 0; i < trans.length / 3; i++) {
            System.arraycopy(product(back, Arrays.copyOfRange(rot, 9 * i, 9 * i + 9)), 0, rot, 9 * i, 9);
            double[] old = Arrays.copyOfRange(trans, 3 * i, 3 * i + 3);
            for (int m = 0; m < 3; m++) {
                trans[3 * i + m] = back[3 * m] * old[0] + back[3 * m + 1] * old[1] + back[3 * m + 2] * old[2];
            }
        }
        turned.put(LayerTrial.GRADIENT + LayerTrial.ROT, rot);
        turned.put(LayerTrial.GRADIENT + LayerTrial.TRANS, trans);
        return turned;
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
