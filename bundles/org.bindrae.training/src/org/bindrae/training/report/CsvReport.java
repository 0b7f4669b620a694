package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Metrics;
import org.bindrae.training.evaluation.ResidueResult;
import org.bindrae.training.evaluation.Score;
import org.bindrae.training.evaluation.StructureResult;
import org.bindrae.training.evaluation.Subset;
import org.bindrae.training.evaluation.TrueResidue;

/** An evaluation as tables for other programs. Fractions are 0 to 1, angles degrees, lengths Å; empty where there is nothing. */
final class CsvReport {
    private static final int DECIMALS = 4;

    private CsvReport() {
    }

    /** A row for each method, group of residues, residue type and measure. */
    static String summary(EvaluationReport report) {
        CsvTable table = new CsvTable(List.of("method", "residues", "type", "measure", "unit", "value", "low", "high", "n"));
        for (MethodReport method : report.methods()) {
            for (Subset subset : Subset.values()) {
                for (Measure measure : Measure.values()) {
                    Interval interval = report.interval(method, measure, subset);
                    table.row(row(method, subset.key(), "all", measure, method.metrics().score(measure, subset), interval));
                }
            }
            for (int type : Metrics.flexibleTypes()) {
                for (Measure measure : Measure.values()) {
                    table.row(row(method, Subset.ALL.key(), ResidueConstants.code(type), measure, method.metrics().score(measure, Subset.ALL, type),
                            Interval.UNKNOWN));
                }
            }
        }
        return table.toString();
    }

    private static List<String> row(MethodReport method, String residues, String type, Measure measure, Score score, Interval interval) {
        String unit = measure.unit() == Measure.Unit.FRACTION ? "fraction" : measure.unit() == Measure.Unit.DEGREES ? "degrees" : "angstrom";
        return List.of(method.name(), residues, type, measure.key(), unit, number(score.value()), number(interval.low()), number(interval.high()),
                Long.toString(score.count()));
    }

    /** A row for each method and residue that was compared. */
    static String residues(EvaluationReport report) {
        List<String> header = new ArrayList<>(List.of("method", "structure", "chain", "number", "insertion_code", "name", "type", "neighbours", "core",
                "surface", "pocket", "pocket5", "ligand_distance", "pocket_weight", "phi", "psi"));
        for (String what : List.of("true_chi", "chi", "error_chi")) {
            for (int chi = 1; chi <= ResidueConstants.CHIS; chi++) {
                header.add(what + chi);
            }
        }
        header.addAll(List.of("rotamer_right", "rmsd", "confidence"));
        CsvTable table = new CsvTable(header);
        for (MethodReport method : report.methods()) {
            for (StructureResult structure : method.metrics().structures()) {
                structure.residues().forEach(residue -> table.row(residue(method, structure, residue)));
            }
        }
        return table.toString();
    }

    private static List<String> residue(MethodReport method, StructureResult structure, ResidueResult residue) {
        TrueResidue truth = residue.truth();
        List<String> row = new ArrayList<>(List.of(method.name(), structure.sample(), truth.id().chain(), Integer.toString(truth.id().number()),
                truth.id().insertionCode(), truth.name(), ResidueConstants.code(truth.type()), Integer.toString(truth.neighbours())));
        for (Subset subset : List.of(Subset.CORE, Subset.SURFACE, Subset.POCKET, Subset.POCKET5)) {
            row.add(subset.contains(truth) ? "1" : "0");
        }
        row.addAll(List.of(number(truth.ligandDistance()), number(truth.pocketWeight()), number(truth.phi()), number(truth.psi())));
        for (double[] angles : List.of(truth.chi(), residue.chi(), residue.errors())) {
            for (double angle : angles) {
                row.add(number(angle));
            }
        }
        row.addAll(List.of(Measure.ROTAMER.of(residue) == 1 ? "1" : "0", number(residue.rmsd()), number(residue.confidence())));
        return row;
    }

    private static String number(double value) {
        return Double.isFinite(value) ? Numbers.of(value, DECIMALS) : "";
    }
}
