package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.samples.SampleStructures;
import org.bindrae.thirdparty.openblas.OpenBlas;
import org.biojava.nbio.structure.xtal.SpaceGroup;
import org.biojava.nbio.structure.xtal.SymoplibParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LibrariesTest {
    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void openBlasComesInItsFragment() {
        assertTrue(OpenBlas.load().description().startsWith("OpenBLAS "), OpenBlas.load()::description);
    }

    @Test
    void samplesAreUnpackedIntoTheirBundle(@TempDir Path folder) throws IOException {
        List<String> names = SampleStructures.names();
        assertTrue(names.containsAll(List.of("1A2C.pdb", "1CRN.pdb", "1XKQ.pdb", "fromWebsite.mol2", "ligand-1a0i.sdf")), names::toString);
        SampleStructures.copyTo(folder.resolve("new"));
        assertEquals(46, Files.readAllLines(folder.resolve("new/1CRN.pdb")).stream()
                .filter(line -> line.startsWith("ATOM") && line.substring(12, 16).equals(" CA ")).count());
        assertThrows(NoSuchFileException.class, () -> SampleStructures.open("nothing.pdb").close());
    }

    @Test
    void spaceGroupsAreReadWithoutJaxb() {
        assertEquals(266, SymoplibParser.getAllSpaceGroups().size());
        SpaceGroup group = SymoplibParser.getSpaceGroup("P 21 21 21");
        assertEquals(19, group.getId());
        assertEquals(4, group.getNumOperators());
        assertEquals(List.of("C", "1", "2", "1"), List.of(SymoplibParser.getSpaceGroup(5).getShortSymbol().split(" ")));
    }
}
