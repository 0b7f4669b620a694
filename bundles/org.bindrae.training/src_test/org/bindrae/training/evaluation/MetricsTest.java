package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.prediction.Prediction;
import org.junit.jupiter.api.Test;

/** {@link Metrics}, {@link Scorer} and {@link TrueStructure} on structures whose answers are known by hand. */
class MetricsTest {
    private static double value(Metrics metrics, Measure measure) {
        return metrics.score(measure, Subset.ALL).value();
    }

    private static long count(Metrics metrics, Measure measure) {
        return metrics.score(measure, Subset.ALL).count();
    }

    private static Metrics metrics(Sample truth, TestProtein guess) {
        return Metrics.of(List.of(guess.predictionOf(truth)));
    }

    @Test
    void theTruthHasNoErrors() {
        TestProtein protein = new TestProtein("ALA", "GLY", "LEU", "ARG", "PHE", "MET", "ASP", "TRP");
        Metrics metrics = metrics(protein.sample("x"), protein);
        assertEquals(1, value(metrics, Measure.CHI1_20));
        assertEquals(6, count(metrics, Measure.CHI1_20));
        assertEquals(1, value(metrics, Measure.CHI4_20));
        assertEquals(1, count(metrics, Measure.CHI4_20));
        assertEquals(1, value(metrics, Measure.ALL_CHI_20));
        assertEquals(1, value(metrics, Measure.ROTAMER));
        assertEquals(0, value(metrics, Measure.CHI1_ERROR), 1e-6);
        assertEquals(0, value(metrics, Measure.RMSD), 1e-9);
        assertEquals(0, metrics.backbone().fape(), 1e-9);
    }

    @Test
    void errorsAreThoseOfTheAnglesWhateverTheirSign() {
        // +170° and −175° are 15° apart
        TestProtein truth = new TestProtein("LEU", "LEU", "LEU", "SER").chi(0, 170, 60).chi(1, -60, 175).chi(2, -65, 90).chi(3, 60);
        TestProtein guess = new TestProtein("LEU", "LEU", "LEU", "SER").chi(0, -175, 60).chi(1, -30, 175).chi(2, 70, 60).chi(3, 60);
        Metrics metrics = metrics(truth.sample("x"), guess);
        double[] chi1 = metrics.structures().getFirst().residues().stream().mapToDouble(r -> r.errors()[0]).toArray();
        assertArrayEquals(new double[] {15, 30, 135, 0}, chi1, 1e-9);
        assertEquals(2 / 4.0, value(metrics, Measure.CHI1_20));
        assertEquals(3 / 4.0, value(metrics, Measure.CHI1_40));
        assertEquals(2 / 3.0, value(metrics, Measure.CHI2_20));
        assertEquals(1, value(metrics, Measure.CHI2_40));
        assertEquals(1 / 3.0, value(metrics, Measure.CHI12_20));
        assertEquals(3, count(metrics, Measure.CHI12_20));
        assertEquals(2 / 3.0, value(metrics, Measure.CHI12_40));
        assertEquals(2 / 4.0, value(metrics, Measure.ALL_CHI_20));
        assertEquals((15 + 30 + 135) / 4.0, value(metrics, Measure.CHI1_ERROR), 1e-9);
        assertEquals(30 / 3.0, value(metrics, Measure.CHI2_ERROR), 1e-9);
        assertEquals(0, count(metrics, Measure.CHI3_20));
        assertTrue(Double.isNaN(value(metrics, Measure.CHI3_20)));
        // −65° and 70° lie in different wells; −60° and −30° in one
        assertEquals(3 / 4.0, value(metrics, Measure.ROTAMER));
    }

