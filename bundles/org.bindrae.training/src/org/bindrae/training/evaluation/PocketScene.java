package org.bindrae.training.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Ligand;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.prediction.Prediction;

/**
 * A ligand and the side chains in contact with it, as they are and as they were predicted; what a picture of the pocket needs.
 *
 * @param sample its id
 * @param residues in contact, of types with a side chain, predicted
 */
public record PocketScene(String sample, Ligand ligand, List<SideChain> residues) {
    /**
     * One residue.
     *
     * @param trueAtoms [14, 3], Å
     * @param known which of them are known [14]
     * @param predictedAtoms [14, 3], Å
     * @param chi1Error degrees; NaN where there is no χ1 to compare
     */
    public record SideChain(ResidueId id, int type, double[] trueAtoms, boolean[] known, double[] predictedAtoms, double chi1Error) {
    }

    public PocketScene {
        residues = List.copyOf(residues);
    }

    static PocketScene of(TrueStructure truth, Prediction prediction, StructureResult result) {
        ResidueTable table = truth.sample().residues();
        double[] errors = new double[table.size()];
        Arrays.fill(errors, Double.NaN);
        result.residues().forEach(residue -> errors[residue.truth().index()] = residue.errors()[0]);
        List<SideChain> residues = new ArrayList<>();
        int slots = ResidueConstants.SLOTS;
        for (int i = 0; i < table.size(); i++) {
            boolean hasSideChain = ResidueConstants.exists(table.types()[i], ResidueConstants.CB);
            if (hasSideChain && prediction.predicted()[i] && truth.sample().ligandDistance()[i] <= Subset.CONTACT) {
                residues.add(new SideChain(table.ids().get(i), table.types()[i], Arrays.copyOfRange(table.atom14(), 3 * slots * i, 3 * slots * (i + 1)),
                        Arrays.copyOfRange(table.present(), slots * i, slots * (i + 1)), Arrays.copyOfRange(prediction.atom14(), 3 * slots * i,
                                3 * slots * (i + 1)),
                        errors[i]));
            }
        }
        return new PocketScene(truth.sample().id(), truth.sample().ligand(), residues);
    }

    /** Residues whose χ1 was compared. */
    public int compared() {
        return (int) residues.stream().filter(residue -> !Double.isNaN(residue.chi1Error())).count();
    }

    /** Residues whose χ1 is right within 20°. */
    public int right() {
        return (int) residues.stream().filter(residue -> residue.chi1Error() <= 20).count();
    }
}
