package org.bindrae.tensor;

/**
 * Memory of one device that lives and dies together: parameters live in a long-lived arena, a step's activations in one that is {@link #reset() reset} after
 * the step and then hands out the same addresses again. Used by one thread at a time.
 */
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

    /** Invalidates every tensor of this arena and keeps the memory for reuse. */
    void reset();

    /** Bytes handed out since the last reset. */
    long used();

    /** Largest {@link #used()} seen. */
    long peak();

    @Override
    void close();
}
