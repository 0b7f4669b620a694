package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.driver.CudaDriver;

/**
 * Results that the host reads later. Within a step a launch copies each to one block of the card that no arena has, and the whole block is copied to pinned memory
 * after the step; the pinned memory goes round in a ring, whose values are taken out before it is used again.
 */
final class LaterResults {
    static final long BLOCK_BYTES = 1 << 20;

    private static final int BATCHES = 8;
    private static final int ALIGNMENT = 16;
    private static final int THREADS = 256;
    private static final int BYTES_PER_BLOCK = THREADS * 16 * 2;

    private final CudaQueue queue;
    private final CudaDriver driver;
    private final Batch[] batches = new Batch[BATCHES];
    private final long block;
    private int current;
    private long position;

    /** What is copied to the host together. */
    private static final class Batch {
        private final MemorySegment host;
        private final long copied;
        private final List<Result> results = new ArrayList<>();
        private boolean submitted;

        Batch(CudaDriver driver) {
            host = driver.allocateHost(BLOCK_BYTES);
            copied = driver.createEvent();
        }
    }

    private final class Result implements Supplier<double[]> {
        private final Batch batch;
        private final long offset;
        private final DType dtype;
        private double[] values;
        private final int size;

        Result(Batch batch, long offset, Tensor source) {
            this.batch = batch;
            this.offset = offset;
            this.dtype = source.dtype();
            this.size = Math.toIntExact(source.size());
        }

        @Override
        public double[] get() {
            return queue.results(this::read);
        }

        private double[] read() {
            if (values == null) {
                if (!batch.submitted) {
                    queue.flush();
                }
                driver.synchronizeEvent(batch.copied);
                take();
            }
            return values.clone();
        }

        private void take() {
            if (values == null) {
                MemorySegment data = batch.host.asSlice(offset, (long) size * dtype.bytes());
                values = new double[size];
                for (int i = 0; i < size; i++) {
                    values[i] = dtype.get(data, i);
                }
            }
        }
    }

    LaterResults(CudaQueue queue, CudaDriver driver) {
        this.queue = queue;
        this.driver = driver;
        for (int i = 0; i < BATCHES; i++) {
            batches[i] = new Batch(driver);
        }
        this.block = queue.allocate(BLOCK_BYTES);
    }

    /** Memory of the card that is copied to the host as a whole, the gaps between results too. */
    long block() {
        return block;
    }

    /** Whether so many bytes find room now; what does not is read at once. */
    boolean fits(long bytes) {
        return position + bytes <= BLOCK_BYTES;
    }

    /** Queues the copy of what fits. */
    Supplier<double[]> add(Tensor source) {
        long bytes = source.bytes();
        int blocks = Math.clamp(Math.ceilDiv(bytes, BYTES_PER_BLOCK), 1, 64);
        queue.record(queue.copyWords(), blocks, 1, 1, THREADS, 0, source, MemorySegment.ofAddress(block + position), bytes);
        Batch batch = batches[current];
        Result result = new Result(batch, position, source);
        batch.results.add(result);
        position = (position + bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return result;
    }

    /** Submits the copy to the host of what was added, after the launches queued before, and goes on to the next batch. */
    void submit(long stream) {
        Batch batch = batches[current];
        if (batch.results.isEmpty()) {
            return;
        }
        driver.copyToHost(batch.host, block, Math.min(position, BLOCK_BYTES), stream);
        driver.recordEvent(batch.copied, stream);
        batch.submitted = true;
        position = 0;
        current = (current + 1) % BATCHES;
        Batch next = batches[current];
        if (next.submitted) {
            driver.synchronizeEvent(next.copied);
            next.results.forEach(Result::take);
            next.results.clear();
            next.submitted = false;
        }
    }

    /** Takes all values out, then frees the pinned memory. */
    void close() {
        for (Batch batch : batches) {
            if (batch.submitted) {
                batch.results.forEach(Result::take);
            }
            driver.freeHost(batch.host);
            driver.destroyEvent(batch.copied);
        }
    }
}
