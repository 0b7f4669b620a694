package org.bindrae.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/**
 * Hands out memory from chunks front to back. A request goes to the first chunk, from the current one on, with enough room; a new chunk is added at the end
 * when there is none. The same requests after a reset therefore get the same addresses. Should requests of ever other sizes leave most of the memory unused, a
 * reset frees it all and starts anew.
 */
final class HostArena implements TensorArena {
    private static final long ALIGNMENT = 64;
    private static final long SMALLEST_CHUNK = 1 << 20;
    private static final long LARGEST_CHUNK = 1 << 26;

    private final Device device;
    private final long smallestChunk;
    private final long largestChunk;
    private final List<MemorySegment> chunks = new ArrayList<>();
    private Arena memory = Arena.ofShared();
    private int current;
    private long position;
    private long used;
    private long peak;
    private long capacity;

    HostArena(Device device) {
        this(device, SMALLEST_CHUNK, LARGEST_CHUNK);
    }

    /** With chunks that double from the smallest to the largest size, both powers of two. */
    HostArena(Device device, long smallestChunk, long largestChunk) {
        this.device = device;
        this.smallestChunk = smallestChunk;
        this.largestChunk = largestChunk;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
        long reserved = (Math.addExact(bytes, ALIGNMENT - 1)) / ALIGNMENT * ALIGNMENT;
        while (current < chunks.size() && chunks.get(current).byteSize() - position < reserved) {
            current++;
            position = 0;
        }
        if (current == chunks.size()) {
            long usual = Math.min(largestChunk, smallestChunk << Math.min(current, 10));
            long size = Math.max(usual, reserved);
            chunks.add(memory.allocate(size, ALIGNMENT));
            capacity += size;
        }
        MemorySegment segment = chunks.get(current).asSlice(position, bytes);
        position += reserved;
        used += reserved;
        peak = Math.max(peak, used);
        return Tensor.wrap(device, dtype, shape, segment);
    }

    @Override
    public void reset() {
        // what a chunk leaves unused is less than the request that went to the next, so requests into an empty arena never take more than this
        if (capacity > 2 * peak + largestChunk) {
            memory.close();
            memory = Arena.ofShared();
            chunks.clear();
            capacity = 0;
        }
        current = 0;
        position = 0;
        used = 0;
    }

    @Override
    public long used() {
        return used;
    }

    @Override
    public long peak() {
        return peak;
    }

    /** Bytes of all chunks. */
    long capacity() {
        return capacity;
    }

    @Override
    public void close() {
        if (memory.scope().isAlive()) {
            memory.close();
        }
    }
}
