package org.bindrae.training.evaluation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.prediction.Prediction;

/** The metrics of one method: means over residues of all its structures. */
public final class Metrics {
    private static final int TYPES = ResidueConstants.TYPES + 1;

    private final List<StructureResult> structures;
    /** By measure and group. */
    private final Tally[][] tallies = new Tally[Measure.values().length][Subset.values().length];
    /** By measure, group and residue type. */
    private final double[][][] typeSums = new double[Measure.values().length][Subset.values().length][TYPES];
    private final long[][][] typeCounts = new long[Measure.values().length][Subset.values().length][TYPES];

    public Metrics(List<StructureResult> structures) {
        this.structures = List.copyOf(structures);
        for (Tally[] row : tallies) {
            Arrays.setAll(row, subset -> new Tally(new double[structures.size()], new long[structures.size()]));
        }
        for (int s = 0; s < structures.size(); s++) {
            for (ResidueResult residue : structures.get(s).residues()) {
                add(s, residue);
            }
        }
    }

    /** Of predictions, each compared with its own sample. */
    public static Metrics of(List<Prediction> predictions) {
        return new Metrics(predictions.stream().map(prediction -> Scorer.score(TrueStructure.of(prediction.sample()), prediction)).toList());
    }

    private void add(int structure, ResidueResult residue) {
        int type = residue.truth().type();
        for (Measure measure : Measure.values()) {
            double value = measure.of(residue);
            if (Double.isNaN(value)) {
                continue;
            }
            for (Subset subset : Subset.values()) {
                if (subset.contains(residue.truth())) {
                    Tally tally = tallies[measure.ordinal()][subset.ordinal()];
                    tally.sums()[structure] += value;
                    tally.counts()[structure]++;
                    typeSums[measure.ordinal()][subset.ordinal()][type] += value;
                    typeCounts[measure.ordinal()][subset.ordinal()][type]++;
                }
            }
        }
    }

    /** The results that these are metrics of. */
    public List<StructureResult> structures() {
        return structures;
    }

    public Score score(Measure measure, Subset subset) {
        return tally(measure, subset).score();
    }

    /** Of the residues of one type. */
    public Score score(Measure measure, Subset subset, int type) {
        long count = typeCounts[measure.ordinal()][subset.ordinal()][type];
        return new Score(count == 0 ? Double.NaN : typeSums[measure.ordinal()][subset.ordinal()][type] / count, count);
    }

    /** Sums by structure; not to be changed. */
    public Tally tally(Measure measure, Subset subset) {
        return tallies[measure.ordinal()][subset.ordinal()];
    }

    /** Number of residues compared. */
    public long residues(Subset subset) {
        return structures.stream().flatMap(structure -> structure.residues().stream()).filter(residue -> subset.contains(residue.truth())).count();
    }

    /** Number of residues of a type compared. */
    public long residuesOfType(int type) {
        return structures.stream().flatMap(structure -> structure.residues().stream()).filter(residue -> residue.truth().type() == type).count();
    }

    /** Of structures with residues that were compared, so that all methods are counted on the same structures. */
    public Clashes clashes() {
        return structures.stream().filter(structure -> !structure.residues().isEmpty()).map(StructureResult::clashes).reduce(Clashes.NONE, Clashes::plus);
    }

    public BackboneDeviation backbone() {
        return structures.stream().map(StructureResult::backbone).reduce(BackboneDeviation.NONE, BackboneDeviation::plus);
    }

    public Calibration calibration() {
        return Calibration.of(structures.stream().flatMap(structure -> structure.residues().stream()).toList());
    }

    /** Types with χ angles, in the order of their codes. */
    public static List<Integer> flexibleTypes() {
        return IntStream.range(0, ResidueConstants.TYPES).boxed().filter(type -> ResidueConstants.chiCount(type) > 0)
                .sorted(Comparator.comparing(ResidueConstants::code)).toList();
    }
}
