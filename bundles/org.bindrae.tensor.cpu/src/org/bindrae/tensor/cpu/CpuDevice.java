package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.vector.VectorMath;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** The processor. The system property {@code bindrae.threads} sets the number of threads; all of the machine's otherwise. */
@Component(service = {Device.class, HostDevice.class, CpuDevice.class}, property = "device=cpu")
public final class CpuDevice implements HostDevice, AutoCloseable {
    private final WorkerPool pool;
    private final Kernels kernels;
    private final MatrixProduct product;
    private final int lanes;
    private final String description;

    @Activate
    public CpuDevice() {
        this(Integer.getInteger("bindrae.threads", Runtime.getRuntime().availableProcessors()), true);
    }

    /** With so many threads, and the Vector API where it is wanted and there. */
    public CpuDevice(int threads, boolean vector) {
        this(threads, vector, MatrixProduct.fastest());
    }

    CpuDevice(int threads, boolean vector, MatrixProduct product) {
        this.pool = new WorkerPool(threads);
        this.product = product;
        int width = 1;
        Loops single = Loops.scalar(DType.F32);
        String loops = "plain loops";
        if (vector) {
            try {
                single = Loops.vector();
                width = VectorMath.LANES;
                loops = width + "-lane vectors";
            } catch (LinkageError e) {
                loops = "plain loops (start Java with --add-modules jdk.incubator.vector for fast ones)";
            }
        }
        this.lanes = width;
        this.kernels = new CpuKernels(pool, product, single, Loops.scalar(DType.F64));
        this.description = threads + (threads == 1 ? " thread, " : " threads, ") + loops + ", " + product.description();
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return description;
    }

    /** What computes matrix products. */
    MatrixProduct product() {
        return product;
    }

    /** Floats that an instruction of our loops works on. */
    int lanes() {
        return lanes;
    }

    @Override
    public TensorArena arena() {
        return new HostArena(this);
    }

    @Override
    public Kernels kernels() {
        return kernels;
    }

    @Override
    public void upload(MemorySegment host, Tensor target) {
        MemorySegment.copy(host, 0, target.memory(), 0, target.bytes());
    }

    @Override
    public void download(Tensor source, MemorySegment host) {
        MemorySegment.copy(source.memory(), 0, host, 0, source.bytes());
    }

    @Override
    public void synchronize() {
        // kernels have finished when they return
    }

    @Override
    public void parallel(int count, int grain, Range body) {
        pool.parallel(count, grain, body);
    }

    @Override
    public int threads() {
        return pool.threads();
    }

    /** Ends the threads; whatever still runs on this device afterwards runs on the calling thread. */
    @Override
    @Deactivate
    public void close() {
        pool.close();
    }
}
