package org.bindrae.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row-major contiguous array in the memory of one {@link Device}. Tensors are handles: they own no memory (their {@link TensorArena} does) and become invalid
 * when the arena is reset or closed. Gradients belong to a {@link Tape}, or, for parameters, to {@link org.bindrae.tensor.nn.Parameters}.
 */
public final class Tensor {
    private final Device device;
    private final DType dtype;
    private final Shape shape;
    private final MemorySegment memory;
    private final GradientSlot slot;

    /** What all views of one array share: whether it takes part in differentiation, and its gradient once there is one. */
    static final class GradientSlot {
        boolean required;
        MemorySegment gradient;
    }

    private Tensor(Device device, DType dtype, Shape shape, MemorySegment memory, GradientSlot slot) {
        this.device = device;
        this.dtype = dtype;
        this.shape = shape;
        this.memory = memory;
        this.slot = slot;
    }

    /** Wraps memory of {@code device}; called by arenas. */
    public static Tensor wrap(Device device, DType dtype, Shape shape, MemorySegment memory) {
        if (memory.byteSize() < shape.size() * dtype.bytes()) {
            throw new IllegalArgumentException("memory of " + memory.byteSize() + " bytes is too small for " + shape + " of " + dtype);
        }
        return new Tensor(device, dtype, shape, memory, new GradientSlot());
    }

    public Device device() {
        return device;
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    public long size() {
        return shape.size();
    }

    public int rows() {
        return shape.rows();
    }

    public int columns() {
        return shape.columns();
    }

    public long bytes() {
        return shape.size() * dtype.bytes();
    }

    /** The memory: dereferenceable on a {@link HostDevice}, an address with a size elsewhere. */
    public MemorySegment memory() {
        return memory;
    }

    /** The same memory and gradient under another shape of equal size. */
    public Tensor reshape(int... dims) {
        Shape other = Shape.of(dims);
        if (other.size() != shape.size()) {
            throw new IllegalArgumentException("cannot view " + shape + " as " + other);
        }
        return new Tensor(device, dtype, other, memory, slot);
    }

    public boolean requiresGradient() {
        return slot.required;
    }

    void requireGradient() {
        if (!dtype.isFloating()) {
            throw new IllegalStateException("no gradient for " + dtype);
        }
        slot.required = true;
    }

    MemorySegment gradientMemory() {
        return slot.gradient;
    }

    void gradientMemory(MemorySegment gradient) {
        slot.gradient = gradient;
    }

    /** A tensor that differentiation sees as a constant, on the same memory. */
    public Tensor detach() {
        return new Tensor(device, dtype, shape, memory, new GradientSlot());
    }

    /** Makes this tensor a leaf whose gradient accumulates in {@code gradient} (same shape and type) for as long as both live. */
    public Tensor withGradient(Tensor gradient) {
        if (!gradient.shape.equals(shape) || gradient.dtype != dtype) {
            throw new IllegalArgumentException("gradient " + gradient + " does not fit " + this);
        }
        requireGradient();
        slot.gradient = gradient.memory;
        return this;
    }

    /** The gradient accumulated so far, or null when there is none. */
    public Tensor gradient() {
        return slot.gradient == null ? null : new Tensor(device, dtype, shape, slot.gradient, new GradientSlot());
    }

    /** Copies the content to the host, rounding to float. */
    public float[] toFloats() {
        MemorySegment host = hostMemory();
        float[] values = new float[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) dtype.get(host, i);
        }
        return values;
    }

    /** Copies the content to the host. */
    public double[] toDoubles() {
        MemorySegment host = hostMemory();
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = dtype.get(host, i);
        }
        return values;
    }

    /** The value of a tensor of one element. */
    public double item() {
        if (size() != 1) {
            throw new IllegalStateException("not a single element: " + this);
        }
        return dtype.get(hostMemory(), 0);
    }

    /** Overwrites the content with as many values, rounding to the element type. */
    public Tensor set(double... values) {
        return dtype == DType.F64 ? copy(MemorySegment.ofArray(values), values.length) : upload(values.length, i -> values[(int) i]);
    }

    /** Overwrites the content with as many values. */
    public Tensor set(float... values) {
        return dtype == DType.F32 ? copy(MemorySegment.ofArray(values), values.length) : upload(values.length, i -> values[(int) i]);
    }

    /** Overwrites the content with as many values. */
    public Tensor set(int... values) {
        return dtype == DType.I32 ? copy(MemorySegment.ofArray(values), values.length) : upload(values.length, i -> values[(int) i]);
    }

    /** Values of this type already. */
    private Tensor copy(MemorySegment host, long length) {
        requireSize(length);
        if (device instanceof HostDevice) {
            MemorySegment.copy(host, 0, memory, 0, bytes());
        } else {
            device.upload(host, this);
        }
        return this;
    }

    private void requireSize(long length) {
        if (length != size()) {
            throw new IllegalArgumentException(length + " values for " + this);
        }
    }

    private Tensor upload(long length, java.util.function.LongToDoubleFunction value) {
        requireSize(length);
        MemorySegment host = device instanceof HostDevice ? memory : MemorySegment.ofArray(new long[Math.toIntExact((bytes() + 7) / 8)]);
        for (long i = 0; i < length; i++) {
            dtype.set(host, i, value.applyAsDouble(i));
        }
        if (host != memory) {
            device.upload(host, this);
        }
        return this;
    }

    /** The content where the host can read it: {@link #memory()} itself on a {@link HostDevice}, a copy otherwise. */
    public MemorySegment hostMemory() {
        if (device instanceof HostDevice) {
            return memory;
        }
        MemorySegment host = MemorySegment.ofArray(new long[Math.toIntExact((bytes() + 7) / 8)]);
        device.download(this, host);
        return host;
    }

    /** Element {@code index} of an {@link DType#I32} tensor on the host. */
    public int intAt(long index) {
        HostDevice.of(this);
        return memory.getAtIndex(ValueLayout.JAVA_INT, index);
    }

    @Override
    public String toString() {
        return dtype + shape.toString() + "@" + device.name();
    }
}
