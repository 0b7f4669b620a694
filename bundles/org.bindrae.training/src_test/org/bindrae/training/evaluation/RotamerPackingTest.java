package org.bindrae.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.prediction.Prediction;
import org.junit.jupiter.api.Test;

class RotamerPackingTest {
    private static final RotamerBaseline.Settings SETTINGS = new RotamerBaseline.Settings(20, 2);
    private static final int SERINE = ResidueConstants.typeOfCode("SER");

    /** Serines of the same backbone with these χ1, and one of each end. */
    private static Sample serines(double... chi1) {
        String[] codes = new String[chi1.length + 2];
        Arrays.fill(codes, "SER");
        TestProtein protein = new TestProtein(codes);
        IntStream.range(0, chi1.length).forEach(i -> protein.chi(i + 1, chi1[i]));
        return protein.chi(0, chi1[0]).chi(chi1.length + 1, chi1[0]).sample("serines");
    }

    private static RotamerBaseline.Learner learner(Sample sample) {
        RotamerBaseline.Learner learner = new RotamerBaseline.Learner(SETTINGS);
        learner.add(sample);
        return learner;
    }

    private static double chi1(Prediction prediction, int residue) {
        int torsion = 2 * (residue * ResidueConstants.TORSIONS + 3);
        return Math.toDegrees(Math.atan2(prediction.torsions()[torsion], prediction.torsions()[torsion + 1]));
    }

    @Test
    void takesTheMostFrequentRotamerWhereNothingIsInTheWayAndAnotherOneWhereTheLigandIs() {
        RotamerPacking packing = learner(serines(60, 60, 60, 60, 180, 180, 180, -60)).packing();
        TestProtein protein = new TestProtein("SER", "SER", "SER");
        Prediction free = packing.predict(List.of(protein.sample("free"))).getFirst();
        assertEquals(60, chi1(free, 1), 0.1);
        int slots = ResidueConstants.SLOTS;
        Vec3 oxygen = Vec3.at(free.atom14(), slots + ResidueConstants.slot(SERINE, "OG"));
        Vec3 carbon = oxygen.plus(oxygen.minus(Vec3.at(free.atom14(), slots + ResidueConstants.CB)));
        Prediction beside = packing.predict(List.of(protein.sample("bound", carbon, new double[3], new double[3]))).getFirst();
        assertEquals(180, Math.abs(chi1(beside, 1)), 0.1);
        assertTrue(beside.confidence()[1] < free.confidence()[1]);
        assertArrayEquals(new boolean[] {true, true, true}, beside.predicted());
        assertTrue(packing.notes().getFirst().contains(" of 6 residues") && packing.notes().getFirst().contains("100.0 % of all are proven"));
    }

    @Test
    void binsWithFewResiduesSayLittle() {
        Sample sample = serines(60);
        double[] angles = Torsions.iupac(sample.residues().types(), sample.residues().atom14(), sample.residues().present(), sample.residues().breakBefore());
        int bin = SETTINGS.bin(angles[ResidueConstants.TORSIONS + 1], angles[ResidueConstants.TORSIONS + 2]);
        Map<Integer, RotamerCounts> byType = Map.of(SERINE, counts(60, -60, -60, -60, -60, -60, -60, 60, 60, 180));
        assertEquals(List.of(0.6, 0.3, 0.1), probabilities(sample, RotamerLibrary.of(SETTINGS, byType, Map.of())));
        // 15 residues of the type, distributed as 9, 4.5 and 1.5, beside 5 of the bin
        RotamerLibrary few = RotamerLibrary.of(SETTINGS, byType, Map.of(SERINE, Map.of(bin, counts(180, 180, 180, 180, 180))));
        assertEquals(List.of(0.45, 0.325, 0.225), probabilities(sample, few));
        double[] many = new double[985];
        Arrays.fill(many, 180);
        assertEquals(0.987, probabilities(sample, RotamerLibrary.of(SETTINGS, byType, Map.of(SERINE, Map.of(bin, counts(many))))).getFirst());
    }

    private static List<Double> probabilities(Sample sample, RotamerLibrary library) {
        boolean[] all = new boolean[sample.residues().size()];
        Arrays.fill(all, true);
        return library.candidates(sample.residues(), all).ofResidues().get(1).stream().map(candidate -> Math.round(1000 * candidate.probability()) / 1000.0)
                .toList();
    }

    private static RotamerCounts counts(double... chi1) {
        RotamerCounts counts = new RotamerCounts(SERINE);
        Arrays.stream(chi1).forEach(angle -> counts.add(new double[] {angle}));
        return counts;
    }
}