    @Test
    void turningASymmetricEndByPiIsNoError() {
        TestProtein truth = new TestProtein("ASP", "PHE", "TYR", "GLU").chi(0, -60, 10).chi(1, -60, 80).chi(2, -60, 100).chi(3, -60, 180, 20);
        TestProtein guess = new TestProtein("ASP", "PHE", "TYR", "GLU").chi(0, -60, -170).chi(1, -60, -100).chi(2, -60, -80).chi(3, -60, 180, -160);
        Metrics metrics = metrics(truth.sample("x"), guess);
        assertEquals(0, value(metrics, Measure.CHI2_ERROR), 1e-6);
        assertEquals(0, value(metrics, Measure.CHI3_ERROR), 1e-6);
        assertEquals(0, value(metrics, Measure.RMSD), 0.02, "ideal rings are symmetric to a hundredth of an Å");
    }

    @Test
    void anAmideIsNotSymmetric() {
        TestProtein truth = new TestProtein("ASN").chi(0, -60, 10);
        TestProtein guess = new TestProtein("ASN").chi(0, -60, -170);
        assertEquals(180, value(metrics(truth.sample("x"), guess), Measure.CHI2_ERROR), 1e-6);
    }

    @Test
    void rmsdOfOneAtomIsTheDistanceItMoved() {
        TestProtein protein = new TestProtein("SER");
        Sample sample = protein.sample("x");
        Prediction prediction = protein.predictionOf(sample);
        int og = ResidueConstants.slot(sample.residues().types()[0], "OG");
        prediction.atom14()[3 * og] += 3;
        prediction.atom14()[3 * og + 1] += 4;
        // CB stayed, OG moved by 5 Å: √(25/2)
        assertEquals(Math.sqrt(12.5), value(Metrics.of(List.of(prediction)), Measure.RMSD), 1e-12);
    }

    @Test
    void whatTheTruthLacksDoesNotCount() {
        TestProtein protein = new TestProtein("LYS", "LYS", "LYS");
        Sample sample = protein.sample("x");
        int lysine = sample.residues().types()[0];
        sample.residues().present()[ResidueConstants.slot(lysine, "NZ")] = false;
        sample.residues().present()[ResidueConstants.SLOTS + ResidueConstants.slot(lysine, "CG")] = false;
        sample.residues().present()[2 * ResidueConstants.SLOTS + ResidueConstants.C] = false;
        Metrics metrics = metrics(sample, protein);
        // the first lacks χ4, the second all, the third its frame
        assertEquals(1, count(metrics, Measure.CHI1_20));
        assertEquals(1, count(metrics, Measure.CHI3_20));
        assertEquals(0, count(metrics, Measure.CHI4_20));
        assertEquals(0, count(metrics, Measure.RMSD));
        assertEquals(0, count(metrics, Measure.ALL_CHI_20));
        assertEquals(3, TrueStructure.of(sample).flexible());
    }

    @Test
    void residuesThatWereNotPredictedDoNotCount() {
        TestProtein protein = new TestProtein("LYS", "SER");
        Prediction prediction = protein.predictionOf(protein.sample("x"));
        prediction.predicted()[0] = false;
        assertEquals(1, Metrics.of(List.of(prediction)).residues(Subset.ALL));
    }

    @Test
    void aSideChainOnALineIsAsWrongAsCanBe() {
        TestProtein protein = new TestProtein("SER");
        Prediction prediction = protein.predictionOf(protein.sample("x"));
        int og = ResidueConstants.slot(prediction.sample().residues().types()[0], "OG");
        for (int axis = 0; axis < 3; axis++) {
            double ca = prediction.atom14()[3 * ResidueConstants.CA + axis];
            double cb = prediction.atom14()[3 * ResidueConstants.CB + axis];
            prediction.atom14()[3 * og + axis] = ca + 2 * (cb - ca);
        }
        Metrics metrics = Metrics.of(List.of(prediction));
        assertTrue(value(metrics, Measure.CHI1_ERROR) <= 180);
        assertEquals(1, count(metrics, Measure.CHI1_20));
        prediction.atom14()[3 * og] = Double.NaN;
        assertThrows(IllegalArgumentException.class, () -> new Prediction(prediction.sample(), prediction.atom14(), prediction.predicted(),
                prediction.torsions(), prediction.confidence()));
    }

