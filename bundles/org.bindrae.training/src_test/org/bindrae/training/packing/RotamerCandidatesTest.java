package org.bindrae.training.packing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.packing.RotamerCandidates.Candidate;
import org.bindrae.training.packing.RotamerCandidates.Limits;
import org.junit.jupiter.api.Test;

class RotamerCandidatesTest {
    private static final AngleBins BINS = new AngleBins(72);
    private static final Limits LIMITS = new Limits(10, 0.05);

    @FunctionalInterface
    private interface Rows {
        double[] of(int chi, int[] residues, double[] earlier);
    }

    private record Drawn(AngleBins bins, Rows rows) implements ChiDistribution {
        @Override
        public double[] probabilities(int chi, int[] residues, double[] earlier) {
            return rows.of(chi, residues, earlier);
        }
    }

    /** A Gaussian of 5° about an angle, times a height. */
    private static double[] peak(double degrees, double height) {
        double[] bins = new double[BINS.count()];
        for (int b = 0; b < bins.length; b++) {
            double offset = Math.abs(Math.toDegrees(BINS.centre(b)) - degrees);
            double turn = Math.min(offset, 360 - offset) / 5;
            bins[b] = height * Math.exp(-turn * turn / 2);
        }
        return bins;
    }

    private static double[] sum(double[]... peaks) {
        double[] sum = new double[BINS.count()];
        for (double[] peak : peaks) {
            Arrays.setAll(sum, b -> sum[b] + peak[b]);
        }
        return sum;
    }

    private static int[] types(String letters) {
        return letters.chars().map(letter -> ResidueConstants.typeOfLetter((char) letter)).toArray();
    }

    private static RotamerCandidates of(String letters, Rows rows, Limits limits) {
        boolean[] all = new boolean[letters.length()];
        Arrays.fill(all, true);
        return RotamerCandidates.of(types(letters), all, new Drawn(BINS, rows), limits);
    }

    @Test
    void candidatesAreThePeaksOfTheDistributionWithTheirMass() {
        double[] bins = sum(peak(-63.7, 3), peak(178.9, 1));
        List<Candidate> candidates = of("S", (chi, residues, earlier) -> bins, LIMITS).ofResidues().getFirst();
        assertEquals(2, candidates.size());
        assertEquals(-63.7, Math.toDegrees(candidates.get(0).chi()[0]), 0.1);
        assertEquals(178.9, Math.toDegrees(candidates.get(1).chi()[0]), 0.1);
        assertEquals(0.75, candidates.get(0).probability(), 0.001);
        assertEquals(0.25, candidates.get(1).probability(), 0.001);
    }

    @Test
    void theFirstCandidateIsTheNetworksOwnChoice() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 50; trial++) {
            double[] logits = random.doubles(BINS.count(), -6, 0).toArray();
            AngleBins.Best best = BINS.best(logits, 0);
            Candidate first = of("S", (chi, residues, earlier) -> Arrays.stream(logits).map(Math::exp).toArray(), new Limits(100, 0)).ofResidues().getFirst()
                    .getFirst();
            assertEquals(best.mass(), first.probability(), 1e-9, "trial " + trial);
            assertEquals(0, best.sin() * Math.cos(first.chi()[0]) - best.cos() * Math.sin(first.chi()[0]), 1e-9, "trial " + trial);
        }
    }

    @Test
    void anglesThatLookTheSameAreOne() {
        double[] chi2 = sum(peak(88, 1), peak(-90, 1));
        List<Candidate> candidates = of("F", (chi, residues, earlier) -> chi == 0 ? peak(60, 1) : chi2, LIMITS).ofResidues().getFirst();
        assertEquals(1, candidates.size());
        assertEquals(1, candidates.getFirst().probability(), 0.002);
        assertEquals(89, (Math.toDegrees(candidates.getFirst().chi()[1]) + 180) % 180, 0.1);
    }

    @Test
    void laterAnglesFollowTheirEarlierOnes() {
        // χ2 is 120° behind χ1
        Rows distribution = (chi, residues, earlier) -> {
            List<double[]> rows = new ArrayList<>();
            for (int row = 0; row < residues.length; row++) {
                rows.add(chi == 0 ? sum(peak(-60, 2), peak(60, 1)) : peak(Math.toDegrees(earlier[row * chi + chi - 1]) - 120, 7));
            }
            return rows.stream().flatMapToDouble(Arrays::stream).toArray();
        };
        RotamerCandidates candidates = of("ALK", distribution, LIMITS);
        assertEquals(List.of(1, 2, 2), candidates.ofResidues().stream().map(List::size).toList());
        assertEquals(0, candidates.ofResidues().getFirst().getFirst().chi().length);
        assertArrayEquals(new double[] {-60, -180, 60, -60}, degrees(candidates.ofResidues().get(2).get(0)), 0.3);
        assertArrayEquals(new double[] {60, -60, -180, 60}, degrees(candidates.ofResidues().get(2).get(1)), 0.3);
        assertEquals(2.0 / 3, candidates.ofResidues().get(1).getFirst().probability(), 0.002);
    }

    private static double[] degrees(Candidate candidate) {
        // a whole turn apart is the same
        return Arrays.stream(candidate.chi()).map(Math::toDegrees).map(angle -> angle > 179.5 ? angle - 360 : angle).toArray();
    }

    @Test
    void onlyTheMostProbableStayAndTheyComeFirst() {
        double[] bins = sum(peak(-60, 5), peak(180, 3), peak(60, 2));
        Rows distribution = (chi, residues, earlier) -> {
            double[] rows = new double[residues.length * bins.length];
            Arrays.setAll(rows, i -> bins[i % bins.length]);
            return rows;
        };
        List<Candidate> four = of("R", distribution, new Limits(4, 0)).ofResidues().getFirst();
        assertEquals(4, four.size());
        assertArrayEquals(new double[] {-60, -60, -60, -60}, degrees(four.getFirst()), 0.3);
        List<Candidate> likely = of("R", distribution, new Limits(81, 0.3)).ofResidues().getFirst();
        assertTrue(likely.size() > 5 && likely.size() < 20, likely.size() + " candidates");
        for (int i = 1; i < likely.size(); i++) {
            assertTrue(likely.get(i).probability() <= likely.get(i - 1).probability());
            assertTrue(likely.get(i).probability() >= 0.3 * likely.getFirst().probability());
        }
    }

    @Test
    void residuesThatAreNotWantedHaveNone() {
        RotamerCandidates candidates = RotamerCandidates.of(types("SXS"), new boolean[] {false, false, true}, new Drawn(BINS, (chi, residues, earlier) -> {
            assertArrayEquals(new int[] {2}, residues);
            return peak(60, 1);
        }), LIMITS);
        assertEquals(List.of(0, 0, 1), candidates.ofResidues().stream().map(List::size).toList());
    }

    @Test
    void distributionsWithoutProbabilityAreRefused() {
        for (double bad : new double[] {0, Double.NaN, Double.POSITIVE_INFINITY}) {
            double[] bins = new double[BINS.count()];
            bins[3] = bad;
            assertThrows(IllegalArgumentException.class, () -> of("S", (chi, residues, earlier) -> bins, LIMITS));
        }
        assertThrows(IllegalArgumentException.class, () -> new Limits(0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Candidate(new double[0], 0));
        assertThrows(IllegalArgumentException.class, () -> new Candidate(new double[] {Double.NaN}, 1));
    }
}
