package org.bindrae.tensor.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The content of a file as read-only memory. */
final class FileMemory {
    /** Smaller files are copied: a mapping lasts until it is garbage and a process may have some ten thousand only. */
    static final long SMALLEST_MAPPING = 1 << 18;

    private FileMemory() {
    }

    static MemorySegment of(Path path) throws IOException {
        if (Files.size(path) < SMALLEST_MAPPING) {
            return MemorySegment.ofArray(Files.readAllBytes(path)).asReadOnly();
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
    }

    /** Memory of the same kinds, to be written. */
    static MemorySegment allocate(long bytes) {
        return bytes < SMALLEST_MAPPING ? MemorySegment.ofArray(new byte[(int) bytes]) : Arena.ofAuto().allocate(bytes);
    }
}
