package org.bindrae.tensor.cuda;

/** A kernel of a {@link CudaModule}. Launches are queued on the device and run in order. */
public final class CudaKernel {
    private final CudaDevice device;
    private final String name;

    CudaKernel(CudaDevice device, String name) {
        this.device = device;
        this.name = name;
    }

    public String name() {
        return name;
    }

    /**
     * Queues a launch. A grid with a zero dimension launches nothing.
     *
     * @param sharedBytes dynamic shared memory per block
     * @param arguments what the kernel's parameters say: Tensor and MemorySegment (their address; null for a null pointer), Integer, Long, Float, Double
     */
    public void launch(int gridX, int gridY, int gridZ, int block, int sharedBytes, Object... arguments) {
        throw new UnsupportedOperationException(device.name() + " runs no " + name);
    }

    /** Queues a launch of a one-dimensional grid without dynamic shared memory. */
    public void launch(int gridX, int block, Object... arguments) {
        launch(gridX, 1, 1, block, 0, arguments);
    }
}
