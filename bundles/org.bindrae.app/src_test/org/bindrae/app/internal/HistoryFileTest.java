package org.bindrae.app.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class HistoryFileTest {
    @TempDir
    private Path folder;

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void itIsForItsUserOnlyAndKept() throws IOException {
        Path file = HistoryFile.in(folder).orElseThrow();
        assertEquals(folder.resolve("bindrae/history"), file);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
        Files.writeString(file, "help\n");
        assertEquals(Optional.of(file), HistoryFile.in(folder));
        assertEquals("help\n", Files.readString(file));
    }

    @Test
    void withoutAFolderToWriteInThereIsNone() throws IOException {
        Path occupied = Files.createFile(folder.resolve("file"));
        assertTrue(HistoryFile.in(occupied).isEmpty());
        Files.createDirectories(folder.resolve("bindrae/history"));
        assertTrue(HistoryFile.in(folder).isEmpty());
    }

    @Test
    void thePromptSaysWhereOneIs() {
        Path home = Path.of(System.getProperty("user.home"));
        assertEquals("bindrae ~> ", InteractiveShell.prompt(home));
        assertEquals("bindrae ~/a/b> ", InteractiveShell.prompt(home.resolve("a/b")));
        assertEquals("bindrae …/c/d> ", InteractiveShell.prompt(home.resolve("a/b/c/d")));
        assertEquals("bindrae /srv> ", InteractiveShell.prompt(Path.of("/srv")));
        assertEquals("bindrae /> ", InteractiveShell.prompt(Path.of("/")));
    }
}
