package org.bindrae.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EditLockTest {
    private static final int EDITORS = 4;
    private static final int EDITS = 10;

    @TempDir
    private Path folder;

    private void increment(Path file) throws IOException {
        for (int i = 0; i < EDITS; i++) {
            try (EditLock _ = EditLock.of(file)) {
                int count = Files.exists(file) ? Integer.parseInt(Files.readString(file)) : 0;
                Thread.yield();
                AtomicFiles.write(file, String.valueOf(count + 1));
            }
        }
    }

    @Test
    void noEditIsLostAmongThreads() throws IOException, InterruptedException, ExecutionException {
        Path file = folder.resolve("count");
        List<Future<Object>> edits = new ArrayList<>();
        try (ExecutorService editors = Executors.newFixedThreadPool(EDITORS)) {
            for (int i = 0; i < EDITORS; i++) {
                edits.add(editors.submit(() -> {
                    increment(file);
                    return null;
                }));
            }
        }
        for (Future<Object> edit : edits) {
            edit.get();
        }
        assertEquals(EDITORS * EDITS, Integer.parseInt(Files.readString(file)));
    }

    @Test
    void onlyThatFileIsHeld() throws IOException {
        try (EditLock _ = EditLock.of(folder.resolve("a")); EditLock _ = EditLock.of(folder.resolve("b"))) {
            assertFalse(Files.exists(folder.resolve("a")));
        }
        assertThrows(IOException.class, () -> EditLock.of(folder.resolve("none").resolve("a")));
    }

    @Test
    void whoWaitsCanBeInterrupted() throws IOException {
        Path file = folder.resolve("a");
        try (EditLock _ = EditLock.of(file)) {
            Thread.currentThread().interrupt();
            assertThrows(InterruptedIOException.class, () -> EditLock.of(file));
            assertTrue(Thread.interrupted());
        }
        EditLock.of(file).close();
    }
}
