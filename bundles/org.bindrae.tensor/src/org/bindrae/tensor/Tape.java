package org.bindrae.tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.Kernels.LinearGradient;

/**
 * Reverse-mode automatic differentiation of one step. Operations allocate their outputs here and record how to push gradients back; {@link #backward} runs the
 * records in reverse. Operations of {@link Ops} are built on the device's kernels; any bundle adds its own with {@link #output}, {@link #record} and {@link
 * #gradient}:
 *
 * <pre>{@code
 * Tensor y = tape.output(x.dtype(), shape, x);      // requires a gradient if x does
 * …compute y…
 * if (y.requiresGradient()) {
 *     tape.record(() -> …read tape.gradient(y), add to tape.gradient(x)…);
 * }
 * }</pre>
 *
 * All memory comes from the arena given, gradients of activations too; the arena's owner resets it after the step.
 */
public final class Tape {
    private final TensorArena arena;
    private final boolean recording;
    private final boolean training;
    private final long seed;
    private final List<Runnable> records = new ArrayList<>();
    private final List<LinearGradient> gathered = new ArrayList<>();
    private final Map<Packing, Tensor> offsets = new HashMap<>();
    private long streams;

    private Tape(TensorArena arena, boolean recording, boolean training, long seed) {
        this.arena = arena;
        this.recording = recording;
        this.training = training;
        this.seed = seed;
    }

    /** Records gradients and applies dropout with random numbers that depend on {@code seed} (different for each step) alone. */
    public static Tape training(TensorArena arena, long seed) {
        return new Tape(arena, true, true, seed);
    }

    /** Records gradients, no dropout. */
    public static Tape recording(TensorArena arena) {
        return new Tape(arena, true, false, 0);
    }

    /** Records nothing. */
    public static Tape inference(TensorArena arena) {
        return new Tape(arena, false, false, 0);
    }

    public Device device() {
        return arena.device();
    }

    public Kernels kernels() {
        return arena.device().kernels();
    }

    public TensorArena arena() {
        return arena;
    }

    /** Whether dropout and other training-time noise apply. */
    public boolean isTraining() {
        return training;
    }

    /** Seed of this step's random numbers. */
    public long seed() {
        return seed;
    }

    /** A fresh random stream of this step; calls are numbered in the order of the forward pass. */
    public long nextStream() {
        return streams++;
    }

    /** A constant of this step. */
    public Tensor constant(DType dtype, Shape shape, float... values) {
        return arena.allocate(dtype, shape).set(values);
    }

    /** An index array of this step. */
    public Tensor indices(int... values) {
        return arena.allocate(DType.I32, Shape.of(values.length)).set(values);
    }

    /** The cumulative lengths of sequences, {@link Packing#offsets()}, I32 [B + 1], copied to the device once per step. */
    public Tensor offsets(Packing packing) {
        return offsets.computeIfAbsent(packing, sequences -> indices(sequences.offsets()));
    }

    /** An independent variable of this step: its gradient is {@link Tensor#gradient()} after {@link #backward}. */
    public Tensor variable(Tensor values) {
        Tensor leaf = values.detach();
        leaf.requireGradient();
        return leaf;
    }

    /** Whether this tape differentiates with respect to any of these (nulls are skipped). */
    public boolean tracks(Tensor... inputs) {
        if (recording) {
            for (Tensor input : inputs) {
                if (input != null && input.requiresGradient()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Memory with undefined content for the result of an operation on {@code inputs}. */
    public Tensor output(DType dtype, Shape shape, Tensor... inputs) {
        Tensor result = arena.allocate(dtype, shape);
        if (tracks(inputs)) {
            result.requireGradient();
        }
        return result;
    }

    /** Scratch memory of this step with undefined content. */
    public Tensor scratch(DType dtype, Shape shape) {
        return arena.allocate(dtype, shape);
    }

    /** Adds a step of the backward pass; it runs after the steps of all later operations. */
    public void record(Runnable backward) {
        records.add(backward);
    }

    /** The gradient of a tensor that requires one, to read or to add to; zeros when nothing has arrived yet. Null for a tensor without gradient. */
    public Tensor gradient(Tensor tensor) {
        if (tensor == null || !tensor.requiresGradient()) {
            return null;
        }
        if (tensor.gradientMemory() == null) {
            tensor.gradientMemory(arena.zeros(tensor.dtype(), tensor.shape()).memory());
        }
        return tensor.gradient();
    }

    /**
     * Makes room for the gradient of a tensor to which none has arrived yet, with undefined content: the caller overwrites all of {@link #gradient} where
     * this is true, and adds to it where this is false.
     */
    public boolean startGradient(Tensor tensor) {
        if (!tensor.requiresGradient() || tensor.gradientMemory() != null) {
            return false;
        }
        tensor.gradientMemory(arena.allocate(tensor.dtype(), tensor.shape()).memory());
        return true;
    }

    /**
     * Adds the gradient of the result of an operation to that of an input of the same size, as the last that the operation does with it: where none has
     * arrived at the input yet, the input takes the memory over.
     */
    public void passGradient(Tensor result, Tensor input) {
        if (input.gradientMemory() == null) {
            input.gradientMemory(gradient(result).memory());
        } else {
            kernels().axpby(1, gradient(result), 1, gradient(input));
        }
    }

    /**
     * Adds gradients of linear maps to those of parameters, at once or at the end of the backward pass, as the device prefers. Nothing of this pass may read
     * these gradients, nor write to dy or x any more.
     */
    void addToParameters(List<LinearGradient> gradients) {
        if (kernels().gathersLinearGradients()) {
            gathered.addAll(gradients);
        } else {
            kernels().linearGradientsAdd(gradients);
        }
    }

    /** Differentiates a scalar: gradients of parameters are added to what they hold. A tape is used once. */
    public void backward(Tensor loss) {
        if (loss.size() != 1) {
            throw new IllegalArgumentException("only a scalar can be differentiated, not " + loss);
        }
        backward(loss, 1);
    }

    /** Differentiates Σ scale · tensor. */
    public void backward(Tensor tensor, double scale) {
        if (!tensor.requiresGradient()) {
            throw new IllegalStateException(tensor + " does not depend on anything that requires a gradient");
        }
        kernels().fill(gradient(tensor), scale);
        for (int i = records.size() - 1; i >= 0; i--) {
            records.get(i).run();
        }
        records.clear();
        if (!gathered.isEmpty()) {
            kernels().linearGradientsAdd(gathered);
            gathered.clear();
        }
    }
}
