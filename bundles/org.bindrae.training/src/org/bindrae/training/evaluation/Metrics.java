package org.bindrae.training.evaluation;

import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.prediction.Prediction;

/** The metrics of one method: means over residues of all its structures. */
public record Metrics(List<StructureResult> structures) {
    public Metrics {
        structures = List.copyOf(structures);
    }

    /** Of predictions, each compared with its own sample. */
    public static Metrics of(List<Prediction> predictions) {
        return new Metrics(predictions.stream().map(prediction -> Scorer.score(TrueStructure.of(prediction.sample()), prediction)).toList());
    }

    public Score score(Measure measure, Subset subset) {
        return tally(measure, subset).score();
    }

    /** Of the residues of one type. */
    public Score score(Measure measure, Subset subset, int type) {
        return tally(measure, residue -> residue.type() == type && subset.contains(residue)).score();
    }

    public Tally tally(Measure measure, Subset subset) {
        return tally(measure, subset::contains);
    }

    private Tally tally(Measure measure, Predicate<TrueResidue> group) {
        Tally tally = new Tally(new double[structures.size()], new long[structures.size()]);
        for (int s = 0; s < structures.size(); s++) {
            for (ResidueResult residue : structures.get(s).residues()) {
                double value = group.test(residue.truth()) ? measure.of(residue) : Double.NaN;
                if (!Double.isNaN(value)) {
                    tally.sums()[s] += value;
                    tally.counts()[s]++;
                }
            }
        }
        return tally;
    }

    /** Number of residues compared. */
    public long residues(Subset subset) {
        return structures.stream().flatMap(structure -> structure.residues().stream()).filter(residue -> subset.contains(residue.truth())).count();
    }

    /** Number of residues of a type compared. */
    public long residuesOfType(int type) {
        return structures.stream().flatMap(structure -> structure.residues().stream()).filter(residue -> residue.truth().type() == type).count();
    }

    public Clashes clashes() {
        return structures.stream().map(StructureResult::clashes).reduce(Clashes.NONE, Clashes::plus);
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
