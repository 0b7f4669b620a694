package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.MissingOperationsException;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.driver.CountingDriver;
import org.bindrae.tensor.cuda.driver.CudaDriver;
import org.bindrae.tensor.cuda.driver.DeviceProperties;

/**
 * An NVIDIA graphics card. Work is queued and runs in the order it was queued in; reading waits for it. The card is touched first when something is asked of it
 * that needs it, so that programs that only look which devices there are take no memory of it.
 */
public final class CudaDevice implements Device, AutoCloseable {
    private static final long LEASE_WAIT_NANOS = 30_000_000_000L;

    private final String name;
    private final Precision precision;
    private final CudaQueue queue;
    private final Leases leases;
    private final DeviceProperties properties;
    private final InstalledOperations installed;
    /** The device in each precision that was asked for. */
    private final Map<Precision, CudaDevice> views;
    private final Map<CudaOperations<?>, Object> operations = new HashMap<>();
    private Kernels kernels;

    private CudaDevice(String name, Precision precision, CudaQueue queue, Leases leases, DeviceProperties properties, InstalledOperations installed,
            Map<Precision, CudaDevice> views) {
        this.name = name;
        this.precision = precision;
        this.queue = queue;
        this.leases = leases;
        this.properties = properties;
        this.installed = installed;
        this.views = views;
    }

    /** A device {@code cuda:<index>} on a driver that is its own from now on. */
    public static CudaDevice on(CudaDriver driver, int index, Precision precision, CudaOperations<?>... operations) {
        InstalledOperations installed = new InstalledOperations();
        for (CudaOperations<?> provider : operations) {
            installed.add(provider);
        }
        return on(driver, index, precision, installed);
    }

    static CudaDevice on(CudaDriver driver, int index, Precision precision, InstalledOperations installed) {
        return on(driver, "cuda:" + index, precision, installed);
    }

    private static CudaDevice on(CudaDriver driver, String name, Precision precision, InstalledOperations installed) {
        Map<Precision, CudaDevice> views = new ConcurrentHashMap<>();
        CudaDevice device = new CudaDevice(name, precision, new CudaQueue(name, driver), new Leases(name, LEASE_WAIT_NANOS), driver.properties(),
                installed, views);
        views.put(precision, device);
        return device;
    }

    CudaQueue queue() {
        return queue;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return properties.model() + ", " + OutOfDeviceMemoryException.size(properties.memory()) + ", compute capability " + properties.capability() / 10 + "."
                + properties.capability() % 10 + ", driver for CUDA " + properties.driver() + ", products by "
                + CublasLtLibrary.find().map(library -> "cuBLASLt (" + library + ")").orElseGet(() -> "kernels of ours (" + CublasLtLibrary.missing() + ")");
    }

    /** What people should know of how this device works: what it does in a slower way than it could, and why. */
    public List<String> notes() {
        return queue.notes();
    }

    @Override
    public TensorArena arena() {
        return new CudaArena(this, queue);
    }

    @Override
    public synchronized Kernels kernels() {
        if (kernels == null) {
            kernels = new CudaKernels(this);
        }
        return kernels;
    }

