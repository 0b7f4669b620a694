package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.cuda.driver.CudaDriver;

/**
 * Host data of a step on its way to the card: gathered in pinned memory, copied to a block of the same size on the card before the step runs, and distributed by a
 * launch at each place of the step where something was uploaded. There are two sets of blocks, so that a step is recorded while the one before it runs.
 */
final class StepStaging {
    /** A step is recorded in one set of blocks while the step before it reads the other. */
    static final int SETS = 2;

    private static final long BLOCK_BYTES = 4 << 20;
    private static final int ALIGNMENT = 16;
    /** A row of the table that the kernel reads: offset in the block, target address, bytes. */
    private static final int ROW_BYTES = 24;
    private static final int MOST_ROWS = 1024;
    private static final int THREADS = 256;
    private static final int BYTES_PER_BLOCK = THREADS * 16 * 2;
    private static final int MOST_BLOCKS = 64;

    private final CudaQueue queue;
    private final CudaDriver driver;
    private final long copyStream;
    private final BlockSet[] sets;
    private final long[] sources = new long[MOST_ROWS];
    private final long[] targets = new long[MOST_ROWS];
    private final long[] sizes = new long[MOST_ROWS];
    private int rows;
    private int current;

    private static final class Block {
        private final MemorySegment host;
        private final long device;
        private long position;
        private long copied;

        Block(MemorySegment host, long device) {
            this.host = host;
            this.device = device;
        }
    }

    /** Memory of the card for values that come from a buffer of pinned memory directly. */
    private static final class Arrival {
        private final long device;
        private final long bytes;
        /** what is to be copied there still, or null */
        private PinnedBuffers.Buffer from;
        private long copied;

        Arrival(long device, long bytes) {
            this.device = device;
            this.bytes = bytes;
        }
    }

    private static final class BlockSet {
        private final List<Block> blocks = new ArrayList<>();
        private final List<Arrival> arrivals = new ArrayList<>();
        private final long copyDone;
        private final long stepDone;
        private int block;
        private int arrival;

        BlockSet(CudaDriver driver) {
            copyDone = driver.createEvent();
            stepDone = driver.createEvent();
        }
    }

    StepStaging(CudaQueue queue, CudaDriver driver, long copyStream) {
        this.queue = queue;
        this.driver = driver;
        this.copyStream = copyStream;
        this.sets = new BlockSet[] {new BlockSet(driver), new BlockSet(driver)};
    }

    /** Takes the other set of blocks, as soon as the step that had it before is over. */
    void begin() {
        current = 1 - current;
        BlockSet set = sets[current];
        driver.synchronizeEvent(set.stepDone);
        set.block = 0;
        set.arrival = 0;
        for (Block block : set.blocks) {
            block.position = 0;
            block.copied = 0;
        }
    }

    void upload(MemorySegment host, long target, long bytes) {
        if (rows == MOST_ROWS || overlaps(target, bytes)) {
            distribute();
        }
        long reserved = align(bytes);
        Block block = room(reserved);
        MemorySegment.copy(host, 0, block.host, block.position, bytes);
        sources[rows] = block.position;
        targets[rows] = target;
        sizes[rows] = bytes;
        rows++;
        block.position += reserved;
    }

    /** The card copies from the buffer itself: only where that arrives comes into the table. */
    void upload(PinnedBuffers.Buffer buffer, long target, long bytes) {
        if (rows == MOST_ROWS || overlaps(target, bytes)) {
            distribute();
        }
        Block block = room(0);
        Arrival arrival = arrival(bytes);
        arrival.from = buffer;
        buffer.expectReading(queue);
        arrival.copied = bytes;
        sources[rows] = arrival.device - block.device;
        targets[rows] = target;
        sizes[rows] = bytes;
        rows++;
    }

