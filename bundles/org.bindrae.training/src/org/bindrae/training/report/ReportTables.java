package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.BackboneDeviation;
import org.bindrae.training.evaluation.Clashes;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Metrics;
import org.bindrae.training.evaluation.Score;
import org.bindrae.training.evaluation.Subset;

/** The tables of an evaluation, for the terminal and for the page. */
public final class ReportTables {
    private static final List<Measure> HEADLINE = List.of(Measure.CHI1_20, Measure.CHI1_40, Measure.CHI12_20, Measure.ALL_CHI_20, Measure.ROTAMER,
            Measure.CHI1_ERROR, Measure.RMSD);

    private ReportTables() {
    }

    /** All tables, the most important first. */
    public static List<ReportTable> of(EvaluationReport report) {
        List<ReportTable> tables = new ArrayList<>();
        tables.add(groups(report));
        if (report.methods().size() > 1) {
            tables.add(differences(report));
        }
        tables.add(angles(report));
        tables.add(types(report));
        tables.add(clashes(report));
        if (report.methods().stream().anyMatch(method -> method.metrics().backbone().moved())) {
            tables.add(backbone(report));
        }
        tables.add(coverage(report));
        return tables;
    }

    /** All tables as plain text. */
    public static String text(EvaluationReport report) {
        StringBuilder text = new StringBuilder();
        for (ReportTable table : of(report)) {
            text.append(text.isEmpty() ? "" : "\n").append(table.text());
            text.append(table.note().isEmpty() ? "" : table.note() + "\n");
        }
        return text.toString();
    }

    /** Title and unit of a measure's column. */
    static String title(Measure measure) {
        return measure.label() + " / " + Numbers.symbol(measure.unit());
    }

    private static ReportTable groups(EvaluationReport report) {
        List<String> header = new ArrayList<>(List.of("residues", "n", "method"));
        HEADLINE.forEach(measure -> header.add(title(measure)));
        List<List<String>> rows = new ArrayList<>();
        for (Subset subset : Subset.values()) {
            for (MethodReport method : report.methods()) {
                List<String> row = new ArrayList<>(List.of(subset.label(), Numbers.count(method.metrics().residues(subset)), method.name()));
                for (Measure measure : HEADLINE) {
                    Score score = method.metrics().score(measure, subset);
                    String interval = measure == Measure.CHI1_20 || measure == Measure.RMSD
                            ? Numbers.of(report.interval(method, measure, subset), measure.unit()) : "";
                    row.add(Numbers.of(score.value(), measure.unit()) + (interval.isEmpty() ? "" : " (" + interval + ")"));
                }
                rows.add(row);
            }
        }
        return new ReportTable("Side chains", "Means over residues; in brackets 95 % confidence intervals by resampling whole structures. Core: at least "
                + Subset.CORE_NEIGHBOURS
                + " Cβ atoms within 10 Å; surface: at most " + Subset.SURFACE_NEIGHBOURS + "; pocket: pocket weight above 0.5.", header, rows);
    }

    private static ReportTable differences(EvaluationReport report) {
        List<Measure> measures = List.of(Measure.CHI1_20, Measure.CHI12_20, Measure.RMSD);
        List<String> header = new ArrayList<>(List.of("residues", "compared with"));
        measures.forEach(measure -> header.add(measure.label() + " / " + (measure.unit() == Measure.Unit.FRACTION ? "% points"
                : Numbers.symbol(measure.unit()))));
        List<List<String>> rows = new ArrayList<>();
        MethodReport first = report.methods().getFirst();
        for (Subset subset : Subset.values()) {
            for (MethodReport other : report.methods().subList(1, report.methods().size())) {
                List<String> row = new ArrayList<>(List.of(subset.label(), other.name()));
                for (Measure measure : measures) {
                    double difference = first.metrics().score(measure, subset).value() - other.metrics().score(measure, subset).value();
                    Interval interval = report.advantage(other, measure, subset);
                    row.add(Numbers.signed(difference, measure.unit()) + (interval.isKnown()
                            ? " (" + Numbers.signed(interval.low(), measure.unit()) + " to " + Numbers.signed(interval.high(), measure.unit()) + ")" : ""));
                }
                rows.add(row);
            }
        }
        return new ReportTable("Difference: " + first.name() + " minus another method",
                "In brackets 95 % confidence intervals, both methods on the same resampled structures; one that does not reach over 0 tells the methods "
                        + "apart.",
                header, rows);
    }

