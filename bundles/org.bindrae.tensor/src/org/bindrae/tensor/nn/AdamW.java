package org.bindrae.tensor.nn;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.AdamWStep;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
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
    private long steps;

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
        parameters.trainable().forEach((name, tensor) -> {
            state.put(FIRST + name, arena.zeros(tensor.dtype(), tensor.shape()));
            state.put(SECOND + name, arena.zeros(tensor.dtype(), tensor.shape()));
        });
    }

    /**
     * Multiplies the gradients by {@code gradientScale}, shortens them together to the norm {@code largestNorm} where they are longer, and changes the
     * parameters. The gradients themselves stay as they are.
     *
     * @param largestNorm positive; infinite for no clipping
     * @return the norm before clipping; when it is not finite, nothing was changed and the step does not count
     */
    public double step(double learningRate, double gradientScale, double largestNorm) {
        if (!(largestNorm > 0)) {
            throw new IllegalArgumentException("the largest gradient norm must be positive: " + largestNorm);
        }
        double norm = parameters.gradientNorm() * gradientScale;
        if (!Double.isFinite(norm)) {
            return norm;
        }
        double scale = norm > largestNorm ? gradientScale * (largestNorm / norm) : gradientScale;
        steps++;
        Kernels kernels = parameters.device().kernels();
        parameters.trainable().forEach((name, tensor) -> {
            double decay = decays(name, tensor) ? settings.weightDecay : 0;
            var step = new AdamWStep(steps, learningRate, settings.beta1, settings.beta2, settings.eps, decay, scale);
            kernels.adamW(step, tensor, tensor.gradient(), state.get(FIRST + name), state.get(SECOND + name));
        });
        return norm;
    }

    private static boolean decays(String name, Tensor tensor) {
        return tensor.shape().rank() > 1 && !name.endsWith("bias");
    }

    /** Steps taken so far, {@link #restore}d ones included. */
    public long steps() {
        return steps;
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
        this.steps = steps;
    }

    @Override
    public void close() {
        arena.close();
    }
}
