package org.bindrae.tensor.cuda;

/**
 * How a bundle brings operations of its own to CUDA: a service that makes the implementation of one interface for one device. {@link CudaDevice#operations}
 * finds it.
 */
public interface CudaOperations<T> {
    /** The interface that other bundles ask the device for. */
    Class<T> type();

    /** An implementation on a device (and precision); called once per device and precision. */
    T on(CudaDevice device);
}
