package org.bindrae.health.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java and disks, at their limits. */
class MachineChecksTest {
    @Test
    void javaIsTheOneThatRuns() {
        Finding java = new JavaCheck().check().getFirst();
        assertTrue(java.text().contains(Runtime.version().toString()), java::text);
        assertTrue(new JavaCheck().check().get(1).text().contains("--add-modules"));
        assertEquals(State.OK, java.state());
    }

    @Test
    void anOptionThatIsMissingIsNamed() {
        assertEquals(State.WARNING, JavaCheck.vectors(false).state());
        assertTrue(JavaCheck.vectors(false).remedy().contains("--add-modules jdk.incubator.vector"));
        assertEquals(State.WARNING, JavaCheck.nativeAccess(false).state());
        assertTrue(JavaCheck.nativeAccess(false).remedy().contains("--enable-native-access=ALL-UNNAMED"));
    }

    @Test
    void littleHeapIsAWarning() {
        assertEquals(Finding.warning("memory", "0.5 GiB of Java heap at most; large structures may need more", "BINDRAE_JAVA_OPTS=-Xmx4g"),
                JavaCheck.heap(1L << 29));
        assertEquals(State.OK, JavaCheck.heap(1L << 30).state());
    }

    @Test
    void aFolderThatIsNotThereYetIsJudgedByTheOneThatWillHoldIt(@TempDir Path folder) {
        Finding finding = DiskCheck.of("disk", folder.resolve("runs/first"), 0);
        assertEquals(State.OK, finding.state());
        assertTrue(finding.text().endsWith(" free in " + folder.resolve("runs/first")), finding::text);
    }

    @Test
    void aFullDiskAndAFileInTheWayAreWarnings(@TempDir Path folder) throws IOException {
        assertEquals(State.WARNING, DiskCheck.of("disk", folder, Long.MAX_VALUE).state());
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(Finding.warning("disk", "nothing can be written to " + file, "start the workbench elsewhere, or name another folder"),
                DiskCheck.of("disk", file.resolve("run"), 0));
    }
}
