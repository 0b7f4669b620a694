package org.bindrae.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;

import org.junit.jupiter.api.Test;

class FormatVersionsTest {
    private static final FormatVersions<String> THREE = new FormatVersions<>(List.of(text -> text + " second", text -> text + " third"));

    @Test
    void whatIsOlderIsBroughtUpToDateStepByStep() throws IOException {
        assertEquals(3, THREE.current());
        assertEquals("first second third", THREE.upToDate("file", null, "first"));
        assertEquals("first second third", THREE.upToDate("file", "1", "first"));
        assertEquals("now third", THREE.upToDate("file", "2", "now"));
        assertEquals("now", THREE.upToDate("file", "3", "now"));
        assertEquals("as it is", new FormatVersions<String>(List.of()).upToDate("file", null, "as it is"));
    }

    @Test
    void whatIsNewerIsRefusedWithBothVersions() {
        assertEquals("run.json: written by a newer workbench (format 4, this one reads up to 3): update the workbench, or take the file of an older one",
                assertThrows(IOException.class, () -> THREE.upToDate("run.json", "4", "")).getMessage());
    }

    @Test
    void aVersionThatIsNoneIsNamed() {
        for (String version : List.of("0", "-1", "1.5", "new", "", "99999999999")) {
            assertEquals("run.json: its version is " + version + ", where a whole number from 1 on is expected",
                    assertThrows(IOException.class, () -> THREE.upToDate("run.json", version, "")).getMessage());
        }
    }
}
