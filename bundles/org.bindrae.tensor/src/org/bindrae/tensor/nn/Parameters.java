package org.bindrae.tensor.nn;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.TensorList;
import org.bindrae.tensor.io.SafetensorsFile;

/**
 * The named parameters of a model with their gradients, and its buffers (values that are saved with the parameters but not trained), in memory that lives as
 * long as this object. Names are paths joined by dots, as PyTorch writes them. A {@link #scope} is a view that puts a prefix before names.
 */
public final class Parameters implements AutoCloseable {
    private final TensorArena arena;
    private final DType dtype;
    private final long seed;
    private final String prefix;
    private final Map<String, Tensor> tensors;
    private final AtomicLong loads;
    private TensorList gradients;

    /** No parameters yet; {@code dtype} is F32 or F64, {@code seed} determines all initial values. */
    public Parameters(Device device, DType dtype, long seed) {
        this(device.arena(), dtype, seed, "", new LinkedHashMap<>(), new AtomicLong());
    }

    private Parameters(TensorArena arena, DType dtype, long seed, String prefix, Map<String, Tensor> tensors, AtomicLong loads) {
        this.arena = arena;
        this.dtype = dtype;
        this.seed = seed;
        this.prefix = prefix;
        this.tensors = tensors;
        this.loads = loads;
    }

    public Parameters scope(String name) {
        return new Parameters(arena, dtype, seed, prefix + name + ".", tensors, loads);
    }

    public DType dtype() {
        return dtype;
    }

    public Device device() {
        return arena.device();
    }

    /** Creates a parameter; its full name must be new. */
    public Tensor create(String name, Shape shape, Initializer initializer) {
        String path = newPath(name);
        Tensor tensor = arena.allocate(dtype, shape).withGradient(arena.zeros(dtype, shape));
        double[] values = new double[Math.toIntExact(shape.size())];
        long stream = Philox.stream(path);
        for (int i = 0; i < values.length; i++) {
            values[i] = initializer.value(seed, stream, i);
        }
        tensor.set(values);
        tensors.put(path, tensor);
        return tensor;
    }

    /** Creates a value that is saved with the parameters but neither trained nor counted; its full name must be new. */
    public Tensor buffer(String name, Shape shape, double... initial) {
        String path = newPath(name);
        Tensor tensor = arena.allocate(dtype, shape).set(initial);
        tensors.put(path, tensor);
        return tensor;
    }

    private String newPath(String name) {
        String path = prefix + name;
        if (tensors.containsKey(path)) {
            throw new IllegalStateException("parameter " + path + " exists already");
        }
        return path;
    }

    /** All parameters and buffers by full name, in the order of creation: what a weights file holds. */
    public Map<String, Tensor> all() {
        return Collections.unmodifiableMap(tensors);
    }

    /** The parameters without the buffers, by full name, in the order of creation. */
    public Map<String, Tensor> trainable() {
        return tensors.entrySet().stream().filter(e -> e.getValue().requiresGradient())
                .collect(Collectors.toMap(Entry::getKey, Entry::getValue, (a, b) -> a, LinkedHashMap::new));
    }

    /** Number of trainable scalars. */
    public long count() {
        return count("");
    }

    /** Number of trainable scalars whose full name starts with {@code path}. */
    public long count(String path) {
        return trainable().entrySet().stream().filter(e -> e.getKey().startsWith(path)).mapToLong(e -> e.getValue().size()).sum();
    }

    public void zeroGradients() {
        device().kernels().fill(gradients(), 0);
    }

    /** ‖g‖ over the gradients of all parameters together; not finite when one of them is not. */
    public double gradientNorm() {
        return Math.sqrt(device().kernels().sumOfSquares(gradients()));
    }

    private TensorList gradients() {
        List<Tensor> now = trainable().values().stream().map(Tensor::gradient).toList();
        if (gradients == null || gradients.tensors().size() != now.size()) {
            gradients = device().kernels().list(arena, now);
        }
        return gradients;
    }

    /**
     * Overwrites all parameters and buffers with the arrays {@code path + name} of a file, converting between floating types. Nothing changes when something
     * does not fit.
     *
     * @throws IOException naming the first few arrays that are missing, have another shape, or start with {@code path} and belong to no parameter
     */
    public void load(SafetensorsFile file, String path) throws IOException {
        file.copyAll(path, tensors);
        loads.incrementAndGet();
    }

    /** How often values were loaded, for whoever keeps a copy of one on the host. */
    public long loads() {
        return loads.get();
    }

    /** As {@link #load(SafetensorsFile, String)} with names as they are. */
    public void load(SafetensorsFile file) throws IOException {
        load(file, "");
    }

    @Override
    public void close() {
        arena.close();
    }
}
