package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cuda.driver.CudaDriver;

/**
 * Hands out memory of the card from chunks front to back; the same requests after a reset get the same addresses. Tensors of zeros come from chunks of their own,
 * which one launch per chunk clears after a reset, when the first of them is asked for: after a reset with several chunks there is one as large as all of them.
 */
final class CudaArena implements TensorArena {
    private static final long ALIGNMENT = 256;
    private static final long SMALLEST_CHUNK = 2 << 20;
    private static final long LARGEST_CHUNK = 256 << 20;

    private final CudaDevice device;
    private final CudaQueue queue;
    private final CudaDriver driver;
    private final Space plain = new Space(false);
    private final Space cleared = new Space(true);
    private long used;
    private long peak;
    private boolean closed;

    private static final class Chunk {
        private final long address;
        private final long bytes;
        private long taken;
        /** bytes that tensors before the reset may have written */
        private long dirty;

        Chunk(long address, long bytes) {
            this.address = address;
            this.bytes = bytes;
        }
    }

    private final class Space {
        private final boolean zeros;
        private final List<Chunk> chunks = new ArrayList<>();
        private int current;
        private long capacity;
        private long first = SMALLEST_CHUNK;
        private boolean dirty;

        Space(boolean zeros) {
            this.zeros = zeros;
        }

        MemorySegment take(long bytes) {
            if (dirty) {
                dirty = false;
                for (Chunk chunk : chunks) {
                    if (chunk.dirty > 0) {
                        queue.clear(chunk.address, chunk.dirty);
                        chunk.dirty = 0;
                    }
                }
            }
            long reserved = Math.addExact(bytes, driver.guardBytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            while (current < chunks.size() && chunks.get(current).bytes - chunks.get(current).taken < reserved) {
                current++;
            }
            if (current == chunks.size()) {
                long size = Math.max(current == 0 ? first : Math.min(LARGEST_CHUNK, SMALLEST_CHUNK << Math.min(current, 10)), reserved);
                Chunk chunk = new Chunk(queue.allocate(size), size);
                chunks.add(chunk);
                capacity += size;
                if (zeros) {
                    queue.clearNew(chunk.address, size);
                }
            }
            Chunk chunk = chunks.get(current);
            long address = chunk.address + chunk.taken;
            chunk.taken += reserved;
            used += reserved;
            peak = Math.max(peak, used);
            if (!zeros) {
                queue.handedOut(address, bytes);
            }
            if (driver.guardBytes() > 0) {
                driver.handedOut(address, bytes, reserved, zeros);
            }
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        }

        void reset() {
            for (Chunk chunk : chunks) {
                if (driver.guardBytes() > 0) {
                    driver.takenBack(chunk.address, chunk.address + chunk.bytes);
                }
                if (zeros) {
                    chunk.dirty = Math.max(chunk.dirty, chunk.taken);
                    dirty |= chunk.dirty > 0;
                }
                chunk.taken = 0;
            }
            current = 0;
            if (zeros && chunks.size() > 1) {
                first = capacity;
                free();
            }
        }

        void free() {
            queue.free(chunks.stream().map(chunk -> chunk.address).toList());
            chunks.clear();
            current = 0;
            capacity = 0;
            dirty = false;
        }
    }

    CudaArena(CudaDevice device, CudaQueue queue) {
        this.device = device;
        this.queue = queue;
        this.driver = queue.driver();
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        return take(plain, dtype, shape);
    }

    @Override
    public Tensor zeros(DType dtype, Shape shape) {
        return take(cleared, dtype, shape);
    }

    private Tensor take(Space space, DType dtype, Shape shape) {
        if (closed) {
            throw new IllegalStateException("the arena is closed");
        }
        return Tensor.wrap(device, dtype, shape, space.take(Math.multiplyExact(shape.size(), dtype.bytes())));
    }

    @Override
    public void reset() {
        if (driver.guardBytes() > 0 && used > 0) {
            // what is queued has to run before its memory is looked at
            queue.flush();
        }
        queue.reused();
        // requests of ever other sizes leave chunks that are hardly used: start anew
        boolean wasteful = plain.capacity + cleared.capacity > 2 * peak + 2 * LARGEST_CHUNK;
        plain.reset();
        cleared.reset();
        used = 0;
        if (wasteful) {
            plain.free();
            cleared.free();
            cleared.first = SMALLEST_CHUNK;
        }
    }

    @Override
    public long used() {
        return used;
    }

    @Override
    public long peak() {
        return peak;
    }

    @Override
    public void close() {
        // a device that was closed has given back everything
        if (!closed && !queue.isClosed()) {
            reset();
            closed = true;
            plain.free();
            cleared.free();
        }
    }
}