    @Override
    public CudaDevice withPrecision(Precision other) {
        return views.computeIfAbsent(other, missing -> new CudaDevice(name, other, queue, leases, properties, installed, views));
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public <T> T operations(Class<T> type) {
        CudaOperations<?> provider = installed.find(type);
        if (provider == null) {
            throw new MissingOperationsException(type, "nothing installed brings " + type.getSimpleName() + " to " + name + ": " + type.getPackageName()
                    + " needs a bundle with a service CudaOperations for it, such as org.bindrae.training.cuda or org.bindrae.attention.cuda");
        }
        synchronized (operations) {
            operations.keySet().removeIf(known -> known != provider && known.type() == type);
            Object made = operations.get(provider);
            if (made == null) {
                // may ask for other operations of this device
                made = provider.on(this);
                operations.put(provider, made);
            }
            return type.cast(made);
        }
    }

    /**
     * Kernels of a bundle, loaded once: the fatbins that its resource {@code kernels/<module>.txt} lists.
     *
     * @param owner a class of that bundle
     */
    public CudaModule module(String module, Class<?> owner) {
        return queue.module(module, owner);
    }

    /**
     * Device memory for what a kernel leaves to the next one, 256-byte aligned, with undefined content. The next call of this method may give the same memory:
     * ask once per operation, and use it in launches queued before that next call only.
     */
    public MemorySegment scratch(long bytes) {
        return queue.scratch(bytes);
    }

    /** Compute capability: 80 for 8.0, 90 for 9.0, 120 for 12.0; 0 on the emulator. */
    public int capability() {
        return properties.capability();
    }

    /** Streaming multiprocessors, for sizing grids. */
    public int multiprocessors() {
        return properties.multiprocessors();
    }

    /** Dynamic shared memory that a block can have. */
    public int sharedMemoryPerBlock() {
        return properties.sharedMemoryPerBlock();
    }

    /** Bytes of memory of the card. */
    public long memory() {
        return properties.memory();
    }

    @Override
    public long freeBytes() {
        return queue.freeMemory();
    }

    /** Arenas, scratch and staging; not what the driver takes for its context and the kernels. */
    @Override
    public long reservedBytes() {
        return queue.allocated();
    }

    @Override
    public Rehearsal rehearsal() {
        CountingDriver driver = new CountingDriver(properties);
        CudaDevice device = on(driver, name, precision, installed);
        return new Rehearsal() {
            @Override
            public Device device() {
                return device;
            }

            @Override
            public long peakBytes() {
                return driver.peak();
            }

            @Override
            public void close() {
                device.close();
            }
        };
    }

    /**
     * Queues work that a library submits to the stream by itself, such as a product of cuBLASLt.
     *
     * @param signature equal signatures say equal work: the same kernels, addresses and numbers
     */
    public void enqueue(Object signature, StreamWork work) {
        queue.enqueue(signature, work);
    }

    /** Has something done when this device is closed and nothing runs on it any more. */
    public void onClose(Runnable action) {
        queue.onClose(action);
    }

    /** Submits what is queued, without waiting for it. */
    public void flush() {
        queue.flush();
    }

    /** Starts recording a step: what is queued until {@link #endStep()} is submitted together, as a CUDA graph where possible. */
    public void beginStep() {
        queue.beginStep();
    }

    /** Submits what was queued since {@link #beginStep()}. */
    public void endStep() {
        queue.endStep();
    }

    /** A step: recorded while {@code work} runs, then submitted together. */
    @Override
    public void step(Runnable work) {
        beginStep();
        boolean done = false;
        try {
            work.run();
            done = true;
        } finally {
            if (!done) {
                queue.abandonStep();
            }
        }
        endStep();
    }

    /** Milliseconds that the card takes for what {@code queued} queues, from its first launch to its last. */
    @Override
    public double milliseconds(Runnable queued) {
        return queue.milliseconds(queued);
    }

    @Override
    public List<KernelTime> profile(Runnable work) {
        return queue.profile(work);
    }

    @Override
    public void upload(MemorySegment host, Tensor target) {
        checkOwn(target);
        queue.upload(host, target.memory().address(), target.bytes());
    }

    /** Pinned memory. */
    @Override
    public HostBuffer hostBuffer(long bytes) {
        return queue.hostBuffer(bytes);
    }

    /** Within a step the card copies from the buffer by itself. */
    @Override
    public void upload(HostBuffer buffer, Tensor target) {
        checkOwn(target);
        queue.upload(buffer, target.memory().address(), target.bytes());
    }

    @Override
    public void download(Tensor source, MemorySegment host) {
        checkOwn(source);
        queue.download(source.memory().address(), host, source.bytes());
    }

    /** Results larger than a MiB in all per step are waited for. */
    @Override
    public Supplier<double[]> downloadLater(Tensor source) {
        checkOwn(source);
        Supplier<double[]> result = queue.downloadLater(source);
        return result == null ? Device.super.downloadLater(source) : result;
    }

    private void checkOwn(Tensor tensor) {
        if (!(tensor.device() instanceof CudaDevice other && other.queue == queue)) {
            throw new IllegalArgumentException(tensor + " is no memory of " + name);
        }
    }

    @Override
    public void synchronize() {
        queue.synchronize();
    }

    /** Unloads kernels of a bundle that goes away. */
    void forget(CudaOperations<?> provider) {
        for (CudaDevice view : views.values()) {
            synchronized (view.operations) {
                view.operations.remove(provider);
            }
        }
        queue.forget(provider.getClass().getClassLoader());
    }

    @Override
    public Lease lease() {
        return leases.take();
    }

    /** Wants all leases back, without waiting for them: what {@link #close} does first. */
    void revoke() {
        leases.revoke();
    }

    /**
     * Waits for whoever has a lease, half a minute at most, and for what runs, and gives back everything on the card. Views of other precisions are closed with
     * it.
     */
    @Override
    public void close() {
        leases.revoke();
        leases.awaitClosed();
        queue.close();
    }
}
