package org.bindrae.training.report;

import java.util.List;

import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Metrics;
import org.bindrae.training.evaluation.StructureResult;
import org.bindrae.training.evaluation.Subset;

/** The table of a page with a row for each structure; a click on a title sorts it. */
final class StructureTable {
    private final EvaluationReport report;
    private final StringBuilder html = new StringBuilder();

    private StructureTable(EvaluationReport report) {
        this.report = report;
    }

    static String of(EvaluationReport report) {
        return new StructureTable(report).write();
    }

    private String write() {
        html.append("<div class=\"scroll card\"><table class=\"sortable\"><thead><tr>");
        head("structure", false);
        head("residues", true);
        head("compared", true);
        head("in pocket", true);
        for (String title : List.of("χ1 within 20° / %", "pocket χ1 within 20° / %", "RMSD / Å", "pocket RMSD / Å", "clashes / 1000 atoms")) {
            for (MethodReport method : report.methods()) {
                head(title + (report.methods().size() > 1 ? ", " + Plot.shortened(method.name()) : ""), true);
            }
        }
        html.append("</tr></thead>\n<tbody>\n");
        for (int s = 0; s < report.structures().size(); s++) {
            row(s);
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    private void head(String title, boolean numeric) {
        html.append("<th").append(numeric ? " class=\"n\"" : "").append("><button type=\"button\">").append(Markup.escape(title)).append("</button></th>");
    }

    private void row(int s) {
        EvaluationReport.StructureFacts facts = report.structures().get(s);
        List<StructureResult> results = report.methods().stream().map(method -> method.metrics().structures().get(s)).toList();
        List<Metrics> alone = results.stream().map(result -> new Metrics(List.of(result))).toList();
        html.append("<tr><td class=\"name\">").append(Markup.escape(facts.sample())).append("</td>");
        cell(facts.residues(), Numbers.count(facts.residues()));
        cell(facts.compared(), Numbers.count(facts.compared()));
        long pocket = alone.getFirst().residues(Subset.POCKET);
        cell(pocket, Numbers.count(pocket));
        scores(alone, Measure.CHI1_20, Subset.ALL);
        scores(alone, Measure.CHI1_20, Subset.POCKET);
        scores(alone, Measure.RMSD, Subset.ALL);
        scores(alone, Measure.RMSD, Subset.POCKET);
        for (StructureResult result : results) {
            double clashes = result.clashes().proteinPerThousand() + result.clashes().ligandPerThousand();
            cell(clashes, Numbers.of(clashes, 1));
        }
        html.append("</tr>\n");
    }

    private void scores(List<Metrics> alone, Measure measure, Subset subset) {
        for (Metrics metrics : alone) {
            double value = metrics.score(measure, subset).value();
            cell(value, Numbers.of(value, measure.unit()));
        }
    }

    private void cell(double value, String text) {
        html.append("<td class=\"n\" data-v=\"").append(Double.isNaN(value) ? "" : Numbers.of(value, 6)).append("\">").append(text).append("</td>");
    }
}
