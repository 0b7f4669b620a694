package org.bindrae.tensor.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/**
 * The named parameters of a model with their gradients, in memory that lives as long as this object. Names are paths joined by dots, as PyTorch writes them. A {@link #scope} is a view
 * that puts a prefix before names.
 */
public final class Parameters implements AutoCloseable {
    private final TensorArena arena;
    private final DType dtype;
    private final long seed;
    private final String prefix;
    private final Map<String, Tensor> tensors;

    /** No parameters yet; {@code dtype} is F32 or F64, {@code seed} determines all initial values. */
    public Parameters(Device device, DType dtype, long seed) {
        this(device.arena(), dtype, seed, "", new LinkedHashMap<>());
    }

    private Parameters(TensorArena arena, DType dtype, long seed, String prefix, Map<String, Tensor> tensors) {
        this.arena = arena;
        this.dtype = dtype;
        this.seed = seed;
        this.prefix = prefix;
        this.tensors = tensors;
    }

    public Parameters scope(String name) {
        return new Parameters(arena, dtype, seed, prefix + name + ".", tensors);
    }

    public DType dtype() {
        return dtype;
    }

    public Device device() {
        return arena.device();
    }

    /** Creates a parameter; its full name must be new. */
    public Tensor create(String name, Shape shape, Initializer initializer) {
        String path = prefix + name;
        if (tensors.containsKey(path)) {
            throw new IllegalStateException("parameter " + path + " exists already");
        }
        Tensor tensor = arena.allocate(dtype, shape).withGradient(arena.zeros(dtype, shape));
        double[] values = new double[Math.toIntExact(shape.size())];
        long stream = org.bindrae.tensor.Philox.stream(path);
        for (int i = 0; i < values.length; i++) {
            values[i] = initializer.value(seed, stream, i);
        }
        tensor.set(values);
        tensors.put(path, tensor);
        return tensor;
    }

    /** All parameters by full name, in the order of creation. */
    public Map<String, Tensor> all() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Number of trainable scalars. */
    public long count() {
        return tensors.values().stream().mapToLong(Tensor::size).sum();
    }

    /** Number of trainable scalars whose full name starts with {@code path}. */
    public long count(String path) {
        return tensors.entrySet().stream().filter(e -> e.getKey().startsWith(path)).mapToLong(e -> e.getValue().size()).sum();
    }

    public void zeroGradients() {
        for (Tensor tensor : tensors.values()) {
            device().kernels().fill(tensor.gradient(), 0);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
