package org.bindrae.tensor;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Memory of one device that lives and dies together: parameters live in a long-lived arena, a step's activations in one that is {@link #reset() reset} after
 * the step and, once it has seen what a step needs, hands out the same addresses again. Used by one thread at a time.
 */
@ProviderType
public interface TensorArena extends AutoCloseable {
    Device device();

    /** Memory with undefined content, aligned to 64 bytes. */
    Tensor allocate(DType dtype, Shape shape);

    /** Memory filled with zeros. */
    default Tensor zeros(DType dtype, Shape shape) {
        Tensor tensor = allocate(dtype, shape);
        device().kernels().fill(tensor, 0);
        return tensor;
    }

    /**
     * Invalidates every tensor of this arena, also those that are gradients of tensors elsewhere: where these live longer, their gradients belong into an arena
     * that does. The memory is reused, or given back where other memory suits better.
     */
    void reset();

    /** Bytes handed out since the last reset. */
    long used();

    /** Largest {@link #used()} seen. */
    long peak();

    @Override
    void close();
}
