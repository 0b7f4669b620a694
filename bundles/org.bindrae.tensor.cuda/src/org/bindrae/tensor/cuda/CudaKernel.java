package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.Tensor;

/** A kernel of a {@link CudaModule}. Launches are queued on the device and run in order. */
public final class CudaKernel {
    private static final int LARGEST_GRID_Y_OR_Z = 65535;

    private final CudaQueue queue;
    private final String name;
    private final long function;
    private final int[] parameters;
    private final boolean awaitsPrevious;
    /** Asked for; without asking a block can have 48 KiB together with its static shared memory. */
    private int allowedShared;

    CudaKernel(CudaQueue queue, String name, long function) {
        this.queue = queue;
        this.name = name;
        this.function = function;
        this.parameters = queue.parameters(function);
        this.awaitsPrevious = queue.awaitsPrevious(function);
    }

    public String name() {
        return name;
    }

    long function() {
        return function;
    }

    /** Whether it waits by itself for the kernel before. */
    boolean awaitsPrevious() {
        return awaitsPrevious;
    }

    /**
     * Queues a launch. A grid with a zero dimension launches nothing.
     *
     * @param sharedBytes dynamic shared memory per block
     * @param arguments what the kernel's parameters say: Tensor and MemorySegment (their address; null for a null pointer), Integer, Long, Float, Double
     * @throws IllegalArgumentException if the arguments are not those of the kernel, or the grid is too large
     */
    public void launch(int gridX, int gridY, int gridZ, int block, int sharedBytes, Object... arguments) {
        if (gridX < 0 || gridY < 0 || gridY > LARGEST_GRID_Y_OR_Z || gridZ < 0 || gridZ > LARGEST_GRID_Y_OR_Z) {
            throw new IllegalArgumentException(name + ": a grid of " + gridX + "×" + gridY + "×" + gridZ);
        }
        CudaArguments.check(this, queue, parameters, arguments);
        if (gridX == 0 || gridY == 0 || gridZ == 0) {
            return;
        }
        if (sharedBytes > allowedShared) {
            queue.allowSharedMemory(this, sharedBytes);
            allowedShared = sharedBytes;
        }
        queue.launch(this, gridX, gridY, gridZ, block, sharedBytes, arguments);
    }

    /** Queues a launch of a one-dimensional grid without dynamic shared memory. (The type of the first argument tells this method from the one above.) */
    public void launch(int gridX, int block, Tensor first, Object... others) {
        launch(gridX, 1, 1, block, 0, all(first, others));
    }

    /** Queues a launch of a one-dimensional grid without dynamic shared memory. */
    public void launch(int gridX, int block, MemorySegment first, Object... others) {
        launch(gridX, 1, 1, block, 0, all(first, others));
    }

    private static Object[] all(Object first, Object[] others) {
        Object[] all = new Object[others.length + 1];
        all[0] = first;
        System.arraycopy(others, 0, all, 1, others.length);
        return all;
    }
}
