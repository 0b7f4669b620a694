package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import org.bindrae.data.Batch;
import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.prediction.Prediction;

/** Compares predictions with true structures, in the coordinates of the sample, without superposition. */
public final class Scorer {
    private static final int SLOTS = ResidueConstants.SLOTS;
    private static final int CHI1 = 3;
    private static final double WORST = 180;

    private Scorer() {
    }

    /** Compares all residues that were predicted and whose side chain is known. */
    public static StructureResult score(TrueStructure truth, Prediction prediction) {
        return score(truth, truth.batch(), prediction, residue -> true);
    }

    /**
     * Compares some of the residues that were predicted.
     *
     * @param batch {@link TrueStructure#batch()}
     * @param wanted which residues to compare
     */
    static StructureResult score(TrueStructure truth, Batch batch, Prediction prediction, Predicate<TrueResidue> wanted) {
        if (prediction.sample() != truth.sample()) {
            throw new IllegalArgumentException("a prediction of " + prediction.sample().id() + " cannot be compared with " + truth.sample().id());
        }
        ResidueTable table = truth.sample().residues();
        Torsions torsions = Torsions.of(table.types(), prediction.atom14(), prediction.present(), table.breakBefore());
        List<ResidueResult> results = new ArrayList<>();
        for (TrueResidue residue : truth.residues()) {
            if (prediction.predicted()[residue.index()] && wanted.test(residue)) {
                results.add(compare(truth, prediction, torsions, residue));
            }
        }
        return new StructureResult(truth.sample().id(), results, Clashes.of(batch, prediction.atom14(), prediction.present()),
                BackboneDeviation.of(truth, prediction));
    }

    private static ResidueResult compare(TrueStructure truth, Prediction prediction, Torsions torsions, TrueResidue residue) {
        double[] chi = new double[ResidueConstants.CHIS];
        double[] errors = new double[ResidueConstants.CHIS];
        for (int c = 0; c < chi.length; c++) {
            int index = residue.index() * ResidueConstants.TORSIONS + CHI1 + c;
            boolean defined = torsions.mask()[index];
            double[] angles = torsions.sinCos();
            chi[c] = defined ? Math.toDegrees(StrictMath.atan2(angles[2 * index], angles[2 * index + 1])) : Double.NaN;
            if (!truth.torsions().mask()[index]) {
                errors[c] = Double.NaN;
            } else if (defined) {
                errors[c] = Math.min(angle(angles, truth.torsions().sinCos(), index), angle(angles, truth.torsions().alternative(), index));
            } else {
                errors[c] = WORST;
            }
        }
        return new ResidueResult(residue, chi, errors, residue.complete() ? rmsd(truth, prediction, residue.index()) : Double.NaN,
                prediction.confidence()[residue.index()]);
    }

    /** Degrees between two angles, 0 to 180. */
    private static double angle(double[] a, double[] b, int index) {
        double sin = a[2 * index] * b[2 * index + 1] - a[2 * index + 1] * b[2 * index];
        double cos = a[2 * index] * b[2 * index] + a[2 * index + 1] * b[2 * index + 1];
        return Math.toDegrees(StrictMath.atan2(Math.abs(sin), cos));
    }

    private static double rmsd(TrueStructure truth, Prediction prediction, int residue) {
        int type = truth.sample().residues().types()[residue];
        double asNamed = 0;
        double exchanged = 0;
        int atoms = ResidueConstants.atoms(type).size();
        for (int slot = ResidueConstants.CB; slot < atoms; slot++) {
            Vec3 place = Vec3.at(prediction.atom14(), residue * SLOTS + slot);
            asNamed += squared(place, truth, residue * SLOTS + slot);
            exchanged += squared(place, truth, residue * SLOTS + ResidueConstants.symmetricSlot(type, slot));
        }
        return Math.sqrt(Math.min(asNamed, exchanged) / (atoms - ResidueConstants.CB));
    }

    private static double squared(Vec3 place, TrueStructure truth, int atom) {
        Vec3 gap = place.minus(Vec3.at(truth.sample().residues().atom14(), atom));
        return gap.dot(gap);
    }
}
