package org.bindrae.training.cuda.internal;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaKernel;

/** The kernels of this bundle by subject, operation and element type: {@code <subject>_<operation>_f32} and {@code …_f64}. */
final class Launches {
    /** The resource that holds the kernels. */
    private static final String MODULE = "training";

    private final CudaDevice device;
    private final String subject;

    Launches(CudaDevice device, String subject) {
        this.device = device;
        this.subject = subject;
    }

    CudaDevice device() {
        return device;
    }

    /** The kernel of an operation for tensors like this one. */
    CudaKernel kernel(String operation, Tensor like) {
        return kernel(operation + (like.dtype() == DType.F64 ? "_f64" : "_f32"));
    }

    /** The kernel of an operation that has one element type only. */
    CudaKernel kernel(String operation) {
        return device.module(MODULE, Launches.class).kernel(subject + "_" + operation);
    }

    /** Blocks for so many items. */
    static int blocks(long items, int itemsPerBlock) {
        return Math.toIntExact(Math.ceilDiv(items, (long) itemsPerBlock));
    }

    /** The number as the kernel's element type takes it. */
    static Number real(Tensor like, double value) {
        return like.dtype() == DType.F64 ? (Number) value : (Number) (float) value;
    }
}
