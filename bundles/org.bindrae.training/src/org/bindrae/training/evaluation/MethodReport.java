package org.bindrae.training.evaluation;

import java.util.List;
import java.util.Map;

import org.bindrae.data.ResidueId;

/**
 * What an evaluation found out about one method.
 *
 * @param metrics over the residues that all methods predicted
 * @param missing comparable residues that this method did not predict, by sample
 * @param notes of the method, one sentence each
 */
public record MethodReport(String name, Metrics metrics, Map<String, List<ResidueId>> missing, List<String> notes) {
    public MethodReport {
        notes = List.copyOf(notes);
    }

    /** Number of comparable residues that this method did not predict. */
    public long missingResidues() {
        return missing.values().stream().mapToLong(List::size).sum();
    }
}
