package org.bindrae.tensor.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.SplittableRandom;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;

/** A device on the emulator, and its driver to look at. */
final class EmulatedCard implements AutoCloseable {
    private static final int THREADS = 256;

    final EmulatedDriver driver;
    final CudaDevice device;
    final TensorArena arena;

    EmulatedCard(CudaOperations<?>... operations) {
        this(EmulatedDriver::open, operations);
    }

    EmulatedCard(Supplier<EmulatedDriver> opening, CudaOperations<?>... operations) {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
        driver = opening.get();
        device = EmulatedDriver.device(driver, Precision.FP32, operations);
        arena = device.arena();
    }

    Tensor tensor(int size) {
        return arena.allocate(DType.F32, Shape.of(size));
    }

    /** Random numbers in (−1, 1) that are single-precision numbers. */
    Tensor random(DType dtype, SplittableRandom random, int... dims) {
        Shape shape = Shape.of(dims);
        return arena.allocate(dtype, shape).set(random.doubles(shape.size(), -1, 1).map(value -> (float) value).toArray());
    }

    /** Queues y = x with a kernel. */
    void copy(Tensor x, Tensor y) {
        kernel("tensor_copy_words").launch(2, THREADS, x, y, x.bytes());
    }

    /** Queues zeros; 16 bytes at a time. */
    void clear(Tensor x, long bytes) {
        kernel("tensor_clear").launch(1, THREADS, x, bytes);
    }

    CudaKernel kernel(String name) {
        return device.module("tensor", CudaDevice.class).kernel(name);
    }

    @Override
    public void close() {
        arena.close();
        device.close();
    }
}
