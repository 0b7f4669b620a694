package org.bindrae.tensor.io;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Files that are complete or not there at all: the content goes to a temporary file in the same folder, is forced to the disk, and takes the final name in one
 * step. When anything fails the temporary file is removed and what the final name held before stays as it was. Writing does not react to interruption.
 */
public final class AtomicFiles {
    private static final int BUFFER = 1 << 16;

    /** Writes the content of a file. */
    @FunctionalInterface
    @ConsumerType
    public interface Content {
        /** Called once; the stream is buffered and need not be closed. */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFiles() {
    }

    /** UTF-8 text. */
    public static void write(Path file, String text) throws IOException {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * @throws IOException naming the file, when it cannot be written
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path folder = target.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IOException(file + " cannot be written: the folder " + folder + " does not exist");
        }
        Path temporary = createTemporary(target);
        try {
            writeAndForce(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            remove(temporary, e);
            throw new IOException(file + " cannot be written: " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            remove(temporary, e);
            throw e;
        }
        forceFolder(folder);
    }

    private static Path createTemporary(Path target) throws IOException {
        for (int attempt = 0;; attempt++) {
            Path temporary = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-" + Thread.currentThread().threadId()
                    + "-" + attempt + ".tmp");
            try {
                // unlike createTempFile, this gives the permissions that a new file usually has
                return Files.createFile(temporary);
            } catch (FileAlreadyExistsException e) {
                if (attempt == 100) {
                    throw e;
                }
            } catch (IOException e) {
                throw new IOException(target + " cannot be written: " + e.getMessage(), e);
            }
        }
    }

    private static void remove(Path temporary, Throwable reason) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private static void writeAndForce(Path temporary, Content content) throws IOException {
        try (var file = new FileOutputStream(temporary.toFile())) {
            var out = new BufferedOutputStream(file, BUFFER);
            content.writeTo(out);
            out.flush();
            file.getFD().sync();
        }
    }

    /** Makes the new name itself survive a power cut, where the system allows a folder to be opened. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows opens no folders; the file is complete either way
        }
    }
}
