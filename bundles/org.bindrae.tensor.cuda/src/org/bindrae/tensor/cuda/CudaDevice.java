package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** An NVIDIA graphics card. Work is queued and runs in the order it was queued in; reading waits for it. */
public final class CudaDevice implements Device, AutoCloseable {
    private final String name;
    private final Precision precision;

    CudaDevice(String name, Precision precision) {
        this.name = name;
        this.precision = precision;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return name;
    }

    @Override
    public TensorArena arena() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Kernels kernels() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CudaDevice withPrecision(Precision other) {
        return new CudaDevice(name, other);
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public <T> T operations(Class<T> type) {
        throw new IllegalArgumentException(type.getName());
    }

    /** The module of {@code owner}'s bundle in its resource {@code kernels/<name>.fatbin}, loaded once. */
    public CudaModule module(String module, Class<?> owner) {
        return new CudaModule(this, module);
    }

    /**
     * Device memory for what a kernel leaves to the next one, 256-byte aligned, with undefined content. The next call of this method may give the same memory:
     * ask once per operation, and use it in launches queued before that next call only.
     */
    public MemorySegment scratch(long bytes) {
        throw new UnsupportedOperationException();
    }

    /** Compute capability: 80 for 8.0, 90 for 9.0, 120 for 12.0; 0 on the emulator. */
    public int capability() {
        return 0;
    }

    /** Streaming multiprocessors, for sizing grids. */
    public int multiprocessors() {
        return 1;
    }

    /** Dynamic shared memory that a block can have. */
    public int sharedMemoryPerBlock() {
        return 227 << 10;
    }

    /**
     * Queues work that a library submits to the stream by itself, such as a product of cuBLASLt.
     *
     * @param signature equal signatures say equal work: the same kernels, addresses and numbers
     */
    public void enqueue(Object signature, StreamWork work) {
        throw new UnsupportedOperationException();
    }

    /** Starts recording a step: what is queued until {@link #endStep()} is submitted together, as a CUDA graph where possible. */
    public void beginStep() {
        throw new UnsupportedOperationException();
    }

    /** Submits what was queued since {@link #beginStep()}. */
    public void endStep() {
        throw new UnsupportedOperationException();
    }

    /** Milliseconds that the card takes for what {@code queued} queues. */
    public double milliseconds(Runnable queued) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void upload(MemorySegment host, Tensor target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void download(Tensor source, MemorySegment host) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void synchronize() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
    }
}
