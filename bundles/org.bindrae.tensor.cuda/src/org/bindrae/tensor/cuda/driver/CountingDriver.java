package org.bindrae.tensor.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Counts what a device would take of a card, and computes nothing: what is read from it are zeros, and its addresses belong to nobody. For plans of memory, which
 * so follow the very code that will run.
 */
public final class CountingDriver implements CudaDriver {
    private static final long FIRST_ADDRESS = 1L << 44;
    private static final long ALIGNMENT = 256;

    private final DeviceProperties properties;
    private final Map<Long, Long> allocations = new HashMap<>();
    private final HostMemory hostMemory = new HostMemory();
    private long nextAddress = FIRST_ADDRESS;
    private long handles;
    private long allocated;
    private long peak;

    /** Counts for a card like this one, but of any size. */
    public CountingDriver(DeviceProperties properties) {
        this.properties = properties;
    }

    /** Largest number of bytes that were allocated at a time. */
    public long peak() {
        return peak;
    }

    @Override
    public DeviceProperties properties() {
        return properties;
    }

    @Override
    public void makeCurrent() {
        // there is no context
    }

    @Override
    public long allocate(long bytes) {
        long address = nextAddress;
        nextAddress += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
        allocations.put(address, bytes);
        allocated += bytes;
        peak = Math.max(peak, allocated);
        return address;
    }

    @Override
    public void free(long address) {
        allocated -= allocations.remove(address);
    }

    @Override
    public long freeMemory() {
        return Math.max(0, properties.memory() - allocated);
    }

    @Override
    public MemorySegment allocateHost(long bytes) {
        return hostMemory.allocate(bytes);
    }

    @Override
    public void freeHost(MemorySegment memory) {
        hostMemory.free(memory);
    }

    @Override
    public long[] loadModules(Supplier<Map<String, byte[]>> images, String name) {
        return new long[] {++handles};
    }

    @Override
    public void unloadModule(long module) {
        // nothing was loaded
    }

    @Override
    public long function(long module, String name) {
        return ++handles;
    }

    @Override
    public int[] parameters(long function) {
        return null;
    }

    @Override
    public void allowSharedMemory(long function, int bytes) {
        // nothing runs
    }

    @Override
    public long createStream() {
        return ++handles;
    }

    @Override
    public void destroyStream(long stream) {
        // nothing was made
    }

    @Override
    public void synchronizeStream(long stream) {
        // nothing runs
    }

    @Override
    public void copyToDevice(long target, MemorySegment source, long bytes, long stream) {
        // nobody reads it
    }

    @Override
    public void copyToHost(MemorySegment target, long source, long bytes, long stream) {
        target.asSlice(0, bytes).fill((byte) 0);
    }

    @Override
    public void launch(MemorySegment launch, long stream) {
        // nothing is computed
    }

    @Override
    public long createEvent() {
        return ++handles;
    }

    @Override
    public void destroyEvent(long event) {
        // nothing was made
    }

    @Override
    public void recordEvent(long event, long stream) {
        // nothing runs
    }

    @Override
    public void waitForEvent(long stream, long event) {
        // nothing runs
    }

    @Override
    public void synchronizeEvent(long event) {
        // nothing runs
    }

    @Override
    public double milliseconds(long startEvent, long endEvent) {
        return 0;
    }

    @Override
    public void beginCapture(long stream) {
        throw new DriverException("recording a graph: nothing is computed here");
    }

    @Override
    public long endCapture(long stream) {
        throw new DriverException("recording a graph: nothing is computed here");
    }

    @Override
    public long createGraph() {
        return ++handles;
    }

    @Override
    public long addLaunch(long graph, long after, boolean overlapping, MemorySegment launch) {
        return ++handles;
    }

    @Override
    public long addGraph(long graph, long after, long child) {
        return ++handles;
    }

    @Override
    public void destroyGraph(long graph) {
        // nothing was made
    }

    @Override
    public long instantiate(long graph) {
        return ++handles;
    }

    @Override
    public void update(long executable, long node, MemorySegment launch) {
        // nothing is computed
    }

    @Override
    public void updateGraph(long executable, long node, long child) {
        // nothing is computed
    }

    @Override
    public void run(long executable, long stream) {
        // nothing is computed
    }

    @Override
    public void destroyExecutable(long executable) {
        // nothing was made
    }

    @Override
    public boolean computes() {
        return false;
    }

    @Override
    public void close() {
        hostMemory.close();
    }
}
