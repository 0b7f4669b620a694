package org.bindrae.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.SafetensorsWriter;
import org.bindrae.tensor.nn.AdamW;
import org.bindrae.tensor.nn.Ema;
import org.bindrae.tensor.nn.Initializer;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OptimiserTest {
    private static final AdamW.Settings SETTINGS = new AdamW.Settings(0.9, 0.99, 1e-8, 0.05);

    @TempDir
    Path folder;

    private final CpuDevice device = new CpuDevice(2, true);

    @AfterEach
    void close() {
        device.close();
    }

    private Parameters parameters(DType type) {
        var parameters = new Parameters(device, type, 8);
        parameters.create("layer.weight", Shape.of(5, 7), Initializer.normal(1));
        parameters.create("layer.bias", Shape.of(5), Initializer.normal(1));
        parameters.create("norm.weight", Shape.of(7), Initializer.normal(1));
        parameters.create("pair.bias", Shape.of(2, 3), Initializer.normal(1));
        parameters.create("gate", Shape.of(), Initializer.constant(0.3));
        parameters.buffer("seen", Shape.of(2), 4, 5);
        return parameters;
    }

    private static void setGradients(Parameters parameters, long seed) {
        var random = new SplittableRandom(seed);
        for (Tensor tensor : parameters.trainable().values()) {
            tensor.gradient().set(random.doubles(tensor.size(), -1, 1).toArray());
        }
    }

    /** The update as in the paper, written down again: Loshchilov and Hutter 2019, Algorithm 2, with the learning rate in place of schedule times step size. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void followsThePaper(DType type) {
        double largestNorm = 2;
        double accumulation = 0.25;
        try (Parameters parameters = parameters(type); AdamW optimiser = new AdamW(parameters, SETTINGS)) {
            Map<String, Tensor> trainable = parameters.trainable();
            double[][] theta = trainable.values().stream().map(Tensor::toDoubles).toArray(double[][]::new);
            double[][] m = trainable.values().stream().map(t -> new double[(int) t.size()]).toArray(double[][]::new);
            double[][] v = trainable.values().stream().map(t -> new double[(int) t.size()]).toArray(double[][]::new);
            for (int step = 1; step <= 20; step++) {
                setGradients(parameters, step);
                double[][] g = trainable.values().stream().map(t -> t.gradient().toDoubles()).toArray(double[][]::new);
                double squares = 0;
                for (double[] values : g) {
                    for (double x : values) {
                        squares += x * x * accumulation * accumulation;
                    }
                }
                double norm = Math.sqrt(squares);
                double rate = 0.01 * step;
                assertEquals(norm, optimiser.step(rate, accumulation, step % 2 == 0 ? 0.5 : largestNorm), 1e-7 * norm);
                double clip = Math.min(1, (step % 2 == 0 ? 0.5 : largestNorm) / norm) * accumulation;
                int i = 0;
                for (String name : trainable.keySet()) {
                    double decay = name.equals("layer.weight") ? 0.05 : 0;
                    for (int j = 0; j < theta[i].length; j++) {
                        double gradient = g[i][j] * clip;
                        m[i][j] = 0.9 * m[i][j] + 0.1 * gradient;
                        v[i][j] = 0.99 * v[i][j] + 0.01 * gradient * gradient;
                        double mHat = m[i][j] / (1 - Math.pow(0.9, step));
                        double vHat = v[i][j] / (1 - Math.pow(0.99, step));
                        theta[i][j] = theta[i][j] - rate * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * theta[i][j]);
                    }
                    i++;
                }
            }
            int i = 0;
            for (Tensor tensor : trainable.values()) {
                assertArrayEquals(theta[i++], tensor.toDoubles(), type == DType.F64 ? 1e-13 : 5e-6);
            }
            assertEquals(20, optimiser.steps());
            assertArrayEquals(new double[] {4, 5}, parameters.all().get("seen").toDoubles());
        }
    }

    @Test
    void gradientsThatAreNotFiniteChangeNothing() {
        try (Parameters parameters = parameters(DType.F32); AdamW optimiser = new AdamW(parameters, SETTINGS)) {
            setGradients(parameters, 1);
            parameters.all().get("gate").gradient().set(Float.NaN);
            float[] before = parameters.all().get("layer.weight").toFloats();
            assertTrue(Double.isNaN(optimiser.step(0.1, 1, 1)));
            assertArrayEquals(before, parameters.all().get("layer.weight").toFloats());
            assertEquals(0, optimiser.steps());
            assertEquals(0, optimiser.state().get("second_moment.gate").item());
        }
    }

    @Test
    void averagesStayWhenTheOptimiserSkipsAStep() {
        try (Parameters parameters = parameters(DType.F32); AdamW optimiser = new AdamW(parameters, SETTINGS); Ema ema = new Ema(parameters, 0.9)) {
            setGradients(parameters, 1);
            optimiser.step(0.1, 1, 1);
            ema.updateAfter(optimiser);
            assertEquals(1, ema.updates());
            parameters.all().get("gate").gradient().set(Float.NaN);
            assertTrue(Double.isNaN(optimiser.stepLater(0.1, 1, 1).getAsDouble()));
            float[] before = ema.state().get("layer.weight").toFloats();
            ema.updateAfter(optimiser);
            assertArrayEquals(before, ema.state().get("layer.weight").toFloats());
            assertEquals(1, ema.updates());
            assertEquals(1, optimiser.steps());
        }
    }

    @Test
    void noClippingWithAnInfiniteNorm() {
        try (Parameters parameters = parameters(DType.F64); AdamW optimiser = new AdamW(parameters, SETTINGS)) {
            setGradients(parameters, 1);
            optimiser.step(0.1, 1, Double.POSITIVE_INFINITY);
            double gradient = parameters.all().get("layer.bias").gradient().toDoubles()[0];
            assertEquals(0.1 * gradient, optimiser.state().get("first_moment.layer.bias").toDoubles()[0], 1e-15);
            assertThrows(IllegalArgumentException.class, () -> optimiser.step(0.1, 1, 0));
            assertThrows(IllegalArgumentException.class, () -> new AdamW.Settings(1, 0.9, 1e-8, 0));
        }
    }

    @Test
    void aRestoredRunGoesOnWithTheSameBits() throws IOException {
        Path file = folder.resolve("checkpoint.safetensors");
        byte[] through = train(0, 6, null, file);
        byte[] resumed = train(3, 6, file, null);
        assertArrayEquals(through, resumed);
    }

    /** Trains from one step to another, perhaps from a checkpoint, leaves a checkpoint at step 3 where wanted, and returns the bytes of the final one. */
    private byte[] train(int from, int to, Path load, Path save) throws IOException {
        try (Parameters parameters = parameters(DType.F32); AdamW optimiser = new AdamW(parameters, SETTINGS); Ema ema = new Ema(parameters, 0.9)) {
            if (load != null) {
                SafetensorsFile file = SafetensorsFile.read(load);
                parameters.load(file, "model.");
                optimiser.restore(file, "optimiser.", Long.parseLong(file.metadata().get("steps")));
                ema.restore(file, "ema.", Long.parseLong(file.metadata().get("updates")));
            }
            for (int step = from + 1; step <= to; step++) {
                setGradients(parameters, step);
                optimiser.step(0.01, 1, 1);
                ema.update();
                if (step == 3 && save != null) {
                    save(parameters, optimiser, ema, save);
                }
            }
            Path end = folder.resolve("end.safetensors");
            save(parameters, optimiser, ema, end);
            return Files.readAllBytes(end);
        }
    }

    private static void save(Parameters parameters, AdamW optimiser, Ema ema, Path file) throws IOException {
        var writer = new SafetensorsWriter().metadata("steps", Long.toString(optimiser.steps())).metadata("updates", Long.toString(ema.updates()));
        parameters.all().forEach((name, tensor) -> writer.add("model." + name, tensor));
        optimiser.state().forEach((name, tensor) -> writer.add("optimiser." + name, tensor));
        ema.state().forEach((name, tensor) -> writer.add("ema." + name, tensor));
        writer.write(file);
    }

    @Test
    void averagesForgetTheStartFirstAndThenFollowTheDecay() {
        try (Parameters parameters = new Parameters(device, DType.F64, 1)) {
            Tensor x = parameters.create("x", Shape.of(), Initializer.constant(10));
            try (Ema ema = new Ema(parameters, 0.8)) {
                double expected = 10;
                for (int update = 0; update < 60; update++) {
                    x.set((double) update);
                    ema.update();
                    double keep = Math.min(0.8, (1.0 + update) / (10 + update));
                    expected = keep * expected + (1 - keep) * update;
                    assertEquals(expected, ema.state().get("x").item(), 1e-12);
                }
                assertEquals(60, ema.updates());
            }
        }
    }

    @Test
    void averagesCanBeUsedAsParametersForAWhile() {
        try (Parameters parameters = parameters(DType.F32); Ema ema = new Ema(parameters, 0.9)) {
            Tensor weight = parameters.all().get("layer.weight");
            float[] averages = weight.toFloats();
            weight.set(new float[35]);
            float[] trained = weight.toFloats();
            Ema.Swap swap = ema.swapIn();
            assertArrayEquals(averages, weight.toFloats());
            assertThrows(IllegalStateException.class, ema::update);
            assertThrows(IllegalStateException.class, ema::swapIn);
            swap.close();
            swap.close();
            assertArrayEquals(trained, weight.toFloats());
            assertArrayEquals(averages, ema.state().get("layer.weight").toFloats());
            assertSame(parameters.all().get("seen"), ema.state().get("seen"));
            ema.update();
        }
    }
}
