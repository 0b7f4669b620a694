package org.bindrae.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The native libraries that this process has loaded. */
public final class NativeLibraries {
    /** On Linux the memory of the process, one mapping a line, whose last word is the file. */
    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private NativeLibraries() {
    }

    /**
     * The file that a library was loaded from.
     *
     * @param name what the name of the file begins with, {@code libcuda.so} for example
     * @return empty where it is not loaded, or the system does not tell
     */
    public static Optional<Path> file(String name) {
        try (Stream<String> lines = Files.lines(MAPPINGS)) {
            return lines.filter(line -> line.indexOf('/') >= 0).map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .filter(file -> file.getFileName() != null && file.getFileName().toString().startsWith(name)).findFirst();
        } catch (IOException e) {
            // no Linux
            return Optional.empty();
        }
    }
}
