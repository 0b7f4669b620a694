package org.bindrae.training.evaluation;

import java.util.List;

/**
 * How a prediction of one sample compares with the truth.
 *
 * @param sample its id
 * @param residues residues that were compared
 * @param clashes of the predicted structure
 */
public record StructureResult(String sample, List<ResidueResult> residues, Clashes clashes, BackboneDeviation backbone) {
    public StructureResult {
        residues = List.copyOf(residues);
    }
}