    @Test
    void metricsArePooledOverResiduesNotStructures() {
        TestProtein one = new TestProtein("SER").chi(0, 60);
        TestProtein wrong = new TestProtein("SER").chi(0, 180);
        TestProtein three = new TestProtein("SER", "SER", "SER");
        Metrics metrics = Metrics.of(List.of(wrong.predictionOf(one.sample("a")), three.predictionOf(three.sample("b"))));
        assertEquals(0.75, value(metrics, Measure.CHI1_20));
        assertEquals(120 / 4.0, value(metrics, Measure.CHI1_ERROR), 1e-9);
        assertEquals(4, count(metrics, Measure.CHI1_ERROR));
        assertEquals(2, metrics.tally(Measure.CHI1_20, Subset.ALL).counts().length);
    }

    @Test
    void groupsFollowTheLigandAndTheNeighbours() {
        TestProtein protein = new TestProtein("SER", "SER", "SER", "SER");
        Sample sample = protein.sample("x", new Vec3(50, 0, 0), new double[] {2, 5, 5.1, 9}, new double[] {1, 0.5, 0.51, 0});
        Metrics metrics = metrics(sample, protein);
        assertEquals(2, metrics.residues(Subset.POCKET5));
        assertEquals(2, metrics.residues(Subset.POCKET));
        assertEquals(4, metrics.residues(Subset.SURFACE));
        assertEquals(0, metrics.residues(Subset.CORE));
        assertFalse(Subset.CORE.contains(19, 0, 0));
        assertTrue(Subset.CORE.contains(20, 0, 0));
        assertTrue(Subset.SURFACE.contains(15, 0, 0));
        assertFalse(Subset.SURFACE.contains(16, 0, 0));
    }

    @Test
    void neighboursAreCountedFromCbAndFromCaInGlycine() {
        String[] codes = new String[12];
        Arrays.fill(codes, "ALA");
        codes[5] = "GLY";
        Sample sample = new TestProtein(codes).sample("x");
        int[] neighbours = TrueStructure.neighbours(sample.residues());
        for (int i = 0; i < codes.length; i++) {
            int expected = 0;
            for (int j = 0; j < codes.length; j++) {
                Vec3 a = Vec3.at(sample.residues().atom14(), i * 14 + (i == 5 ? 1 : 4));
                Vec3 b = Vec3.at(sample.residues().atom14(), j * 14 + (j == 5 ? 1 : 4));
                expected += i != j && a.distance(b) < 10 ? 1 : 0;
            }
            assertEquals(expected, neighbours[i], "residue " + i);
            assertTrue(expected > 0);
        }
    }

