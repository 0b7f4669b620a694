package org.bindrae.tensor.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;
import org.osgi.service.component.annotations.Component;

/**
 * Runs every kernel of a device on random matrices and compares with double precision on the host. Every kernel runs twice; where the bits differ, its
 * error is infinite.
 */
@Component
public final class KernelCheck implements DeviceCheck {
    private static final int STEPS = 12;
    /** A step whose gradients are not finite. */
    private static final int SPOILT = 5;
    /** Rows and columns: nothing, one, odd ones, whole and part blocks and tiles, the widths of the network, many rows. */
    private static final int[][] SIZES = {{0, 5}, {3, 0}, {1, 1}, {2, 3}, {7, 33}, {65, 384}, {257, 130}, {1100, 384}, {13, 1536}, {70_001, 3}, {30_000, 1}};

    @Override
    public String subject() {
        return "kernels of tensors";
    }

    @Override
    public boolean applies(Device device) {
        return true;
    }

    /** The worst error of every kernel in single and double precision over all sizes, and that of the optimiser; some seconds on a graphics card. */
    @Override
    public List<VectorRow> run(Device device, HostDevice host) {
        return run(device, host, SIZES);
    }

    /**
     * The same on matrices of these rows and columns. Errors are relative to the largest number that takes part.
     *
     * @param host where double precision is right
     */
    public List<VectorRow> run(Device device, HostDevice host, int[][] sizes) {
        Map<String, VectorRow> rows = new LinkedHashMap<>();
        var random = new SplittableRandom(11);
        for (int[] size : sizes) {
            for (KernelCase kernelCase : KernelCase.all(size[0], size[1], random)) {
                compare(device, host, kernelCase, tolerance(DType.F32), rows);
            }
            // products also sum over rows
            for (KernelCase kernelCase : size[0] > 2000 ? List.<KernelCase>of() : KernelCase.products(size[0], size[1])) {
                compare(device, host, kernelCase, toleranceOfProducts(device.precision()), rows);
            }
        }
        for (DType type : List.of(DType.F32, DType.F64)) {
            add(rows, compareOptimiser(device, host, type));
        }
        return List.copyOf(rows.values());
    }

    private static void add(Map<String, VectorRow> rows, VectorRow row) {
        rows.merge(row.quantity(), row, (known, other) -> other.error() <= known.error() ? known : other);
    }

    private static double tolerance(DType type) {
        return type == DType.F64 ? 1e-12 : 1e-5;
    }

    private static double toleranceOfProducts(Precision precision) {
        return switch (precision) {
            case FP64, FP32 -> 1e-5;
            case TF32 -> 1e-3;
            case BF16 -> 1e-2;
        };
    }

    /** In single precision, with its tolerance, and in double precision. */
    private static void compare(Device device, Device reference, KernelCase kernelCase, double single, Map<String, VectorRow> rows) {
        double[][] expected = kernelCase.run(reference, DType.F64, 3);
        for (DType type : List.of(DType.F32, DType.F64)) {
            double[][] actual = kernelCase.run(device, type, 3);
            boolean repeats = Arrays.deepEquals(actual, kernelCase.run(device, type, 3));
            double tolerance = type == DType.F64 ? tolerance(type) : single;
            add(rows, new VectorRow(kernelCase.name() + ", " + type, repeats ? error(expected, actual) : Double.POSITIVE_INFINITY, tolerance));
        }
    }

    /** Largest difference, relative to the largest expected number or one. Equal numbers, infinite ones and NaN too, differ by nothing. */
    private static double error(double[][] expected, double[][] actual) {
        double largest = 1;
        double difference = 0;
        for (int t = 0; t < expected.length; t++) {
            for (int i = 0; i < expected[t].length; i++) {
                if (Double.isFinite(expected[t][i])) {
                    largest = Math.max(largest, Math.abs(expected[t][i]));
                }
                if (Double.compare(expected[t][i], actual[t][i]) != 0 && expected[t][i] != actual[t][i]) {
                    double d = Math.abs(expected[t][i] - actual[t][i]);
                    difference = Math.max(difference, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
                }
            }
        }
        return difference / largest;
    }

    private static VectorRow compareOptimiser(Device device, Device reference, DType type) {
        double[][] expected = optimise(reference, DType.F64);
        double[][] actual = optimise(device, type);
        boolean repeats = Arrays.deepEquals(actual, optimise(device, type));
        return new VectorRow("optimiser, " + type, repeats ? error(expected, actual) : Double.POSITIVE_INFINITY, tolerance(type));
    }

    /** Norms, counts, parameters, moments and averages after some steps, one of them with a gradient that is not finite, with and without clipping. */
    private static double[][] optimise(Device device, DType type) {
        List<double[]> results = new ArrayList<>();
        try (Parameters parameters = new Parameters(device, type, 4)) {
            // more than a chunk, less than a vector, nothing, without decay
            parameters.create("large.weight", Shape.of(131, 67), Initializer.normal(1));
            parameters.create("large.bias", Shape.of(131), Initializer.normal(1));
            parameters.create("small", Shape.of(), Initializer.constant(0.5));
            parameters.create("empty", Shape.of(0, 3), Initializer.ZEROS);
            parameters.create("odd.weight", Shape.of(5, 3), Initializer.normal(1));
            try (AdamW optimiser = new AdamW(parameters, new AdamW.Settings(0.9, 0.99, 1e-8, 0.05)); Ema averages = new Ema(parameters, 0.7)) {
                for (int step = 1; step <= STEPS; step++) {
                    setGradients(parameters, step);
                    double largestNorm = step % 3 == 0 ? Double.POSITIVE_INFINITY : 20;
                    results.add(new double[] {parameters.gradientNorm(), optimiser.stepLater(0.01, 0.5, largestNorm).getAsDouble()});
                    averages.updateAfter(optimiser);
                }
                results.add(new double[] {optimiser.steps(), averages.updates()});
                parameters.trainable().values().forEach(tensor -> results.add(tensor.toDoubles()));
                optimiser.state().values().forEach(tensor -> results.add(tensor.toDoubles()));
                averages.state().values().forEach(tensor -> results.add(tensor.toDoubles()));
            }
            parameters.zeroGradients();
            parameters.trainable().values().forEach(tensor -> results.add(tensor.gradient().toDoubles()));
        }
        return results.toArray(double[][]::new);
    }

    private static void setGradients(Parameters parameters, int step) {
        var random = new SplittableRandom(step);
        for (Tensor tensor : parameters.trainable().values()) {
            double[] values = random.doubles(tensor.size(), -1, 1).map(value -> (float) value).toArray();
            if (step == SPOILT && values.length == 1) {
                values[0] = Double.NaN;
            }
            tensor.gradient().set(values);
        }
    }
}
