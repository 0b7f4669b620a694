package org.bindrae.tensor.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.tensor.cuda.driver.LaunchRecord;

/** Launches in the order they were queued, in native memory as the driver takes them. The memory is kept when the list is cleared. */
final class CommandList implements AutoCloseable {
    private static final int FIRST_CAPACITY = 256;
    private static final long ARGUMENT_CHUNK = 1 << 17;
    private static final int SLOT = Long.BYTES;

    private final Arena memory = Arena.ofShared();
    private final List<MemorySegment> chunks = new ArrayList<>();
    private MemorySegment records = memory.allocate((long) FIRST_CAPACITY * LaunchRecord.BYTES, SLOT);
    private CudaKernel[] kernels = new CudaKernel[FIRST_CAPACITY];
    private StreamWork[] works = new StreamWork[FIRST_CAPACITY];
    private Object[] signatures = new Object[FIRST_CAPACITY];
    private MemorySegment[] slotChunks = new MemorySegment[FIRST_CAPACITY];
    private long[] slots = new long[FIRST_CAPACITY];
    private int[] slotBytes = new int[FIRST_CAPACITY];
    private int count;
    private int chunk;
    private long position;
    private long form;
    private long sequence;

    int size() {
        return count;
    }

    /** A hash of everything but the arguments and what {@link #change} has changed. */
    long form() {
        return form;
    }

    /** A hash of the kernels in their order. */
    long sequence() {
        return sequence;
    }

    /** Queues a launch; the arguments have been checked. */
    void add(CudaKernel kernel, int gridX, int gridY, int gridZ, int block, int shared, Object[] arguments) {
        grow();
        int bytes = arguments.length * SLOT;
        MemorySegment target = room(2L * bytes);
        long array = position;
        long values = array + bytes;
        for (int i = 0; i < arguments.length; i++) {
            long slot = values + (long) i * SLOT;
            target.set(ValueLayout.JAVA_LONG, array + (long) i * SLOT, target.address() + slot);
            CudaArguments.write(arguments[i], target, slot);
        }
        position = values + bytes;
        LaunchRecord.write(record(count), kernel.function(), gridX, gridY, gridZ, block, shared, bytes == 0 ? 0 : target.address() + array);
        kernels[count] = kernel;
        works[count] = null;
        signatures[count] = null;
        slotChunks[count] = target;
        slots[count] = values;
        slotBytes[count] = bytes;
        count++;
        sequence = sequence * 31 + kernel.function();
        form = mix(mix(mix(form, kernel.function()), (long) gridX << 32 | gridY), ((long) gridZ << 32 | block) * 31 + shared);
    }

    /** Gives a launch another grid and other arguments, as many as it has. */
    void change(int index, int gridX, int gridY, Object... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            CudaArguments.write(arguments[i], slotChunks[index], slots[index] + (long) i * SLOT);
        }
        LaunchRecord.setGrid(record(index), gridX, gridY);
    }

    void add(Object signature, StreamWork work) {
        grow();
        kernels[count] = null;
        works[count] = work;
        signatures[count] = signature;
        slotChunks[count] = null;
        slotBytes[count] = 0;
        count++;
        sequence = sequence * 31 + 1;
        form = mix(form, 1);
    }

    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 29;
    }

    private void grow() {
        if (count < kernels.length) {
            return;
        }
        int capacity = 2 * count;
        MemorySegment larger = memory.allocate((long) capacity * LaunchRecord.BYTES, SLOT);
        MemorySegment.copy(records, 0, larger, 0, records.byteSize());
        records = larger;
        kernels = Arrays.copyOf(kernels, capacity);
        works = Arrays.copyOf(works, capacity);
        signatures = Arrays.copyOf(signatures, capacity);
        slotChunks = Arrays.copyOf(slotChunks, capacity);
        slots = Arrays.copyOf(slots, capacity);
        slotBytes = Arrays.copyOf(slotBytes, capacity);
    }

    /** The chunk with room for so many bytes at {@link #position}. */
    private MemorySegment room(long bytes) {
        while (chunk < chunks.size() && chunks.get(chunk).byteSize() - position < bytes) {
            chunk++;
            position = 0;
        }
        if (chunk == chunks.size()) {
            chunks.add(memory.allocate(Math.max(bytes, ARGUMENT_CHUNK), SLOT));
            position = 0;
        }
        return chunks.get(chunk);
    }

    /** The launch at a place; see {@link LaunchRecord}. */
    MemorySegment record(int index) {
        return records.asSlice((long) index * LaunchRecord.BYTES, LaunchRecord.BYTES);
    }

    /** What a library does at a place, or null where a kernel is launched. */
    StreamWork work(int index) {
        return works[index];
    }

    Object signature(int index) {
        return signatures[index];
    }

    /** Whether the launch at a place may begin before the launch before it has ended. */
    boolean overlaps(int index) {
        return index > 0 && works[index] == null && works[index - 1] == null && kernels[index].awaitsPrevious();
    }

    /** For messages: name of the kernel, or what the library's work says of itself. */
    String name(int index) {
        return works[index] == null ? kernels[index].name() : works[index].getClass().getSimpleName();
    }

    String describe(int index) {
        if (works[index] != null) {
            return String.valueOf(signatures[index]);
        }
        MemorySegment launch = record(index);
        return kernels[index].name() + " with a grid of " + LaunchRecord.gridX(launch) + "×" + LaunchRecord.gridY(launch) + "×" + LaunchRecord.gridZ(launch)
                + ", blocks of " + LaunchRecord.block(launch) + " and " + LaunchRecord.shared(launch) + " bytes of shared memory";
    }

    /** Whether the other list has the same kernels in the same order. */
    boolean sameSequence(CommandList other) {
        if (sequence != other.sequence || count != other.count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (kernels[i] != other.kernels[i] || slotBytes[i] != other.slotBytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** Takes grid and arguments of the other list's launch of the same kernel, and tells whether that changed anything. */
    boolean take(int index, CommandList other) {
        long offset = (long) index * LaunchRecord.BYTES;
        boolean changed = false;
        if (MemorySegment.mismatch(records, offset, offset + LaunchRecord.FORM_BYTES, other.records, offset, offset + LaunchRecord.FORM_BYTES) >= 0) {
            MemorySegment.copy(other.records, offset, records, offset, LaunchRecord.FORM_BYTES);
            changed = true;
        }
        int bytes = slotBytes[index];
        if (bytes > 0 && MemorySegment.mismatch(slotChunks[index], slots[index], slots[index] + bytes, other.slotChunks[index], other.slots[index],
                other.slots[index] + bytes) >= 0) {
            MemorySegment.copy(other.slotChunks[index], other.slots[index], slotChunks[index], slots[index], bytes);
            changed = true;
        }
        return changed;
    }

    /** Takes the other list's work of a library, and tells whether it is another. */
    boolean takeWork(int index, CommandList other) {
        works[index] = other.works[index];
        if (signatures[index].equals(other.signatures[index])) {
            return false;
        }
        signatures[index] = other.signatures[index];
        return true;
    }

    /** The hash of the grids that {@link #take} has brought. */
    void takeForm(CommandList other) {
        form = other.form;
    }

    void clear() {
        Arrays.fill(works, 0, count, null);
        Arrays.fill(signatures, 0, count, null);
        count = 0;
        chunk = 0;
        position = 0;
        form = 0;
        sequence = 0;
    }

    @Override
    public void close() {
        memory.close();
    }
}
