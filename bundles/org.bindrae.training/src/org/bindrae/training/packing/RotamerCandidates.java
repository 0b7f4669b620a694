package org.bindrae.training.packing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;

/**
 * The side chains that each residue may get.
 *
 * @param ofResidues for each residue its candidates, the most probable first; none for a residue that stays as it is. A residue without χ angles that is to be
 * built has one candidate
 */
public record RotamerCandidates(List<List<Candidate>> ofResidues) {
    private static final Comparator<Candidate> LIKELIEST_FIRST = Comparator.comparingDouble(Candidate::probability).reversed();

    /**
     * One conformation.
     *
     * @param chi χ1 …, as many as the residue has, finite, radians
     * @param probability above 0; only ratios between candidates of a residue count
     */
    public record Candidate(double[] chi, double probability) {
        public Candidate {
            if (!(probability > 0) || Double.isInfinite(probability) || !Arrays.stream(chi).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("a candidate with a probability of " + probability + " and χ of " + Arrays.toString(chi));
            }
        }

        /** −ln of the probability. */
        double score() {
            return -StrictMath.log(probability);
        }
    }

    /**
     * Which candidates are made of a distribution.
     *
     * @param most candidates of a residue
     * @param smallest probability of a candidate, as a fraction of that of the most probable one
     */
    public record Limits(int most, double smallest) {
        public Limits {
            if (most < 1 || !(smallest >= 0 && smallest <= 1)) {
                throw new IllegalArgumentException(most + " candidates of at least " + smallest + " of the best; one is needed, and a fraction from 0 to 1");
            }
        }

        public static Limits defaults() {
            return new Limits(24, 0.002);
        }
    }

    public RotamerCandidates {
        ofResidues = ofResidues.stream().map(candidates -> candidates.stream().sorted(LIKELIEST_FIRST).toList()).toList();
    }

    /**
     * Candidates of a binned distribution: the modes of χ1, those of χ2 for each of them, and so on.
     *
     * @param types residue types [T]
     * @param wanted residues to be built [T], of known types
     */
    public static RotamerCandidates of(int[] types, boolean[] wanted, ChiDistribution distribution, Limits limits) {
        List<List<Candidate>> candidates = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            candidates.add(wanted[i] ? List.of(new Candidate(new double[0], 1)) : List.of());
        }
        for (int chi = 0; chi < ResidueConstants.CHIS; chi++) {
            extend(candidates, types, chi, distribution, limits);
        }
        return new RotamerCandidates(candidates);
    }

    private static void extend(List<List<Candidate>> candidates, int[] types, int chi, ChiDistribution distribution, Limits limits) {
        List<Integer> residues = new ArrayList<>();
        List<Candidate> rows = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            if (chi < ResidueConstants.chiCount(types[i])) {
                for (Candidate candidate : candidates.get(i)) {
                    residues.add(i);
                    rows.add(candidate);
                }
                candidates.set(i, candidates.get(i).isEmpty() ? List.of() : new ArrayList<>());
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        double[] earlier = rows.stream().flatMapToDouble(row -> Arrays.stream(row.chi)).toArray();
        double[] probabilities = distribution.probabilities(chi, residues.stream().mapToInt(Integer::intValue).toArray(), earlier);
        for (int row = 0; row < rows.size(); row++) {
            int residue = residues.get(row);
            double[] chis = Arrays.copyOf(rows.get(row).chi, chi + 1);
            for (ChiModes.Mode mode : ChiModes.of(distribution.bins(), probabilities, row, ResidueConstants.isPiPeriodic(types[residue], chi))) {
                double[] angles = chis.clone();
                angles[chi] = mode.angle();
                candidates.get(residue).add(new Candidate(angles, rows.get(row).probability * mode.probability()));
            }
        }
        residues.stream().distinct().forEach(residue -> candidates.set(residue, likely(candidates.get(residue), limits)));
    }

    private static List<Candidate> likely(List<Candidate> candidates, Limits limits) {
        List<Candidate> sorted = candidates.stream().sorted(LIKELIEST_FIRST).limit(limits.most()).toList();
        double smallest = limits.smallest() * sorted.getFirst().probability;
        return sorted.stream().filter(candidate -> candidate.probability >= smallest).toList();
    }
}
