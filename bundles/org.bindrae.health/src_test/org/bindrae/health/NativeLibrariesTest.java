package org.bindrae.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class NativeLibrariesTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void theLibraryOfJavaItselfIsFoundWhereItWasLoadedFrom() {
        Path library = NativeLibraries.file("libjvm.so").orElseThrow();
        assertTrue(Files.isRegularFile(library) && library.startsWith(System.getProperty("java.home")), library::toString);
    }

    @Test
    void aLibraryThatIsNotLoadedIsNowhere() {
        assertEquals(Optional.empty(), NativeLibraries.file("libnothing"));
    }
}
