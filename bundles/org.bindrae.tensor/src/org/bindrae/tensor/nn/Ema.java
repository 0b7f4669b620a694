package org.bindrae.tensor.nn;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.TensorList;
import org.bindrae.tensor.io.SafetensorsFile;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The exponential moving average of all parameters. After n updates the decay is min(decay, (1 + n)/(10 + n)), so that early averages forget the initial
 * values. Buffers are not averaged.
 */
public final class Ema implements AutoCloseable {
    private final Parameters parameters;
    private final double decay;
    private final TensorArena arena;
    private final Map<String, Tensor> averages = new LinkedHashMap<>();
    private final Tensor spare;
    private final TensorList values;
    private final TensorList averageList;
    private final Tensor updates;
    private boolean swapped;

    /** Puts the parameters back when closed. */
    @ProviderType
    public interface Swap extends AutoCloseable {
        @Override
        void close();
    }

    /** Starts from the present values of the parameters that exist now. */
    public Ema(Parameters parameters, double decay) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("the decay must lie in [0, 1): " + decay);
        }
        this.parameters = parameters;
        this.decay = decay;
        this.arena = parameters.device().arena();
        long largest = 0;
        for (Map.Entry<String, Tensor> parameter : parameters.trainable().entrySet()) {
            Tensor tensor = parameter.getValue();
            Tensor average = arena.allocate(tensor.dtype(), tensor.shape());
            kernels().copy(tensor, average);
            averages.put(parameter.getKey(), average);
            largest = Math.max(largest, tensor.size());
        }
        this.spare = arena.allocate(parameters.dtype(), Shape.of(Math.toIntExact(largest)));
        this.values = kernels().list(arena, List.copyOf(parameters.trainable().values()));
        this.averageList = kernels().list(arena, List.copyOf(averages.values()));
        this.updates = arena.zeros(DType.F64, Shape.of(1));
    }

    private Kernels kernels() {
        return parameters.device().kernels();
    }

    /** Moves the averages towards the parameters; called after each step of the optimiser that changed them. */
    public void update() {
        requireUnswapped();
        kernels().average(values, averageList, decay, updates, null);
    }

    /** As {@link #update()} if the last step of the optimiser changed the parameters, otherwise nothing; does not wait for the device to know. */
    public void updateAfter(AdamW optimiser) {
        requireUnswapped();
        kernels().average(values, averageList, decay, updates, optimiser.progress());
    }

    /**
     * Exchanges averages and parameters until the result is closed: the model then computes with the averages. Not nested; no updates meanwhile.
     */
    public Swap swapIn() {
        requireUnswapped();
        exchange();
        swapped = true;
        return new Swap() {
            private boolean open = true;

            @Override
            public void close() {
                if (open) {
                    open = false;
                    swapped = false;
                    exchange();
                }
            }
        };
    }

    private void requireUnswapped() {
        if (swapped) {
            throw new IllegalStateException("the averages are in use as parameters");
        }
    }

    private void exchange() {
        DType dtype = parameters.dtype();
        averages.forEach((name, average) -> {
            Tensor parameter = parameters.all().get(name);
            Tensor copy = Tensor.wrap(arena.device(), dtype, parameter.shape(), spare.memory());
            kernels().copy(parameter, copy);
            kernels().copy(average, parameter);
            kernels().copy(copy, average);
        });
    }

    /** Updates so far, {@link #restore}d ones included; waits for the device. */
    public long updates() {
        return (long) updates.item();
    }

    /** The averages by the names of the parameters (while swapped in: the parameters), and the buffers as they are: all that a weights file holds. */
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(parameters.all());
        state.putAll(averages);
        return Collections.unmodifiableMap(state);
    }

    /**
     * Goes on from a saved {@link #state}, whose arrays are {@code path + name}, after so many updates.
     *
     * @throws IOException as {@link Parameters#load(SafetensorsFile, String)}
     */
    public void restore(SafetensorsFile file, String path, long updates) throws IOException {
        requireUnswapped();
        if (updates < 0) {
            throw new IllegalArgumentException(updates + " updates");
        }
        file.copyAll(path, state());
        this.updates.set((double) updates);
    }

    @Override
    public void close() {
        arena.close();
    }
}
