package org.bindrae.tensor.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the device needs of CUDA: one card, its context, and handles as numbers (CUmodule, CUfunction, CUstream, CUevent, CUgraph, CUgraphNode, CUgraphExec). Every
 * method but {@link #properties} needs {@link #makeCurrent} on the calling thread before, and throws {@link DriverException} when the driver refuses.
 */
public interface CudaDriver extends AutoCloseable {
    DeviceProperties properties();

    /** Makes the card's context the calling thread's. */
    void makeCurrent();

    /** Device memory, aligned to 256 bytes at least, with undefined content; 0 when there is not enough. */
    long allocate(long bytes);

    /** Waits for what still runs and gives memory back. */
    void free(long address);

    /** Device memory that nobody has. */
    long freeMemory();

    /** Host memory that the card copies from and to by itself. */
    MemorySegment allocateHost(long bytes);

    void freeHost(MemorySegment memory);

    /**
     * Loads kernels.
     *
     * @param images fatbins by their names, read where they are needed; those of names that end with {@code _sm90a} are for compute capability 9.0 alone
     * @param name for messages
     * @return a module for each image that is for this card
     */
    long[] loadModules(Supplier<Map<String, byte[]>> images, String name);

    void unloadModule(long module);

    /** A kernel of a module, or 0 when there is none of this name. */
    long function(long module, String name);

    /** Bytes of each parameter of a kernel, or null where the driver does not tell. */
    int[] parameters(long function);

    /** Whether a kernel waits by itself for the one before ({@code awaitPrevious}): code for compute capability 9.0 and later does. */
    default boolean awaitsPrevious(long function) {
        return false;
    }

    /** Lets a kernel have so many bytes of dynamic shared memory, which only matters above 48 KiB. */
    void allowSharedMemory(long function, int bytes);

    long createStream();

    void destroyStream(long stream);

    /** Waits for everything submitted to a stream. */
    void synchronizeStream(long stream);

    /** Copies pinned host memory to the device when the stream gets there. */
    void copyToDevice(long target, MemorySegment source, long bytes, long stream);

    /** Copies device memory to pinned host memory when the stream gets there. */
    void copyToHost(MemorySegment target, long source, long bytes, long stream);

    /** Submits one launch; see {@link LaunchRecord}. */
    void launch(MemorySegment record, long stream);

    long createEvent();

    void destroyEvent(long event);

    void recordEvent(long event, long stream);

    /** What is submitted to the stream from now on waits for the event. */
    void waitForEvent(long stream, long event);

    /** Waits on the host for an event; an event never recorded has happened. */
    void synchronizeEvent(long event);

    double milliseconds(long startEvent, long endEvent);

    /** From now on what this thread submits to the stream is recorded instead. */
    void beginCapture(long stream);

    /** The graph of what was recorded. */
    long endCapture(long stream);

    long createGraph();

    /**
     * Adds a launch that runs after another node, or first when that is 0.
     *
     * @param overlapping whether it may begin before the other one, a launch, has ended, because its kernel waits by itself
     */
    long addLaunch(long graph, long after, boolean overlapping, MemorySegment record);

    /** Adds a copy of another graph as one node. */
    long addGraph(long graph, long after, long child);

    void destroyGraph(long graph);

    /** An executable of a graph, which must outlive it. */
    long instantiate(long graph);

    /** Gives a launch of an executable another grid and other arguments, from its next run on. */
    void update(long executable, long node, MemorySegment record);

    /** Gives a child graph of an executable the content of another graph of equal form. */
    void updateGraph(long executable, long node, long child);

    void run(long executable, long stream);

    void destroyExecutable(long executable);

    /** Whether anything is computed: libraries must not be given addresses of a driver that only counts. */
    default boolean computes() {
        return true;
    }

    /** Bytes to leave free after each tensor, to find kernels that write beyond it; 0 on a real card. */
    default int guardBytes() {
        return 0;
    }

    /**
     * Told about memory handed out to a tensor where there are guards.
     *
     * @param reserved bytes that nothing else has, from the address on: those of the tensor, then a guard
     * @param cleared whether zeros are written to all of it before anything reads it
     */
    default void handedOut(long address, long bytes, long reserved, boolean cleared) {
    }

    /** Told that everything handed out between two addresses is given back. */
    default void takenBack(long from, long to) {
    }

    @Override
    void close();
}
