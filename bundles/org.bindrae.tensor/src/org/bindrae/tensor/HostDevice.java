package org.bindrae.tensor;

import java.util.Locale;

import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/** A device whose memory Java can read: operations that other bundles own run here on {@link Tensor#memory()} directly. */
@ProviderType
public interface HostDevice extends Device {
    /** Work on items {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface
    @ConsumerType
    interface Range {
        void run(int from, int to);
    }

    /**
     * Runs {@code body} over {@code [0, count)} in chunks of {@code grain} items on the device's threads and waits. Chunk borders depend on {@code count} and
     * {@code grain} only, never on the number of threads, so that results do not either. Nested calls run on the calling thread. The first exception of a chunk
     * is rethrown.
     */
    void parallel(int count, int grain, Range body);

    @Override
    default Device withPrecision(Precision precision) {
        if (precision == Precision.TF32 || precision == Precision.BF16) {
            throw new IllegalArgumentException(name() + " computes with fp32 or fp64, not with " + precision.name().toLowerCase(Locale.ROOT));
        }
        return this;
    }

    @Override
    default Precision precision() {
        return Precision.FP32;
    }

    @Override
    default <T> T operations(Class<T> type) {
        throw new IllegalArgumentException(type.getSimpleName() + " run on host memory as they are");
    }

    /** Threads that {@link #parallel} uses. */
    int threads();

    /** The host device a tensor lives on, or a clear error for an operation that exists on the host only. */
    static HostDevice of(Tensor tensor) {
        if (tensor.device() instanceof HostDevice host) {
            return host;
        }
        throw new IllegalArgumentException("this operation runs on host memory, but " + tensor + " is on " + tensor.device().name());
    }
}
