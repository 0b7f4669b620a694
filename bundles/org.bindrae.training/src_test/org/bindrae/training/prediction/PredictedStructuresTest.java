package org.bindrae.training.prediction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.TestProtein;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictedStructuresTest {
    private static final String[] CODES = {"LEU", "SER", "ALA", "LYS"};

    @TempDir
    private Path folder;

    private PredictedStructures method() throws IOException {
        return new PredictedStructures("other", folder);
    }

    private void write(String name, ResidueTable table, double[] atoms, boolean[] present) throws IOException {
        Files.writeString(folder.resolve(name), PdbText.of(table, atoms, present));
    }

    @Test
    void atomsAreTakenWhereTheyLie() throws IOException {
        Sample sample = new TestProtein(CODES).sample("x");
        TestProtein theirs = new TestProtein(CODES).chi(0, 60, 60).chi(1, 180);
        write("x.pdb", theirs.table(), theirs.atoms(), theirs.table().present());
        PredictedStructures method = method();
        Prediction prediction = method.predict(List.of(sample)).getFirst();
        assertArrayEquals(new boolean[] {true, true, true, true}, prediction.predicted());
        assertArrayEquals(theirs.atoms(), prediction.atom14(), 0.00051);
        assertTrue(Double.isNaN(prediction.confidence()[0]));
        assertEquals(List.of(), method.notes());
        assertEquals("other", method.name());
    }

    @Test
    void residuesThatLackAtomsOrAreOfAnotherTypeAreNotPredicted() throws IOException {
        Sample sample = new TestProtein(CODES).sample("x");
        ResidueTable theirs = new TestProtein("LEU", "CYS", "ALA", "LYS").table();
        theirs.present()[ResidueConstants.slot(theirs.types()[0], "CD1")] = false;
        write("x.pdb", theirs, theirs.atom14(), theirs.present());
        PredictedStructures method = method();
        Prediction prediction = method.predict(List.of(sample)).getFirst();
        assertArrayEquals(new boolean[] {false, false, true, true}, prediction.predicted());
        assertArrayEquals(sample.residues().present(), prediction.present());
        assertTrue(method.notes().getFirst().startsWith("x.pdb: 1 residues have another type"), method.notes().toString());
    }

    @Test
    void aMovedBackboneIsRemarkedAndNotSuperposed() throws IOException {
        Sample sample = new TestProtein(CODES).sample("x");
        ResidueTable theirs = sample.residues();
        double[] moved = theirs.atom14().clone();
        for (int i = 0; i < moved.length; i += 3) {
            moved[i] += 2;
        }
        write("x.pdb", theirs, moved, theirs.present());
        PredictedStructures method = method();
        Prediction prediction = method.predict(List.of(sample)).getFirst();
        assertEquals(sample.residues().atom14()[0] + 2, prediction.atom14()[0], 0.001);
        assertTrue(method.notes().getFirst().contains("2.00 Å"), method.notes().toString());
    }

    @Test
    void missingAndBadFilesCostTheirSampleOnly() throws IOException {
        Sample missing = new TestProtein(CODES).sample("missing");
        Sample bad = new TestProtein(CODES).sample("bad");
        Sample good = new TestProtein(CODES).sample("good");
        Files.writeString(folder.resolve("bad.pdb"), "ATOM  nonsense\n");
        write("good.pdb", good.residues(), good.residues().atom14(), good.residues().present());
        PredictedStructures method = method();
        List<Prediction> predictions = method.predict(List.of(missing, bad, good));
        assertEquals(List.of(false, false, true), predictions.stream().map(prediction -> prediction.predicted()[0]).toList());
        assertEquals(2, method.notes().size());
        assertTrue(method.notes().toString().contains("no structure of missing"));
        assertTrue(method.notes().toString().contains("bad.pdb"));
    }

    @Test
    void noSampleLeadsOutOfTheFolder() throws IOException {
        Sample sample = new TestProtein(CODES).sample("../x");
        Path inner = Files.createDirectory(folder.resolve("inner"));
        write("x.pdb", sample.residues(), sample.residues().atom14(), sample.residues().present());
        assertEquals(false, new PredictedStructures("other", inner).predict(List.of(sample)).getFirst().predicted()[0]);
    }

    @Test
    void aFolderThatIsNoneIsNamed() {
        assertThrows(NotDirectoryException.class, () -> new PredictedStructures("other", folder.resolve("none")));
    }
}