    /** The next one that is large enough; there are as many as a step has uploads from buffers. */
    private Arrival arrival(long bytes) {
        BlockSet set = sets[current];
        while (set.arrival < set.arrivals.size()) {
            Arrival next = set.arrivals.get(set.arrival++);
            if (next.bytes >= bytes) {
                return next;
            }
        }
        // powers of two, so that all that were too small are together no larger than the last one
        long size = Math.max(BLOCK_BYTES, Long.highestOneBit(2 * bytes - 1));
        set.arrivals.add(new Arrival(queue.allocate(size), size));
        set.arrival = set.arrivals.size();
        return set.arrivals.getLast();
    }

    private boolean overlaps(long target, long bytes) {
        for (int i = 0; i < rows; i++) {
            if (target < targets[i] + sizes[i] && targets[i] < target + bytes) {
                return true;
            }
        }
        return false;
    }

    /** The current block if data and a table with one more row fit there, otherwise the next one that is large enough. */
    private Block room(long bytes) {
        BlockSet set = sets[current];
        while (set.block < set.blocks.size()) {
            Block block = set.blocks.get(set.block);
            if (block.host.byteSize() - block.position >= bytes + (rows + 1L) * ROW_BYTES + ALIGNMENT) {
                return block;
            }
            distribute();
            set.block++;
        }
        long size = Math.max(BLOCK_BYTES, bytes + ROW_BYTES * (long) MOST_ROWS);
        MemorySegment host = driver.allocateHost(size);
        set.blocks.add(new Block(host, queue.allocate(size)));
        return set.blocks.get(set.block);
    }

    /** Queues the launch that brings to their places what was uploaded since the last call. */
    void distribute() {
        if (rows == 0) {
            return;
        }
        Block block = sets[current].blocks.get(sets[current].block);
        long table = block.position;
        long largest = 0;
        for (int i = 0; i < rows; i++) {
            long row = table + (long) i * ROW_BYTES;
            block.host.set(ValueLayout.JAVA_LONG, row, sources[i]);
            block.host.set(ValueLayout.JAVA_LONG, row + 8, targets[i]);
            block.host.set(ValueLayout.JAVA_LONG, row + 16, sizes[i]);
            largest = Math.max(largest, sizes[i]);
        }
        block.position = align(table + (long) rows * ROW_BYTES);
        int count = rows;
        rows = 0;
        int blocks = Math.clamp(Math.ceilDiv(largest, BYTES_PER_BLOCK), 1, MOST_BLOCKS);
        queue.record(queue.scatterCopy(), blocks, count, 1, THREADS, 0, MemorySegment.ofAddress(block.device), table);
    }

    /** Submits the copies to the card that the launches queued so far need, and makes the stream wait for them. */
    void submit(long stream) {
        boolean any = false;
        BlockSet set = sets[current];
        for (Block block : set.blocks) {
            if (block.position > block.copied) {
                long bytes = block.position - block.copied;
                driver.copyToDevice(block.device + block.copied, block.host.asSlice(block.copied, bytes), bytes, copyStream);
                block.copied = block.position;
                any = true;
            }
        }
        for (Arrival arrival : set.arrivals) {
            if (arrival.from != null) {
                driver.copyToDevice(arrival.device, arrival.from.memory(), arrival.copied, copyStream);
                arrival.from.readBehind(queue, current, set.copyDone);
                arrival.from = null;
                any = true;
            }
        }
        if (any) {
            driver.recordEvent(set.copyDone, copyStream);
            driver.waitForEvent(stream, set.copyDone);
        }
    }

    /** Marks the end of the step on the stream. */
    void end(long stream) {
        driver.recordEvent(sets[current].stepDone, stream);
    }

    /** Frees the pinned memory and the events; that of the card is the queue's. */
    void close() {
        for (BlockSet set : sets) {
            set.blocks.forEach(block -> driver.freeHost(block.host));
            driver.destroyEvent(set.copyDone);
            driver.destroyEvent(set.stepDone);
        }
    }

    private static long align(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
