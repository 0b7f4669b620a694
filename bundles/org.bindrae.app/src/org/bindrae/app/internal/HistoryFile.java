package org.bindrae.app.internal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The lines that a user typed in shells: a file of the user's own, as command lines may hold what others should not see. */
final class HistoryFile {
    private HistoryFile() {
    }

    /** {@code bindrae/history} in {@code XDG_STATE_HOME}, or in {@code .local/state} of the home folder; made for its user only. Nothing if it cannot be written. */
    static Optional<Path> ofUser() {
        String state = System.getenv("XDG_STATE_HOME");
        return in(state == null || state.isEmpty() ? Path.of(System.getProperty("user.home"), ".local", "state") : Path.of(state));
    }

    static Optional<Path> in(Path state) {
        Path file = state.resolve("bindrae").resolve("history");
        try {
            boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
            Files.createDirectories(file.getParent(), attributes(posix, "rwx------"));
            Files.createFile(file, attributes(posix, "rw-------"));
        } catch (FileAlreadyExistsException e) {
            return usable(file);
        } catch (IOException e) {
            return Optional.empty();
        }
        return usable(file);
    }

    private static Optional<Path> usable(Path file) {
        return Files.isRegularFile(file) && Files.isReadable(file) && Files.isWritable(file) ? Optional.of(file) : Optional.empty();
    }

    private static FileAttribute<?>[] attributes(boolean posix, String permissions) {
        return posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))} : new FileAttribute<?>[0];
    }
}
