package org.bindrae.tensor.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** What a driver without a card gives for page-locked memory of the host. */
public final class HostMemory implements AutoCloseable {
    private static final long ALIGNMENT = 256;

    private final Map<Long, Arena> arenas = new HashMap<>();

    /** Zeros. */
    public MemorySegment allocate(long bytes) {
        Arena arena = Arena.ofShared();
        MemorySegment memory = arena.allocate(bytes, ALIGNMENT);
        arenas.put(memory.address(), arena);
        return memory;
    }

    /** Frees what was allocated. */
    public void free(MemorySegment memory) {
        arenas.remove(memory.address()).close();
    }

    /** Frees everything. */
    @Override
    public void close() {
        arenas.values().forEach(Arena::close);
        arenas.clear();
    }
}
