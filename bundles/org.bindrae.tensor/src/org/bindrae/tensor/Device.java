package org.bindrae.tensor;

import java.lang.foreign.MemorySegment;

/** A place where tensors live and kernels run. Implementations are registered as services with the property {@code device} = {@link #name()}. */
public interface Device {
    /** Short name users type: {@code cpu}, {@code cuda:0}. */
    String name();

    /** One line for people: model, cores or memory, libraries in use. */
    String description();

    TensorArena arena();

    Kernels kernels();

    /** Copies host memory into a tensor. */
    void upload(MemorySegment host, Tensor target);

    /** Copies a tensor into host memory. */
    void download(Tensor source, MemorySegment host);

    /** Waits until everything submitted has run. */
    void synchronize();
}
