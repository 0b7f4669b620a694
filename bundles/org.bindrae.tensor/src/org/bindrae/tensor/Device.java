package org.bindrae.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

import org.osgi.annotation.versioning.ConsumerType;

/** A place where tensors live and kernels run. Implementations are registered as services with the property {@code device} = {@link #name()}. */
@ConsumerType
public interface Device {
    /** Short name users type: {@code cpu}, {@code cuda:0}. */
    String name();

    /** One line for people: model, cores or memory, libraries in use. */
    String description();

    TensorArena arena();

    Kernels kernels();

    /**
     * The same device with products computed in another way; memory of one is memory of the other.
     *
     * @throws IllegalArgumentException if it cannot; the message says why
     */
    Device withPrecision(Precision precision);

    /** How products are computed here. Tensors of {@link DType#F64} are always computed in double precision. */
    Precision precision();

    /**
     * Operations on this device's memory that are no {@link Kernels}: the bundle that owns them declares an interface of them, and the bundle that brings them
     * to a kind of device implements it.
     *
     * @throws MissingOperationsException if nothing installed brings them to this device; the message names them
     */
    <T> T operations(Class<T> type);

    /**
     * Says that somebody is going to use this device for long. A device that goes away revokes its leases and waits some time for them to be closed, before
     * its memory is lost.
     *
     * @throws IllegalStateException if it is going away already
     */
    default Lease lease() {
        return Lease.PERMANENT;
    }

    /** A {@link #lease()}. Any thread may ask and close it. */
    @ConsumerType
    interface Lease extends AutoCloseable {
        /** Of a device that stays. */
        Lease PERMANENT = new Lease() {
            @Override
            public boolean revoked() {
                return false;
            }

            @Override
            public void close() {
                // nobody waits for it
            }
        };

        /** Whether the device is about to go away: the holder fetches what it wants to keep, closes its arenas there and then this lease, within seconds. */
        boolean revoked();

        @Override
        void close();
    }

    /** Copies host memory into a tensor. */
    void upload(MemorySegment host, Tensor target);

    /** Memory from which this device takes values fastest, to be closed; null where it takes those of any array as fast. Any thread may ask. */
    default HostBuffer hostBuffer(long bytes) {
        return null;
    }

    /** Copies as many bytes of a buffer as the tensor has into it; the buffer stays as it is until it is closed. */
    default void upload(HostBuffer buffer, Tensor target) {
        upload(buffer.memory(), target);
    }

    /** Copies a tensor into host memory. */
    void download(Tensor source, MemorySegment host);

    /**
     * A copy of what a tensor holds at this point of the work submitted, for a host that goes on meanwhile: the supplier waits for it. It stays valid when the
     * tensor's arena is reset.
     */
    default Supplier<double[]> downloadLater(Tensor source) {
        double[] values = source.toDoubles();
        return () -> values;
    }

    /**
     * Runs work that submits a whole step: a device may record it and submit it together when it returns. The work waits for nothing: it asks for results with
     * {@link #downloadLater} only, and nobody takes them before this method has returned.
     */
    default void step(Runnable work) {
        work.run();
    }

    /** Milliseconds that the device takes for what {@code work} submits; where work is submitted together, without what the host does before. */
    default double milliseconds(Runnable work) {
        synchronize();
        long start = System.nanoTime();
        work.run();
        synchronize();
        return (System.nanoTime() - start) * 1e-6;
    }

    /** Bytes of the device's own memory that this process holds; 0 where nobody counts them. */
    default long reservedBytes() {
        return 0;
    }

    /** Bytes of the device's own memory that nobody holds; the largest number where nobody counts them. */
    default long freeBytes() {
        return Long.MAX_VALUE;
    }

    /**
     * A device of this kind, to be closed, that computes nothing and reads zeros, but counts memory as this one would take it; null where nobody counts it. A plan
     * of memory so follows the very code that will run.
     */
    default Rehearsal rehearsal() {
        return null;
    }

    /** A {@link #rehearsal()}. */
    @ConsumerType
    interface Rehearsal extends AutoCloseable {
        Device device();

        /** Largest number of bytes of memory that were held at a time. */
        long peakBytes();

        @Override
        void close();
    }

    /**
     * What the kernels that {@code work} submits take, each waited for; most time first. Empty where the device tells nothing of kernels.
     */
    default List<KernelTime> profile(Runnable work) {
        work.run();
        return List.of();
    }

    /** Time of all launches of a kernel. */
    record KernelTime(String kernel, int launches, double milliseconds) {
    }

    /** Waits until everything submitted has run. */
    void synchronize();
}
