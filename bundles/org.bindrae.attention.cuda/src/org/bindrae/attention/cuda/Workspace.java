package org.bindrae.attention.cuda;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;

/** Tensors in the device's scratch memory, for what one pass of an operation leaves to its own later launches. */
final class Workspace {
    private static final long ALIGNMENT = 256;

    private final CudaDevice device;
    private final MemorySegment memory;
    private long used;

    /** @param bytes the sum of {@link #bytes} of all tensors that will be asked for */
    Workspace(CudaDevice device, long bytes) {
        this.device = device;
        this.memory = device.scratch(bytes);
    }

    /** What a tensor takes. */
    static long bytes(DType dtype, Shape shape) {
        return Math.ceilDiv(shape.size() * dtype.bytes(), ALIGNMENT) * ALIGNMENT;
    }

    /** What tensors of one type take. */
    static long bytes(DType dtype, Shape... shapes) {
        long sum = 0;
        for (Shape shape : shapes) {
            sum += bytes(dtype, shape);
        }
        return sum;
    }

    /** A tensor with undefined content, aligned to 256 bytes. */
    Tensor tensor(DType dtype, Shape shape) {
        long bytes = bytes(dtype, shape);
        Tensor tensor = Tensor.wrap(device, dtype, shape, memory.asSlice(used, bytes));
        used += bytes;
        return tensor;
    }
}
