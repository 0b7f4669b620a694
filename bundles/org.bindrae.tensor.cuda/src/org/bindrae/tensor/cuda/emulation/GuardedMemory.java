package org.bindrae.tensor.cuda.emulation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.tensor.cuda.driver.DriverException;

/** Host memory with guards around what is allocated, and after what is handed out of it, that show when something was written there. Any thread may call. */
final class GuardedMemory {
    /** Bytes of a guard. */
    static final int GUARD = 256;

    private static final byte UNWRITTEN = (byte) 0xFF;
    private static final byte PATTERN = (byte) 0xA5;

    private final long limit;
    private final long alignment;
    private final Map<Long, Allocation> allocations = new HashMap<>();
    private final TreeMap<Long, Guard> guards = new TreeMap<>();
    private long allocated;

    private record Allocation(Arena arena, MemorySegment whole, long bytes) {
    }

    /** Bytes after a tensor that have to keep a value. */
    private record Guard(long tensor, long bytes, long reserved, byte value) {
    }

    GuardedMemory(long limit, long alignment) {
        this.limit = limit;
        this.alignment = alignment;
    }

    synchronized long allocated() {
        return allocated;
    }

    /** Filled with NaN; 0 when the limit is reached. */
    synchronized long allocate(long bytes) {
        if (allocated + bytes > limit) {
            return 0;
        }
        Arena arena = Arena.ofShared();
        MemorySegment whole = arena.allocate(bytes + 2L * GUARD, alignment);
        whole.fill(PATTERN);
        whole.asSlice(GUARD, bytes).fill(UNWRITTEN);
        long address = whole.address() + GUARD;
        allocations.put(address, new Allocation(arena, whole, bytes));
        allocated += bytes;
        return address;
    }

    synchronized void free(long address) {
        Allocation allocation = allocations.remove(address);
        if (allocation == null) {
            throw new DriverException("freeing memory that is not allocated");
        }
        allocated -= allocation.bytes;
        takenBack(address, address + allocation.bytes);
        try {
            check(allocation.whole.asSlice(0, GUARD), PATTERN, "before", address, allocation.bytes);
            check(allocation.whole.asSlice(GUARD + allocation.bytes, GUARD), PATTERN, "after", address, allocation.bytes);
        } finally {
            allocation.arena.close();
        }
    }

    synchronized void handedOut(long address, long bytes, long reserved, boolean cleared) {
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(reserved);
        byte value = cleared ? 0 : PATTERN;
        if (!cleared) {
            segment.asSlice(0, bytes).fill(UNWRITTEN);
        }
        segment.asSlice(bytes).fill(value);
        guards.put(address, new Guard(address, bytes, reserved, value));
    }

    synchronized void takenBack(long from, long to) {
        Map<Long, Guard> given = guards.subMap(from, to);
        List<Guard> checked = new ArrayList<>(given.values());
        given.clear();
        for (Guard guard : checked) {
            check(MemorySegment.ofAddress(guard.tensor + guard.bytes).reinterpret(guard.reserved - guard.bytes), guard.value, "after", guard.tensor,
                    guard.bytes);
        }
    }

    private static void check(MemorySegment guard, byte value, String where, long address, long bytes) {
        for (long i = 0; i < guard.byteSize(); i++) {
            if (guard.get(ValueLayout.JAVA_BYTE, i) != value) {
                throw new DriverException("a kernel wrote " + where + " memory of " + bytes + " bytes at 0x" + Long.toHexString(address) + ", at byte " + i
                        + " of the guard");
            }
        }
    }

    synchronized void close() {
        allocations.values().forEach(allocation -> allocation.arena.close());
        allocations.clear();
        guards.clear();
        allocated = 0;
    }
}
