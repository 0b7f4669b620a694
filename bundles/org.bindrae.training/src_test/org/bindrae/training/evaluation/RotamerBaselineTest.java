package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.prediction.Prediction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotamerBaselineTest {
    private static final RotamerBaseline.Settings SMALL = new RotamerBaseline.Settings(20, 2);

    /** Five residues: the first lacks φ, the last ψ, the others have the same backbone. */
    private static Sample sample(String id, String code, double... chi1AndChi2OfEach) {
        String[] codes = new String[chi1AndChi2OfEach.length / 2];
        Arrays.fill(codes, code);
        TestProtein protein = new TestProtein(codes);
        for (int i = 0; i < codes.length; i++) {
            protein.chi(i, chi1AndChi2OfEach[2 * i], chi1AndChi2OfEach[2 * i + 1]);
        }
        return protein.sample(id);
    }

    private static double[] errors(RotamerBaseline baseline, Sample truth, int chi) {
        return Metrics.of(baseline.predict(List.of(truth))).structures().getFirst().residues().stream().mapToDouble(r -> r.errors()[chi]).toArray();
    }

    @Test
    void takesTheMostFrequentConformationAndItsCircularMean() {
        // three of well (t, g+) at χ1 −175°, 175°, 180°, two of (g−, t)
        Sample training = sample("a", "LEU", -175, 60, 175, 70, 180, 65, -60, 170, -60, 170);
        RotamerBaseline baseline = RotamerBaseline.learn(List.of(training), SMALL);
        Rotamer rotamer = baseline.byType().get(ResidueConstants.typeOfCode("LEU"));
        assertEquals(180, Math.abs(rotamer.chi().get(0)), 1e-9);
        assertEquals(65, rotamer.chi().get(1), 1e-9);
        assertEquals(3, rotamer.count());
        assertEquals(5, rotamer.total());
        assertEquals(3, rotamer.sameWell());
    }

    @Test
    void conformationsAreJointNotAngleByAngle() {
        // χ1: −60 three times of five; but the most frequent pair has χ1 180
        Sample training = sample("a", "LEU", -60, 60, -60, 180, -60, -60, 180, 60, 180, 60);
        RotamerBaseline baseline = RotamerBaseline.learn(List.of(training), SMALL);
        Rotamer rotamer = baseline.byType().get(ResidueConstants.typeOfCode("LEU"));
        assertEquals(List.of(180.0, 60.0), List.of(Math.abs(rotamer.chi().get(0)), rotamer.chi().get(1)));
        assertEquals(2, rotamer.count());
        assertEquals(2, rotamer.sameWell());
    }

    @Test
    void followsTheBackboneWhereItsBinIsLargeEnoughAndTheTypeOtherwise() {
        Sample training = sample("a", "LEU", -60, 170, 60, 60, 60, 60, -60, 170, -60, 170, -60, 170);
        // residues 1 to 4 share a bin: twice (g+, g+), twice (g−, t): the lower wells win a tie
        Sample truth = sample("b", "LEU", -60, 170, 60, 60, -60, 170);
        assertArrayEquals(new double[] {0, 0, 0}, errors(RotamerBaseline.learn(List.of(training), SMALL), truth, 0), 0.06);
        RotamerBaseline typeOnly = RotamerBaseline.learn(List.of(training), new RotamerBaseline.Settings(20, 5));
        assertArrayEquals(new double[] {0, 120, 0}, errors(typeOnly, truth, 0), 0.06);
        assertTrue(typeOnly.byBin().get(ResidueConstants.typeOfCode("LEU")).isEmpty());
    }

    @Test
    void symmetricAnglesAreAveragedAsSuch() {
        // 88° and −88° are 4° apart in a ring that looks the same after 180°
        Sample training = sample("a", "PHE", -60, 88, -60, -88, -60, 88, -60, -88);
        double chi2 = RotamerBaseline.learn(List.of(training), SMALL).byType().get(ResidueConstants.typeOfCode("PHE")).chi().get(1);
        assertEquals(90, Math.abs(chi2), 1e-9);
    }

    @Test
    void confidenceIsTheFrequencyOfTheWell() {
        Sample training = sample("a", "LEU", -60, 60, -60, 60, -60, 180, 180, 60);
        Prediction prediction = RotamerBaseline.learn(List.of(training), new RotamerBaseline.Settings(20, 10)).predict(training);
        assertEquals(0.75, prediction.confidence()[1]);
    }

    @Test
    void backboneStaysAndNothingOfTheTrueSideChainIsUsed() {
        Sample training = sample("a", "LEU", -60, 170, -60, 170, -60, 170);
        RotamerBaseline baseline = RotamerBaseline.learn(List.of(training), SMALL);
        Sample truth = sample("b", "LEU", 60, 60, 180, 70, 30, 30);
        Prediction prediction = baseline.predict(truth);
        Sample bare = sample("b", "LEU", 60, 60, 180, 70, 30, 30);
        for (int i = 0; i < bare.residues().present().length; i++) {
            if (i % ResidueConstants.SLOTS >= ResidueConstants.CB) {
                bare.residues().present()[i] = false;
                Arrays.fill(bare.residues().atom14(), 3 * i, 3 * i + 3, 0);
            }
        }
        assertArrayEquals(prediction.atom14(), baseline.predict(bare).atom14());
        for (int i = 0; i < truth.residues().atom14().length; i++) {
            if (i / 3 % ResidueConstants.SLOTS <= ResidueConstants.O) {
                assertEquals(truth.residues().atom14()[i], prediction.atom14()[i]);
            }
        }
    }

    @Test
    void residuesItKnowsNothingAboutAreNotPredicted() {
        RotamerBaseline baseline = RotamerBaseline.learn(List.of(sample("a", "LEU", -60, 170, -60, 170)), SMALL);
        Sample truth = new TestProtein("LEU", "SER", "ALA", "UNK").sample("b");
        Prediction prediction = baseline.predict(truth);
        assertArrayEquals(new boolean[] {true, false, true, false}, prediction.predicted());
        assertEquals(1, prediction.confidence()[2]);
        assertTrue(Double.isNaN(prediction.confidence()[1]));
        for (int i = 3 * ResidueConstants.SLOTS; i < 6 * ResidueConstants.SLOTS; i++) {
            assertEquals(truth.residues().atom14()[i], prediction.atom14()[i]);
        }
    }

    @Test
    void everyWellIsOneOfItsNumber() {
        for (int type = 0; type < ResidueConstants.TYPES; type++) {
            for (int chi = 0; chi < ResidueConstants.chiCount(type); chi++) {
                List<Integer> seen = new ArrayList<>();
                for (double angle = -180; angle <= 180; angle += 0.5) {
                    int well = ChiWells.of(type, chi, angle);
                    assertEquals(well, ChiWells.of(type, chi, angle + ChiWells.period(type, chi)));
                    if (!seen.contains(well)) {
                        seen.add(well);
                    }
                }
                assertTrue(seen.size() == 3 || seen.size() == 6, ResidueConstants.code(type) + " χ" + (chi + 1) + " " + seen);
                assertTrue(ChiWells.of(type, chi, -1e-300) < seen.size());
            }
        }
        int aspartate = ResidueConstants.typeOfCode("ASP");
        assertEquals(ChiWells.of(aspartate, 1, -20), ChiWells.of(aspartate, 1, 20));
        assertEquals(ChiWells.of(aspartate, 1, -20), ChiWells.of(aspartate, 1, 160));
    }

    @Test
    void aFileGivesTheSamePredictions(@TempDir Path folder) throws IOException {
        Sample training = sample("a", "LEU", -60, 170, 60, 60, 60, 60, -60, 170, -60, 170, -60, 170);
        RotamerBaseline baseline = RotamerBaseline.learn(List.of(training, new TestProtein("SER", "ASP", "TRP").sample("c")), SMALL);
        Path file = folder.resolve("rotamers.json");
        baseline.write(file);
        RotamerBaseline again = RotamerBaseline.read(file);
        assertEquals(RotamerFile.json(baseline), RotamerFile.json(again));
        Sample truth = new TestProtein("SER", "LEU", "ASP", "LEU", "TRP", "LEU").sample("d");
        assertArrayEquals(baseline.predict(truth).atom14(), again.predict(truth).atom14());
        assertEquals(2, again.samples());
        assertEquals(9, again.residues());
    }

    @Test
    void damagedFilesAreNamed(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("rotamers.json");
        RotamerBaseline.learn(List.of(sample("a", "LEU", -60, 170, 60, 60, 60, 60)), new RotamerBaseline.Settings(20, 1)).write(file);
        String good = Files.readString(file);
        for (String[] change : new String[][] {{"bindrae-rotamers", "other"}, {"\"version\" : 1", "\"version\" : 2"}, {"\"LEU\"", "\"ALA\""},
                {"\"binDegrees\" : 20", "\"binDegrees\" : 7"}, {"\"phi\" : ", "\"phi\" : 1"}, {"\"chi\" : [ ", "\"chi\" : [ 999, "}, {"{", ""}}) {
            assertTrue(good.contains(change[0]), change[0]);
            Files.writeString(file, good.replace(change[0], change[1]));
            String message = assertThrows(IOException.class, () -> RotamerBaseline.read(file), change[0]).getMessage();
            assertTrue(message.startsWith(file.toString()), message);
            assertFalse(message.contains("\n"), message);
        }
        assertThrows(IOException.class, () -> RotamerBaseline.read(folder.resolve("none.json")));
        assertThrows(IllegalArgumentException.class, () -> new RotamerBaseline.Settings(7, 1));
    }
}