    @Test
    void rigidMotionsOfSampleAndPredictionChangeNothing() {
        TestProtein protein = new TestProtein("LEU", "ASP", "PHE", "ARG", "GLU", "HIS");
        TestProtein guess = new TestProtein("LEU", "ASP", "PHE", "ARG", "GLU", "HIS").chi(0, 60, 170).chi(1, 170, 20).chi(3, -60, 90, 12, 170).chi(5, 100, 100);
        double[] distances = {3, 4, 6, 8, 4.5, 20};
        Sample sample = protein.sample("x", new Vec3(5, 2, 3), distances, new double[6]);
        Prediction prediction = guess.predictionOf(sample);
        for (int i = 0; i < prediction.atom14().length; i++) {
            // a backbone that is not quite the true one either
            prediction.atom14()[i] += 0.3 * Math.sin(i);
        }
        StructureResult still = Scorer.score(TrueStructure.of(sample), prediction);
        assertTrue(still.backbone().fape() > 0.1 && still.backbone().interfaceRmsd() > 0.05, still.toString());
        for (int trial = 1; trial <= 3; trial++) {
            RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(trial, 2 - trial, 0.5), new Vec3(100 * trial, -300, 7));
            Sample elsewhere = TestProtein.moved(sample, motion);
            Prediction moved = new Prediction(elsewhere, TestProtein.moved(prediction.atom14(), prediction.present(), motion), prediction.predicted(),
                    prediction.torsions(), prediction.confidence());
            StructureResult result = Scorer.score(TrueStructure.of(elsewhere), moved);
            assertEquals(still.clashes(), result.clashes());
            assertEquals(still.backbone().fape(), result.backbone().fape(), 1e-9);
            assertEquals(still.backbone().interfaceRmsd(), result.backbone().interfaceRmsd(), 1e-9);
            assertEquals(still.residues().size(), result.residues().size());
            for (int i = 0; i < still.residues().size(); i++) {
                assertArrayEquals(still.residues().get(i).errors(), result.residues().get(i).errors(), 1e-8);
                assertEquals(still.residues().get(i).rmsd(), result.residues().get(i).rmsd(), 1e-9);
                assertEquals(still.residues().get(i).truth().neighbours(), result.residues().get(i).truth().neighbours());
            }
        }
    }

    @Test
    void onlyTheInterfaceIsSuperposed() {
        TestProtein protein = new TestProtein("SER", "SER", "SER", "SER", "SER", "SER");
        Sample sample = protein.sample("x", new Vec3(50, 0, 0), new double[] {3, 3, 3, 9, 9, 9}, new double[6]);
        Prediction prediction = protein.predictionOf(sample);
        RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(0.2, 0.1, 0), new Vec3(1, 2, 3));
        for (int i = 0; i < 3 * ResidueConstants.SLOTS; i++) {
            motion.apply(Vec3.at(prediction.atom14(), i)).store(prediction.atom14(), i);
        }
        BackboneDeviation deviation = Scorer.score(TrueStructure.of(sample), prediction).backbone();
        assertEquals(12, deviation.interfaceAtoms());
        assertEquals(0, deviation.interfaceRmsd(), 1e-9);
        assertTrue(deviation.moved());
        assertTrue(deviation.fape() > 0.5);
        assertEquals(6, deviation.frames());
    }

    @Test
    void fapeOfOneShiftedResidueIsKnown() {
        // far apart, so that one residue's shift is clamped nowhere: 2 frames × 6 atoms, of which the 3 + 3 of the other residue are off by 1 Å each
        TestProtein protein = new TestProtein("SER", "SER");
        Sample sample = protein.sample("x");
        Prediction prediction = protein.predictionOf(sample);
        for (int i = ResidueConstants.SLOTS; i < 2 * ResidueConstants.SLOTS; i++) {
            prediction.atom14()[3 * i + 2] += 1;
        }
        assertEquals(0.5, Scorer.score(TrueStructure.of(sample), prediction).backbone().fape(), 1e-9);
    }

    @Test
    void clashesCountPairsAndKnowTheLigand() {
        TestProtein protein = new TestProtein("SER", "SER");
        Sample alone = protein.sample("x");
        int og = ResidueConstants.slot(alone.residues().types()[0], "OG");
        Vec3 place = Vec3.at(alone.residues().atom14(), og);
        // O 1.52 Å and C 1.70 Å touch at 3.22 Å
        Sample touching = protein.sample("x", place.plus(new Vec3(2.80, 0, 0)), new double[2], new double[2]);
        Sample apart = protein.sample("x", place.plus(new Vec3(100, 0, 0)), new double[2], new double[2]);
        Clashes none = Scorer.score(TrueStructure.of(apart), protein.predictionOf(apart)).clashes();
        Clashes some = Scorer.score(TrueStructure.of(touching), protein.predictionOf(touching)).clashes();
        assertEquals(12, none.atoms());
        assertEquals(0, none.ligand());
        assertTrue(some.ligand() >= 1);
        assertEquals(1000.0 * some.ligand() / 12, some.ligandPerThousand());
        Prediction prediction = protein.predictionOf(apart);
        int second = ResidueConstants.SLOTS + og;
        Vec3.at(prediction.atom14(), og).plus(new Vec3(0.1, 0, 0)).store(prediction.atom14(), second);
        assertTrue(Scorer.score(TrueStructure.of(apart), prediction).clashes().protein() > none.protein());
    }
}
