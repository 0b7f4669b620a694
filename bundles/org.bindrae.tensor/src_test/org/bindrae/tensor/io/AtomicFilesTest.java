package org.bindrae.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    Path folder;

    @Test
    void replacesTheOldContent() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.write(file, "first and long");
        AtomicFiles.write(file, "Å");
        assertEquals("Å", Files.readString(file));
        assertEquals(List.of("a.txt"), names());
    }

    @Test
    void theNameShowsNothingUntilTheContentIsComplete() throws IOException {
        Path file = folder.resolve("a");
        AtomicFiles.write(file, out -> {
            out.write(new byte[100_000]);
            out.flush();
            assertTrue(Files.notExists(file));
        });
        assertEquals(100_000, Files.size(file));
    }

    @Test
    void aFullDiskLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("a");
        AtomicFiles.write(file, "old");
        var fault = assertThrows(IOException.class, () -> AtomicFiles.write(file, out -> {
            out.write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        assertEquals(file + " cannot be written: No space left on device", fault.getMessage());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a"), names());
    }

    @Test
    void aProgrammingErrorInTheContentLeavesNothing() throws IOException {
        assertThrows(IllegalStateException.class, () -> AtomicFiles.write(folder.resolve("a"), out -> {
            throw new IllegalStateException();
        }));
        assertThrows(StackOverflowError.class, () -> AtomicFiles.write(folder.resolve("a"), out -> {
            throw new StackOverflowError();
        }));
        assertEquals(List.of(), names());
    }

    @Test
    void aFolderInTheWayIsReported() throws IOException {
        Path file = Files.createDirectories(folder.resolve("a/b")).getParent();
        var fault = assertThrows(IOException.class, () -> AtomicFiles.write(file, "x"));
        assertTrue(fault.getMessage().startsWith(file + " cannot be written: "), fault.getMessage());
        assertEquals(List.of("a"), names());
    }

    @Test
    void aMissingFolderIsReported() {
        Path file = folder.resolve("missing/a");
        var fault = assertThrows(IOException.class, () -> AtomicFiles.write(file, "x"));
        assertEquals(file + " cannot be written: the folder " + file.getParent() + " does not exist", fault.getMessage());
    }

    @Test
    void interruptionDoesNotStopIt() throws IOException {
        Thread.currentThread().interrupt();
        AtomicFiles.write(folder.resolve("a"), "x");
        assertTrue(Thread.interrupted());
        assertEquals("x", Files.readString(folder.resolve("a")));
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
