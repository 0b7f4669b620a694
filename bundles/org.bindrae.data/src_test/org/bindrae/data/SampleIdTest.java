package org.bindrae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleIdTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"../x", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "C:x", ".hidden", "a b", "a\nb", "a\u0000", "\u00fc", "x."})
    void whatCouldLeaveTheFolderOrIsNoPortableFileNameIsRefused(String id) throws Exception {
        assertThrows(IllegalArgumentException.class, () -> new ComplexSource(id, Path.of("x.pdb"), null));
        var cache = new SampleCache(folder);
        assertThrows(IllegalArgumentException.class, () -> cache.file(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1abc", "7kru_ATP", "a.b-c+d", "-", "_"})
    void ordinaryNamesAreAccepted(String id) throws Exception {
        assertTrue(new SampleCache(folder).file(id).startsWith(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b.pdb", "..pdb", "\u00fcber.cif.gz", ".pdb", "a/../b.ent"})
    void anyFileNameGivesAnId(String name) {
        assertTrue(SampleId.isValid(SampleId.ofFileName(name)), SampleId.ofFileName(name));
    }

    @Test
    void endingsOfStructuresAreLeftOut() {
        assertEquals("1abc", SampleId.ofFileName("1abc.pdb.gz"));
        assertEquals("1abc", SampleId.ofFileName("1abc.BCIF"));
        assertEquals("1abc.x", SampleId.ofFileName("1abc.x.cif"));
    }
}
