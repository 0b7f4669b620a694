package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts the side-chain conformations of a group of residues of one type. */
final class RotamerCounts {
    private final int type;
    /** By the wells of all χ, χ1 the leading digit. */
    private final Map<Integer, Conformation> conformations = new TreeMap<>();
    private int total;

    RotamerCounts(int type) {
        this.type = type;
    }

    /** Adds a residue with all χ in degrees. */
    void add(double[] chi) {
        int key = 0;
        for (int c = 0; c < chi.length; c++) {
            key = 10 * key + ChiWells.of(type, c, chi[c]);
        }
        conformations.computeIfAbsent(key, wells -> new Conformation(ChiWells.of(type, 0, chi[0]), chi.length)).add(chi);
        total++;
    }

    int total() {
        return total;
    }

    /** The most frequent conformation; of equally frequent ones that with the lowest wells. */
    Rotamer mostFrequent() {
        // min keeps the first of equals
        return rotamer(conformations.values().stream().min(Comparator.comparingInt((Conformation c) -> -c.count)).orElseThrow());
    }

    /** All conformations by their wells, in the order of these. */
    SortedMap<Integer, Rotamer> rotamers() {
        SortedMap<Integer, Rotamer> rotamers = new TreeMap<>();
        conformations.forEach((wells, conformation) -> rotamers.put(wells, rotamer(conformation)));
        return rotamers;
    }

    private Rotamer rotamer(Conformation conformation) {
        int sameWell = conformations.values().stream().filter(other -> other.firstWell == conformation.firstWell).mapToInt(other -> other.count).sum();
        return new Rotamer(conformation.mean(), conformation.count, sameWell, total);
    }

    /** Residues with all χ in the same wells, and the sums their circular mean is made of. */
    private final class Conformation {
        private final int firstWell;
        private final double[] sin;
        private final double[] cos;
        private int count;

        Conformation(int firstWell, int chis) {
            this.firstWell = firstWell;
            sin = new double[chis];
            cos = new double[chis];
        }

        void add(double[] chi) {
            for (int c = 0; c < chi.length; c++) {
                double turn = Math.toRadians(chi[c]) * 360 / ChiWells.period(type, c);
                sin[c] += StrictMath.sin(turn);
                cos[c] += StrictMath.cos(turn);
            }
            count++;
        }

        List<Double> mean() {
            List<Double> mean = new ArrayList<>();
            for (int c = 0; c < sin.length; c++) {
                double degrees = Math.toDegrees(StrictMath.atan2(sin[c], cos[c])) * ChiWells.period(type, c) / 360;
                mean.add(Math.rint(10 * degrees) / 10);
            }
            return mean;
        }
    }
}
