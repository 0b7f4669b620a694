package org.bindrae.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;

import org.junit.jupiter.api.Test;

class FailuresTest {
    @Test
    void exceptionsOfFilesSayWhatIsWrongWithTheFile() {
        assertEquals("a.pdb: no such file or folder", Failures.describe(new NoSuchFileException("a.pdb")));
        assertEquals("a.pdb: no permission to read or write it", Failures.describe(new AccessDeniedException("a.pdb")));
        assertEquals("a.pdb: disk full", Failures.describe(new FileSystemException("a.pdb", null, "disk full")));
        assertEquals("a.pdb: exists already", Failures.describe(new FileAlreadyExistsException("a.pdb")));
        assertEquals("run: is not empty", Failures.describe(new FileAlreadyExistsException("run", null, "is not empty")));
    }

    @Test
    void theReasonWhySomethingIsMissingIsKept() {
        assertEquals("run: has no checkpoint yet", Failures.describe(new NoSuchFileException("run", null, "has no checkpoint yet")));
    }

    @Test
    void messagesBecomeOneLine() {
        assertEquals("first second", Failures.describe(new IOException("  first\n   second\r\n")));
        assertEquals("wrong", Failures.describe(new IllegalArgumentException("wrong")));
    }

    @Test
    void defectsAreCalledSo() {
        for (RuntimeException defect : List.of(new NullPointerException("x is null"), new IndexOutOfBoundsException("3"), new ClassCastException("no"),
                new ArithmeticException("/ by zero"), new IllegalStateException())) {
            String line = Failures.describe(defect);
            assertTrue(line.startsWith("internal error") && line.contains(defect.getClass().getSimpleName()) && line.contains("--verbose"), line);
        }
    }

    @Test
    void lackOfMemoryComesWithItsRemedy() {
        String line = Failures.describe(new OutOfMemoryError("Java heap space"));
        assertTrue(line.contains("Java heap space") && line.contains("training.batchResidues") && line.contains("-Xmx"), line);
    }
}
