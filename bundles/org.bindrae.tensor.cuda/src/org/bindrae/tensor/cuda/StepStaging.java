package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.cuda.driver.CudaDriver;

/**
 * Host data of a step on its way to the card: gathered in pinned memory, copied to a block of the same size on the card before the step runs, and distributed by
 * launches: one at the first place of the step where something was uploaded, for all that goes to memory that no launch before has used, and one at each place
 * with other uploads. There are two sets of blocks, so that a step is recorded while the one before it runs.
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
    /** What goes to memory that was handed out and not used, by the launch at {@link #earlyPlace}, or the next one if that is negative. */
    private final Table early = new Table();
    private final Table here = new Table();
    private final Table fresh = new Table();
    private int earlyPlace = -1;
    private int current;

    /** Pieces of memory of the card, and where in the block their content comes from. */
    private static final class Table {
        private final long[] sources = new long[MOST_ROWS];
        private final long[] targets = new long[MOST_ROWS];
        private final long[] sizes = new long[MOST_ROWS];
        private int rows;

        void add(long source, long target, long bytes) {
            sources[rows] = source;
            targets[rows] = target;
            sizes[rows] = bytes;
            rows++;
        }

        boolean isFull() {
            return rows == MOST_ROWS;
        }

        boolean overlaps(long target, long bytes) {
            for (int i = 0; i < rows; i++) {
                if (target < targets[i] + sizes[i] && targets[i] < target + bytes) {
                    return true;
                }
            }
            return false;
        }

        boolean holds(long target, long bytes) {
            for (int i = rows - 1; i >= 0; i--) {
                if (targets[i] <= target && target + bytes <= targets[i] + sizes[i]) {
                    return true;
                }
            }
            return false;
        }

        /** Writes it for the kernel and tells the blocks of the largest piece. */
        int write(MemorySegment memory, long at) {
            long largest = 0;
            for (int i = 0; i < rows; i++) {
                long row = at + (long) i * ROW_BYTES;
                memory.set(ValueLayout.JAVA_LONG, row, sources[i]);
                memory.set(ValueLayout.JAVA_LONG, row + 8, targets[i]);
                memory.set(ValueLayout.JAVA_LONG, row + 16, sizes[i]);
                largest = Math.max(largest, sizes[i]);
            }
            return Math.clamp(Math.ceilDiv(largest, BYTES_PER_BLOCK), 1, MOST_BLOCKS);
        }
    }

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
        Table table = tableFor(target, bytes);
        long reserved = align(bytes);
        Block block = room(reserved);
        MemorySegment.copy(host, 0, block.host, block.position, bytes);
        table.add(block.position, target, bytes);
        block.position += reserved;
    }

    /** The card copies from the buffer itself: only where that arrives comes into the table. */
    void upload(PinnedBuffers.Buffer buffer, long target, long bytes) {
        Table table = tableFor(target, bytes);
        Block block = room(0);
        Arrival arrival = arrival(bytes);
        arrival.from = buffer;
        buffer.expectReading(queue);
        arrival.copied = bytes;
        table.add(arrival.device - block.device, target, bytes);
    }

    private Table tableFor(long target, long bytes) {
        Table table = fresh.holds(target, bytes) ? early : here;
        if (table.isFull() || table.overlaps(target, bytes)) {
            if (table == early) {
                finishEarly();
            } else {
                distributeHere();
            }
        }
        return table;
    }

    /** Told of memory that nothing uses yet. */
    void handedOut(long address, long bytes) {
        if (!fresh.isFull()) {
            fresh.add(0, address, bytes);
        }
    }

    /** Told of a launch, which may use all memory. */
    void launched() {
        fresh.rows = 0;
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

    /** The current block if data and tables with one more row fit there, otherwise the next one that is large enough. */
    private Block room(long bytes) {
        BlockSet set = sets[current];
        while (set.block < set.blocks.size()) {
            Block block = set.blocks.get(set.block);
            if (block.host.byteSize() - block.position >= bytes + (early.rows + here.rows + 1L) * ROW_BYTES + 2 * ALIGNMENT) {
                return block;
            }
            distributeHere();
            finishEarly();
            set.block++;
        }
        long size = Math.max(BLOCK_BYTES, bytes + 2L * ROW_BYTES * MOST_ROWS);
        MemorySegment host = driver.allocateHost(size);
        set.blocks.add(new Block(host, queue.allocate(size)));
        return set.blocks.get(set.block);
    }

    /** Before a launch: queues what brings to their places the uploads since the last one. */
    void distribute() {
        if (early.rows > 0 && earlyPlace < 0) {
            earlyPlace = queue.record(queue.scatterCopy(), 1, 1, 1, THREADS, 0, MemorySegment.NULL, 0L);
        }
        distributeHere();
    }

    private void distributeHere() {
        if (here.rows > 0) {
            Block block = block();
            long table = block.position;
            int blocks = append(here, block);
            queue.record(queue.scatterCopy(), blocks, here.rows, 1, THREADS, 0, MemorySegment.ofAddress(block.device), table);
            here.rows = 0;
        }
    }

    /** Completes the early launch: the end of the step, or memory that launches have used is going to be handed out again. */
    void finishEarly() {
        if (early.rows > 0) {
            if (earlyPlace < 0) {
                distribute();
            }
            Block block = block();
            long table = block.position;
            int blocks = append(early, block);
            queue.change(earlyPlace, blocks, early.rows, MemorySegment.ofAddress(block.device), table);
            early.rows = 0;
            earlyPlace = -1;
        }
    }

    private Block block() {
        return sets[current].blocks.get(sets[current].block);
    }

    private static int append(Table table, Block block) {
        int blocks = table.write(block.host, block.position);
        block.position = align(block.position + (long) table.rows * ROW_BYTES);
        return blocks;
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
