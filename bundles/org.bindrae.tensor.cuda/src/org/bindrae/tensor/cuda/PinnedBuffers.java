package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.cuda.driver.CudaDriver;

/** Pinned memory that callers fill. A few closed buffers are kept for the next ones, because pinning takes long. */
final class PinnedBuffers {
    private static final int KEPT = 4;
    private static final long GRAIN = 1 << 20;

    private final CudaQueue queue;
    private final CudaDriver driver;
    private final List<Block> blocks = new ArrayList<>();
    /** least recently closed first */
    private final List<Block> free = new ArrayList<>();

    /** Memory, and the events behind which the card has read it: one for each set of {@link StepStaging}, 0 for none. */
    private static final class Block {
        private final MemorySegment memory;
        private final long[] read = new long[StepStaging.SETS];
        /** whether a step that is recorded will read it */
        private boolean awaited;

        Block(MemorySegment memory) {
            this.memory = memory;
        }
    }

    /** A block while a caller has it. */
    final class Buffer implements HostBuffer {
        private final Block block;
        private final MemorySegment memory;
        private boolean closed;

        private Buffer(Block block, long bytes) {
            this.block = block;
            this.memory = block.memory.asSlice(0, bytes);
        }

        @Override
        public MemorySegment memory() {
            return memory;
        }

        /** Says that the card will read the buffer. That of a rehearsal, which is another one, does not. */
        void expectReading(CudaQueue by) {
            block.awaited |= by == queue;
        }

        /** Says behind which event of a set the card has read it. */
        void readBehind(CudaQueue by, int set, long event) {
            if (by == queue) {
                block.awaited = false;
                block.read[set] = event;
            }
        }

        @Override
        public void close() {
            queue.give(this);
        }
    }

    PinnedBuffers(CudaQueue queue, CudaDriver driver) {
        this.queue = queue;
        this.driver = driver;
    }

    /** The smallest of the kept blocks that is large enough, behind all copies from it; or a new one. */
    Buffer take(long bytes) {
        Block best = null;
        for (Block block : free) {
            if (!block.awaited && block.memory.byteSize() >= bytes && (best == null || block.memory.byteSize() < best.memory.byteSize())) {
                best = block;
            }
        }
        if (best == null) {
            best = new Block(driver.allocateHost(Math.ceilDiv(Math.max(1, bytes), GRAIN) * GRAIN));
            blocks.add(best);
        } else {
            free.remove(best);
            await(best);
        }
        return new Buffer(best, bytes);
    }

    private void await(Block block) {
        for (int set = 0; set < block.read.length; set++) {
            if (block.read[set] != 0) {
                driver.synchronizeEvent(block.read[set]);
                block.read[set] = 0;
            }
        }
    }

    void give(Buffer buffer) {
        if (buffer.closed) {
            return;
        }
        buffer.closed = true;
        free.add(buffer.block);
        if (free.size() > KEPT && !free.getFirst().awaited) {
            Block oldest = free.removeFirst();
            await(oldest);
            blocks.remove(oldest);
            driver.freeHost(oldest.memory);
        }
    }

    /** Frees everything; nothing is under way any more. */
    void close() {
        blocks.forEach(block -> driver.freeHost(block.memory));
        blocks.clear();
        free.clear();
    }
}
