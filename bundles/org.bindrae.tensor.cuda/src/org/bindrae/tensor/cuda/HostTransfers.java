package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.cuda.driver.CudaDriver;

/** Copies between ordinary host memory and the card outside steps, through pinned memory. */
final class HostTransfers {
    private static final long BLOCK_BYTES = 4 << 20;
    private static final int ALIGNMENT = 256;

    private final CudaDriver driver;
    private final MemorySegment[] blocks;
    /** when the card has copied what is in a block */
    private final long[] copied;
    private int current;
    private long position;

    HostTransfers(CudaDriver driver) {
        this.driver = driver;
        this.blocks = new MemorySegment[] {driver.allocateHost(BLOCK_BYTES), driver.allocateHost(BLOCK_BYTES)};
        this.copied = new long[] {driver.createEvent(), driver.createEvent()};
    }

    /** Takes the data now; the card has it when the stream gets there. */
    void upload(MemorySegment host, long target, long bytes, long stream) {
        long done = 0;
        while (done < bytes) {
            if (position == BLOCK_BYTES) {
                driver.recordEvent(copied[current], stream);
                current = 1 - current;
                driver.synchronizeEvent(copied[current]);
                position = 0;
            }
            long part = Math.min(bytes - done, BLOCK_BYTES - position);
            MemorySegment.copy(host, done, blocks[current], position, part);
            driver.copyToDevice(target + done, blocks[current].asSlice(position, part), part, stream);
            done += part;
            position = Math.min(BLOCK_BYTES, (position + part + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        }
    }

    /** Waits until the data is there. */
    void download(long source, MemorySegment host, long bytes, long stream) {
        driver.synchronizeStream(stream);
        // nothing is on its way to the card any more, so both blocks are free; one is filled while the other one is read
        position = 0;
        long parts = Math.ceilDiv(bytes, BLOCK_BYTES);
        for (long part = 0; part <= parts; part++) {
            if (part < parts) {
                long from = part * BLOCK_BYTES;
                int block = (int) (part & 1);
                driver.copyToHost(blocks[block], source + from, Math.min(BLOCK_BYTES, bytes - from), stream);
                driver.recordEvent(copied[block], stream);
            }
            if (part > 0) {
                long from = (part - 1) * BLOCK_BYTES;
                int block = (int) (part - 1 & 1);
                driver.synchronizeEvent(copied[block]);
                MemorySegment.copy(blocks[block], 0, host, from, Math.min(BLOCK_BYTES, bytes - from));
            }
        }
    }

    void close() {
        for (int i = 0; i < blocks.length; i++) {
            driver.freeHost(blocks[i]);
            driver.destroyEvent(copied[i]);
        }
    }
}