    private static ReportTable angles(EvaluationReport report) {
        List<Measure> within20 = List.of(Measure.CHI1_20, Measure.CHI2_20, Measure.CHI3_20, Measure.CHI4_20);
        List<Measure> within40 = List.of(Measure.CHI1_40, Measure.CHI2_40, Measure.CHI3_40, Measure.CHI4_40);
        List<Measure> errors = List.of(Measure.CHI1_ERROR, Measure.CHI2_ERROR, Measure.CHI3_ERROR, Measure.CHI4_ERROR);
        List<List<String>> rows = new ArrayList<>();
        for (Subset subset : List.of(Subset.ALL, Subset.POCKET)) {
            for (int chi = 0; chi < ResidueConstants.CHIS; chi++) {
                for (MethodReport method : report.methods()) {
                    Metrics metrics = method.metrics();
                    rows.add(List.of(subset.label(), "χ" + (chi + 1), Numbers.count(metrics.score(errors.get(chi), subset).count()), method.name(),
                            value(metrics, within20.get(chi), subset), value(metrics, within40.get(chi), subset), value(metrics, errors.get(chi), subset)));
                }
            }
        }
        return new ReportTable("χ angles", "The ends of ASP, GLU, PHE and TYR look the same after half a turn; the smaller error counts.",
                List.of("residues", "angle", "n", "method", "within 20° / %", "within 40° / %", "mean error / °"), rows);
    }

    private static String value(Metrics metrics, Measure measure, Subset subset) {
        return Numbers.of(metrics.score(measure, subset).value(), measure.unit());
    }

    private static ReportTable types(EvaluationReport report) {
        List<Measure> measures = List.of(Measure.CHI1_20, Measure.CHI12_20, Measure.ROTAMER, Measure.CHI1_ERROR, Measure.CHI2_ERROR, Measure.CHI3_ERROR,
                Measure.CHI4_ERROR, Measure.RMSD);
        List<String> header = new ArrayList<>(List.of("type", "n", "method"));
        measures.forEach(measure -> header.add(title(measure)));
        List<List<String>> rows = new ArrayList<>();
        for (int type : Metrics.flexibleTypes()) {
            for (MethodReport method : report.methods()) {
                List<String> row = new ArrayList<>(List.of(ResidueConstants.code(type), Numbers.count(method.metrics().residuesOfType(type)), method.name()));
                measures.forEach(measure -> row.add(Numbers.of(method.metrics().score(measure, Subset.ALL, type).value(), measure.unit())));
                rows.add(row);
            }
        }
        return new ReportTable("Residue types", "", header, rows);
    }

    private static ReportTable clashes(EvaluationReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(clashes("true structures", report.trueClashes()));
        report.methods().forEach(method -> rows.add(clashes(method.name(), method.metrics().clashes())));
        return new ReportTable("Clashes", "Pairs of heavy atoms, more than three bonds apart, whose van der Waals spheres overlap by more than "
                + Clashes.OVERLAP + " Å, per 1000 protein atoms; all atoms of the structures, the given backbone included; residues that a method did not "
                + "predict as they are.",
                List.of("method", "protein–protein / 1000 atoms", "protein–ligand / 1000 atoms", "pairs within protein", "pairs with ligand", "protein atoms"),
                rows);
    }

    private static List<String> clashes(String name, Clashes clashes) {
        return List.of(name, Numbers.of(clashes.proteinPerThousand(), 2), Numbers.of(clashes.ligandPerThousand(), 2), Numbers.count(clashes.protein()),
                Numbers.count(clashes.ligand()), Numbers.count(clashes.atoms()));
    }

    private static ReportTable backbone(EvaluationReport report) {
        List<List<String>> rows = new ArrayList<>();
        for (MethodReport method : report.methods()) {
            BackboneDeviation backbone = method.metrics().backbone();
            rows.add(List.of(method.name(), Numbers.of(backbone.fape(), 3), Numbers.count(backbone.frames()), Numbers.of(backbone.interfaceRmsd(), 3),
                    Numbers.count(backbone.interfaceAtoms()), Numbers.of(backbone.largestShift(), 2)));
        }
        return new ReportTable("Backbone", "FAPE: mean distance of N, CA and C seen from every backbone frame, clamped at 10 Å. Pocket iRMSD: backbone atoms "
                + "of residues within 5 Å of the ligand, superposed by themselves.",
                List.of("method", "FAPE / Å", "frames", "pocket iRMSD / Å", "pocket atoms", "largest shift of a CA / Å"), rows);
    }

    private static ReportTable coverage(EvaluationReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("structures", Numbers.count(report.structures().size())));
        rows.add(List.of("structures that could not be read", Numbers.count(report.failures().size())));
        rows.add(List.of("residues", Numbers.count(report.structures().stream().mapToLong(EvaluationReport.StructureFacts::residues).sum())));
        rows.add(List.of("of types with χ angles", Numbers.count(report.structures().stream().mapToLong(EvaluationReport.StructureFacts::flexible).sum())));
        rows.add(List.of("with known χ1 and backbone", Numbers.count(report.structures().stream().mapToLong(EvaluationReport.StructureFacts::comparable)
                .sum())));
        for (MethodReport method : report.methods()) {
            rows.add(List.of("of these not predicted by " + method.name(), Numbers.count(method.missingResidues())));
        }
        rows.add(List.of("compared", Numbers.count(report.structures().stream().mapToLong(EvaluationReport.StructureFacts::compared).sum())));
        return new ReportTable("What was compared", "Every number is over residues that all methods predicted and whose needed true atoms are known.",
                List.of("", "count"), rows);
    }
}
