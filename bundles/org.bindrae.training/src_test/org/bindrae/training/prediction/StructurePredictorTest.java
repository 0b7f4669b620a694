package org.bindrae.training.prediction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;

import org.bindrae.data.ComplexSource;
import org.bindrae.data.PreparationSettings;
import org.bindrae.data.ProgressListener;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.TestProtein;
import org.bindrae.training.prediction.StructurePredictor.Job;
import org.bindrae.training.prediction.StructurePredictor.Outcome;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StructurePredictorTest {
    private static final TestProtein TRUTH = new TestProtein("LEU", "SER", "ALA", "LYS");
    private static final TestProtein GUESS = new TestProtein("LEU", "SER", "ALA", "LYS").chi(0, 60, 180).chi(1, 180).chi(3, 180, 180, 180, 180);

    @TempDir
    private Path folder;
    private Path input;

    @BeforeEach
    void writeInput() throws IOException {
        input = folder.resolve("in.pdb");
        Files.writeString(input, PdbText.of(TRUTH.table()));
    }

    /** Predicts the guess with confidence 0.5, but not the last residue. */
    private record Guess() implements PredictionMethod {
        @Override
        public String name() {
            return "guess";
        }

        @Override
        public List<Prediction> predict(List<Sample> samples) throws IOException {
            Sample sample = samples.getFirst();
            if (sample.id().equals("interrupted")) {
                throw new CancellationException("stopped");
            }
            if (sample.id().equals("broken")) {
                throw new ArithmeticException("a defect");
            }
            if (sample.id().equals("unserved")) {
                throw new IllegalStateException("no attention backend is installed");
            }
            Prediction whole = GUESS.predictionOf(sample);
            boolean[] predicted = {true, true, true, false};
            return List.of(new Prediction(sample, Repacking.atoms(sample.residues(), GUESS.torsions(), predicted), predicted, whole.torsions(),
                    whole.confidence()));
        }
    }

    private static List<Outcome> predict(boolean overwrite, Job... jobs) {
        return new StructurePredictor(new Guess(), PreparationSettings.defaults()).predict(List.of(jobs), overwrite, ProgressListener.NONE);
    }

    private Job job(Path structure, String target) {
        return new Job(ComplexSource.of(structure, null), folder.resolve(target));
    }

    @Test
    void writesPredictedSideChainsOnTheGivenBackboneAndTheConfidenceAsBFactor() throws IOException {
        for (String ending : List.of("pdb", "cif")) {
            Outcome outcome = predict(false, job(input, "out." + ending)).getFirst();
            assertTrue(outcome.done(), outcome.problem());
            assertEquals(3, outcome.predicted());
            assertEquals("[A:4]", outcome.kept().toString());
            assertEquals(0.5, outcome.confidence());
            ResidueTable written = StructureReader.read(outcome.file()).residues();
            ResidueTable given = StructureReader.read(input).residues();
            double[] expected = GUESS.atoms();
            for (int i = 0; i < written.atom14().length; i++) {
                boolean built = i / 3 < 3 * ResidueConstants.SLOTS && i / 3 % ResidueConstants.SLOTS > ResidueConstants.O;
                assertEquals(built ? expected[i] : given.atom14()[i], written.atom14()[i], built ? 0.004 : 0, "coordinate " + i);
            }
        }
        List<String> atoms = Files.readAllLines(folder.resolve("out.pdb")).stream().filter(line -> line.startsWith("ATOM")).toList();
        assertEquals(" 50.00", atoms.getFirst().substring(60, 66));
        assertFalse(atoms.getLast().substring(60, 66).equals(" 50.00"));
    }

    @Test
    void aBadInputCostsItselfOnly() throws IOException {
        Path bad = folder.resolve("bad.pdb");
        Files.writeString(bad, "nonsense\n");
        List<Outcome> outcomes = predict(false, job(bad, "a.pdb"), job(folder.resolve("none.pdb"), "b.pdb"),
                new Job(new ComplexSource("broken", input, null), folder.resolve("c.pdb")), job(input, "d.pdb"),
                new Job(new ComplexSource("unserved", input, null), folder.resolve("e.pdb")));
        assertEquals(List.of(false, false, false, true, false), outcomes.stream().map(Outcome::done).toList());
        assertTrue(outcomes.get(0).problem().contains("bad.pdb"), outcomes.get(0).problem());
        assertTrue(outcomes.get(1).problem().contains("none.pdb"), outcomes.get(1).problem());
        assertEquals("internal error: java.lang.ArithmeticException: a defect", outcomes.get(2).problem());
        assertEquals("no attention backend is installed", outcomes.get(4).problem());
        assertFalse(Files.exists(folder.resolve("a.pdb")) || Files.exists(folder.resolve("b.pdb")) || Files.exists(folder.resolve("c.pdb")));
        assertTrue(Files.exists(folder.resolve("d.pdb")));
    }

    @Test
    void filesAreReplacedOnlyWhereThatIsWanted() throws IOException {
        Path there = folder.resolve("there.pdb");
        Files.writeString(there, "precious");
        assertTrue(predict(false, job(input, "there.pdb")).getFirst().problem().contains("exists already"));
        assertEquals("precious", Files.readString(there));
        assertTrue(predict(true, job(input, "there.pdb")).getFirst().done());
        assertTrue(Files.readString(there).contains("ATOM"));
    }

    @Test
    void anInputIsNeverWrittenOver() throws IOException {
        String before = Files.readString(input);
        Outcome outcome = predict(true, job(input, "../" + folder.getFileName() + "/in.pdb")).getFirst();
        assertTrue(outcome.problem().contains("its own input"), outcome.problem());
        assertEquals(before, Files.readString(input));
    }

    @Test
    void twoInputsNeverShareAFile() {
        List<Outcome> outcomes = predict(true, job(input, "x.pdb"), job(input, "X.pdb"));
        assertTrue(outcomes.get(0).done());
        assertTrue(outcomes.get(1).problem().contains("another input"), outcomes.get(1).problem());
    }

    @Test
    void anInterruptionIsNoBadInput() {
        Job first = job(input, "first.pdb");
        Job second = new Job(new ComplexSource("interrupted", input, null), folder.resolve("second.pdb"));
        assertThrows(CancellationException.class, () -> predict(false, first, second));
        assertTrue(Files.exists(first.target()));
    }
}
