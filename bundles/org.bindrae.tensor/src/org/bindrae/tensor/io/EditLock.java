package org.bindrae.tensor.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Holds a file for one editor among all of this and other processes, from reading it until what was changed is written. The lock is the operating system's, on a
 * hidden file beside it that stays; who only reads needs none.
 */
public final class EditLock implements AutoCloseable {
    private static final long PAUSE_MILLIS = 10;

    private final FileChannel channel;

    private EditLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits until nobody else holds the file.
     *
     * @param file need not exist, but its folder
     * @throws InterruptedIOException if this thread is interrupted meanwhile
     */
    public static EditLock of(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file.resolveSibling("." + file.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            while (!take(channel)) {
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            channel.close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while somebody else changed " + file);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        return new EditLock(channel);
    }

    private static boolean take(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // another thread of this process has it
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
