package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

import org.bindrae.data.ProgressListener;
import org.bindrae.data.Sample;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.PredictionMethod;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final String[] CODES = {"SER", "LEU", "SER", "ALA", "LYS"};

    private static Sample sample(String id) throws IOException {
        if (id.startsWith("bad")) {
            throw new IOException(id + ".safetensors: damaged");
        }
        return new TestProtein(CODES).sample(id, new Vec3(4, 0, 0), new double[] {3, 4, 9, 9, 9}, new double[] {1, 0.6, 0, 0, 0});
    }

    /** Predicts all χ of all residues but one as the truth, or all of them wrong. */
    private record Guess(String name, boolean right, int skipped, String refused) implements PredictionMethod {
        @Override
        public List<Prediction> predict(List<Sample> samples) throws IOException {
            List<Prediction> predictions = new ArrayList<>();
            for (Sample sample : samples) {
                if (sample.id().equals(refused)) {
                    throw new IOException(sample.id() + ": no embeddings");
                }
                TestProtein protein = new TestProtein(CODES);
                for (int i = 0; i < CODES.length && !right; i++) {
                    protein.chi(i, 60);
                }
                Prediction prediction = protein.predictionOf(sample);
                if (skipped >= 0) {
                    prediction.predicted()[skipped] = false;
                }
                predictions.add(prediction);
            }
            return predictions;
        }

        @Override
        public List<String> notes() {
            return List.of("a note");
        }
    }

    private static EvaluationReport run(List<String> ids, PredictionMethod... methods) {
        return new Evaluation(List.of(methods), new Evaluation.Settings(1, 50, 2)).run(ids, EvaluationTest::sample, Map.of("seed", "1"), ProgressListener.NONE);
    }

    @Test
    void allMethodsAreComparedOnTheSameResidues() {
        EvaluationReport report = run(List.of("a", "b", "c"), new Guess("one", true, 0, null), new Guess("two", false, 4, null));
        // of four with χ angles the first lacks one, the second another
        assertEquals(6, report.methods().get(0).metrics().residues(Subset.ALL));
        assertEquals(6, report.methods().get(1).metrics().residues(Subset.ALL));
        assertEquals(1, report.methods().get(0).metrics().score(Measure.CHI1_20, Subset.ALL).value());
        assertEquals(0, report.methods().get(1).metrics().score(Measure.CHI1_20, Subset.ALL).value());
        assertEquals(3, report.methods().get(0).missingResidues());
        assertEquals("{a=[A:5], b=[A:5], c=[A:5]}", report.methods().get(1).missing().toString());
        EvaluationReport.StructureFacts facts = report.structures().getFirst();
        assertEquals(List.of(5, 4, 4, 2), List.of(facts.residues(), facts.flexible(), facts.comparable(), facts.compared()));
        assertEquals(new Interval(1, 1), report.advantage(report.methods().get(1), Measure.CHI1_20, Subset.ALL));
    }

    @Test
    void samplesThatCannotBeReadAreLeftOutAndNamed() {
        EvaluationReport report = run(List.of("a", "bad1", "bad2", "b"), new Guess("one", true, -1, null));
        assertEquals(Map.of("bad1", "bad1.safetensors: damaged", "bad2", "bad2.safetensors: damaged"), report.failures());
        assertEquals(List.of("a", "b"), report.structures().stream().map(EvaluationReport.StructureFacts::sample).toList());
        assertEquals(2, report.methods().getFirst().metrics().structures().size());
    }

    @Test
    void aSampleThatAMethodCannotPredictCostsThatSampleOnly() {
        EvaluationReport report = run(List.of("a", "b", "c"), new Guess("one", true, -1, "b"), new Guess("two", false, -1, null));
        assertEquals(8, report.methods().get(1).metrics().residues(Subset.ALL));
        assertEquals(List.of("a note", "b: no embeddings"), report.methods().getFirst().notes());
        assertEquals(4, report.methods().getFirst().missing().get("b").size());
    }

    @Test
    void clashesAreCountedInStructuresThatAllMethodsPredicted() {
        EvaluationReport report = run(List.of("a", "b", "c"), new Guess("one", true, -1, "b"), new Guess("two", false, -1, null));
        EvaluationReport two = run(List.of("a", "c"), new Guess("one", true, -1, null), new Guess("two", false, -1, null));
        assertEquals(two.methods().get(1).metrics().clashes(), report.methods().get(1).metrics().clashes());
        assertEquals(two.trueClashes(), report.trueClashes());
        assertEquals(two.trueClashes().atoms(), report.methods().get(0).metrics().clashes().atoms());
    }

    @Test
    void scenesShowTheFirstMethodAndTheContactsOfTheLigand() {
        PocketScene scene = run(List.of("a"), new Guess("one", false, -1, null), new Guess("two", true, -1, null)).scenes().getFirst();
        assertEquals("[A:1, A:2]", scene.residues().stream().map(PocketScene.SideChain::id).toList().toString());
        assertEquals(2, scene.compared());
        assertEquals(0, scene.right());
        assertEquals(120, scene.residues().getFirst().chi1Error(), 1e-9);
    }

    @Test
    void progressEndsWithAllAndChunksDoNotMatter() {
        List<Long> heard = new ArrayList<>();
        EvaluationReport some = new Evaluation(List.of(new Guess("one", true, 1, null)), new Evaluation.Settings(1, 50, 2)).run(List.of("a", "b", "c"),
                EvaluationTest::sample, Map.of(), (done, total, unit, detail) -> heard.add(done));
        assertEquals(List.of(2L, 3L), heard);
        EvaluationReport all = new Evaluation(List.of(new Guess("one", true, 1, null)), new Evaluation.Settings(1, 50, 99)).run(List.of("a", "b", "c"),
                EvaluationTest::sample, Map.of(), ProgressListener.NONE);
        assertEquals(all.methods().getFirst().metrics().clashes(), some.methods().getFirst().metrics().clashes());
        assertEquals(Arrays.toString(all.methods().getFirst().metrics().tally(Measure.RMSD, Subset.ALL).sums()),
                Arrays.toString(some.methods().getFirst().metrics().tally(Measure.RMSD, Subset.ALL).sums()));
    }

    @Test
    void anInterruptedThreadStops() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> run(List.of("a"), new Guess("one", true, -1, null)));
        assertTrue(!Thread.interrupted());
    }

    @Test
    void methodsNeedDifferentNames() {
        assertThrows(IllegalArgumentException.class, () -> run(List.of("a"), new Guess("one", true, -1, null), new Guess("one", false, -1, null)));
        assertThrows(IllegalArgumentException.class, () -> run(List.of("a")));
    }
}
