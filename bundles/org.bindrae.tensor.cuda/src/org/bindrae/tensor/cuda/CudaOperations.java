package org.bindrae.tensor.cuda;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * How a bundle brings operations of its own to CUDA: a service that makes the implementation of one interface for one device. {@link CudaDevice#operations}
 * finds it.
 */
@ConsumerType
public interface CudaOperations<T> {
    /** The interface that other bundles ask the device for. */
    Class<T> type();

    /** An implementation on a device (and precision); called once per device and precision. */
    T on(CudaDevice device);
}
