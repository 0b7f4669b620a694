package org.bindrae.tensor.nn;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.AdamWUpdate;
import org.bindrae.tensor.Kernels.OptimiserState;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.TensorList;
import org.bindrae.tensor.io.SafetensorsFile;

/**
 * AdamW (Loshchilov and Hutter 2019, decoupled weight decay) with clipping of the global gradient norm. Biases, norms and everything else of fewer than two
 * dimensions do not decay.
 */
public final class AdamW implements AutoCloseable {
    private static final String FIRST = "first_moment.";
    private static final String SECOND = "second_moment.";

    private final Parameters parameters;
    private final Settings settings;
    private final TensorArena arena;
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final TensorList values;
    private final TensorList gradients;
    private final TensorList firstMoments;
    private final TensorList secondMoments;
    private final Tensor weightDecay;
    private final Tensor progress;

    /** As in PyTorch: the defaults there are 0.9, 0.999, 1e-8 and 0.01. */
    public record Settings(double beta1, double beta2, double eps, double weightDecay) {
        public Settings {
            if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(eps > 0) || !(weightDecay >= 0)) {
                throw new IllegalArgumentException("AdamW cannot work with beta1 " + beta1 + ", beta2 " + beta2 + ", eps " + eps + ", weight decay "
                        + weightDecay);
            }
        }
    }

    /** For the parameters that exist now. */
    public AdamW(Parameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        this.arena = parameters.device().arena();
        Map<String, Tensor> trainable = parameters.trainable();
        List<Tensor> firsts = new ArrayList<>();
        List<Tensor> seconds = new ArrayList<>();
        double[] decays = new double[trainable.size()];
        trainable.forEach((name, tensor) -> {
            decays[firsts.size()] = decays(name, tensor) ? settings.weightDecay : 0;
            firsts.add(arena.zeros(tensor.dtype(), tensor.shape()));
            seconds.add(arena.zeros(tensor.dtype(), tensor.shape()));
            state.put(FIRST + name, firsts.getLast());
            state.put(SECOND + name, seconds.getLast());
        });
        Kernels kernels = parameters.device().kernels();
        this.values = kernels.list(arena, List.copyOf(trainable.values()));
        this.gradients = kernels.list(arena, trainable.values().stream().map(Tensor::gradient).toList());
        this.firstMoments = kernels.list(arena, firsts);
        this.secondMoments = kernels.list(arena, seconds);
        this.weightDecay = arena.allocate(DType.F64, Shape.of(decays.length)).set(decays);
        this.progress = OptimiserState.create(arena);
    }

    /**
     * Multiplies the gradients by {@code gradientScale}, shortens them together to the norm {@code largestNorm} where they are longer, and changes the
     * parameters. The gradients themselves stay as they are.
     *
     * @param largestNorm positive; infinite for no clipping
     * @return the norm before clipping; when it is not finite, nothing was changed and the step does not count
     */
    public double step(double learningRate, double gradientScale, double largestNorm) {
        return stepLater(learningRate, gradientScale, largestNorm).getAsDouble();
    }

    /**
     * As {@link #step}, without waiting for the device: the supplier waits for the norm.
     */
    public DoubleSupplier stepLater(double learningRate, double gradientScale, double largestNorm) {
        if (!(largestNorm > 0)) {
            throw new IllegalArgumentException("the largest gradient norm must be positive: " + largestNorm);
        }
        var update = new AdamWUpdate(learningRate, settings.beta1, settings.beta2, settings.eps, gradientScale, largestNorm);
        Device device = parameters.device();
        device.kernels().adamW(update, values, gradients, firstMoments, secondMoments, weightDecay, progress);
        Supplier<double[]> later = device.downloadLater(progress);
        return () -> later.get()[OptimiserState.NORM.ordinal()];
    }

    /** What the device knows about the last step, as {@link OptimiserState} says; its norm is not finite after a step that changed nothing. */
    public Tensor progress() {
        return progress;
    }

    /** Lets steps count again after one whose norm was not finite, once its cause has gone; waits for the device. */
    public void goOn() {
        double[] values = progress.toDoubles();
        values[OptimiserState.NORM.ordinal()] = 0;
        progress.set(values);
    }

    private static boolean decays(String name, Tensor tensor) {
        return tensor.shape().rank() > 1 && !name.endsWith("bias");
    }

    /** Steps taken so far, {@link #restore}d ones included; waits for the device. */
    public long steps() {
        return (long) progress.toDoubles()[OptimiserState.STEPS.ordinal()];
    }

    /** Both moments of every parameter by name; together with {@link #steps()} and the parameters all that the next step depends on. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /**
     * Goes on from a saved {@link #state}, whose arrays are {@code path + name}, after so many steps.
     *
     * @throws IOException as {@link Parameters#load(SafetensorsFile, String)}
     */
    public void restore(SafetensorsFile file, String path, long steps) throws IOException {
        if (steps < 0) {
            throw new IllegalArgumentException(steps + " steps");
        }
        file.copyAll(path, state);
        double[] restored = new double[OptimiserState.SIZE];
        restored[OptimiserState.STEPS.ordinal()] = steps;
        progress.set(restored);
    }

    @Override
    public void close() {
        arena.close();
    }
}
