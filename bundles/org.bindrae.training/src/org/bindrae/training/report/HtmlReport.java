package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.bindrae.data.ResidueId;
import org.bindrae.training.evaluation.Clashes;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.PocketScene;
import org.bindrae.training.evaluation.Score;
import org.bindrae.training.evaluation.Subset;

/** An evaluation as one HTML page that needs nothing else: figures are inline SVG, and its policy keeps everything from outside away. */
final class HtmlReport {
    /** Residues of a pocket that is worth drawing. */
    private static final int POCKET_RESIDUES = 5;
    /** Structures whose missing residues are listed one by one. */
    private static final int LISTED = 50;

    private final EvaluationReport report;
    private final ReportOptions options;
    private final StringBuilder html = new StringBuilder();

    private HtmlReport(EvaluationReport report, ReportOptions options) {
        this.report = report;
        this.options = options;
    }

    static String of(EvaluationReport report, ReportOptions options) {
        return new HtmlReport(report, options).write();
    }

    /**
     * The pocket that a report draws.
     *
     * @throws IllegalArgumentException when a structure is wanted that has none
     */
    static Optional<PocketScene> scene(EvaluationReport report, String wanted) {
        if (wanted != null) {
            return Optional.of(report.scenes().stream().filter(scene -> scene.sample().equals(wanted)).findFirst().orElseThrow(
                    () -> new IllegalArgumentException("the pocket of " + wanted
                            + " cannot be drawn: no such structure, or no predicted residues near a ligand")));
        }
        List<PocketScene> sorted = report.scenes().stream().filter(scene -> scene.compared() >= POCKET_RESIDUES)
                .sorted(Comparator.comparingDouble((PocketScene scene) -> (double) scene.right() / scene.compared()).thenComparing(PocketScene::sample))
                .toList();
        return sorted.isEmpty() ? report.scenes().stream().findFirst() : Optional.of(sorted.get(sorted.size() / 2));
    }

    private String write() {
        html.append(PageStyle.head(options.title())).append("<body>\n<div class=\"page\">\n");
        heading();
        tiles();
        figures();
        pocket();
        html.append("<h2>Tables</h2>\n");
        List<ReportTable> tables = ReportTables.of(report);
        for (int i = 0; i < tables.size(); i++) {
            table(tables.get(i), i < 2);
        }
        html.append("<h2>Structures</h2>\n").append(StructureTable.of(report)).append("<p class=\"note\">Click a title to sort.</p>\n");
        remarks();
        provenance();
        return html.append("</div>\n<script>").append(PageStyle.script()).append("</script>\n</body>\n</html>\n").toString();
    }

    private HtmlReport text(String text) {
        html.append(Markup.escape(text));
        return this;
    }

    private void heading() {
        long compared = report.structures().stream().mapToLong(EvaluationReport.StructureFacts::compared).sum();
        html.append("<header><h1>");
        text(options.title());
        html.append("</h1>\n<p class=\"muted\">");
        text(String.join(" · ", report.methods().stream().map(MethodReport::name).toList()) + " on " + Numbers.count(compared) + " residues of "
                + report.structures().size() + " structures");
        html.append("</p></header>\n");
    }

    private void tiles() {
        html.append("<div class=\"tiles\">\n");
        tile("χ1 within 20°, all residues", Measure.CHI1_20, Subset.ALL);
        tile("χ1 within 20°, pocket", Measure.CHI1_20, Subset.POCKET);
        tile("χ1 and χ2 within 20°, pocket", Measure.CHI12_20, Subset.POCKET);
        tile("side-chain RMSD, pocket", Measure.RMSD, Subset.POCKET);
        MethodReport first = report.methods().getFirst();
        Clashes clashes = first.metrics().clashes();
        List<String> more = new ArrayList<>(List.of("true structures " + Numbers.of(report.trueClashes().proteinPerThousand(), 1)));
        report.methods().stream().skip(1).forEach(other -> more.add(Plot.shortened(other.name()) + " "
                + Numbers.of(other.metrics().clashes().proteinPerThousand(), 1)));
        number("protein clashes / 1000 atoms", Numbers.of(clashes.proteinPerThousand(), 1), "", more);
        html.append("</div>\n");
    }

    private void tile(String what, Measure measure, Subset subset) {
        MethodReport first = report.methods().getFirst();
        Score score = first.metrics().score(measure, subset);
        Interval interval = report.interval(first, measure, subset);
        List<String> more = new ArrayList<>();
        if (interval.isKnown()) {
            more.add("95 % CI " + Numbers.of(interval, measure.unit()));
        }
        more.add("n = " + Numbers.count(score.count()));
        for (MethodReport other : report.methods().subList(1, report.methods().size())) {
            more.add(Plot.shortened(other.name()) + " " + Numbers.of(other.metrics().score(measure, subset).value(), measure.unit()));
        }
        number(what, Numbers.of(score.value(), measure.unit()), Numbers.symbol(measure.unit()), more);
    }

    private void number(String what, String number, String unit, List<String> more) {
        html.append("<div class=\"card tile\"><div class=\"what\">");
        text(what);
        html.append("</div><div class=\"number\">");
        text(number);
        html.append("<span class=\"unit\">");
        text(unit);
        html.append("</span></div>");
        for (String line : more) {
            html.append("<div class=\"more\">");
            text(line);
            html.append("</div>");
        }
        html.append("</div>\n");
    }

    private void figures() {
        html.append("<h2>Figures</h2>\n<div class=\"figures\">\n");
        figure(Charts.groups(report, Measure.CHI1_20));
        figure(Charts.errors(report));
        figure(Charts.types(report, Measure.CHI1_20));
        figure(Charts.types(report, Measure.RMSD));
        figure(Charts.groups(report, Measure.RMSD));
        figure(Charts.calibration(report));
        if (options.curves() != null && !options.curves().isEmpty()) {
            figure(options.curves().loss());
            figure(options.curves().chi1());
        }
        html.append("<div class=\"card wide\">").append(Charts.map(report).inPage()).append("</div>\n");
        html.append("</div>\n");
    }

    private void figure(Svg svg) {
        if (svg != null) {
            html.append("<div class=\"card\">").append(svg.inPage()).append("</div>\n");
        }
    }

    private void pocket() {
        scene(report, options.pocket()).ifPresent(scene -> {
            html.append("<h2>A pocket</h2>\n<div class=\"card\">").append(PocketPicture.of(scene, report.methods().getFirst().name()).inPage())
                    .append("</div>\n<p class=\"note\">");
            text((options.pocket() == null ? "Of all pockets with at least " + POCKET_RESIDUES
                    + " residues to compare, the one in the middle by its share of right χ1. " : "")
                    + "Parallel projection onto the plane in which the ligand spreads most; fainter is farther away.");
            html.append("</p>\n");
        });
    }

    private void table(ReportTable table, boolean open) {
        html.append("<details").append(open ? " open" : "").append("><summary>");
        text(table.title());
        html.append("</summary>\n<div class=\"scroll card\"><table><thead><tr>");
        for (int c = 0; c < table.header().size(); c++) {
            html.append(table.isNumeric(c) ? "<th class=\"n\">" : "<th>");
            text(table.header().get(c));
            html.append("</th>");
        }
        html.append("</tr></thead>\n<tbody>\n");
        String group = null;
        for (List<String> row : table.rows()) {
            html.append(group != null && !group.equals(row.getFirst()) ? "<tr class=\"group\">" : "<tr>");
            group = row.getFirst();
            for (int c = 0; c < row.size(); c++) {
                html.append(table.isNumeric(c) ? "<td class=\"n\">" : "<td class=\"name\">");
                text(row.get(c));
                html.append("</td>");
            }
            html.append("</tr>\n");
        }
        html.append("</tbody></table></div>\n");
        if (!table.note().isEmpty()) {
            html.append("<p class=\"note\">");
            text(table.note());
            html.append("</p>\n");
        }
        html.append("</details>\n");
    }

    private void remarks() {
        boolean any = !report.failures().isEmpty() || report.methods().stream().anyMatch(method -> !method.missing().isEmpty() || !method.notes().isEmpty());
        if (!any) {
            return;
        }
        html.append("<h2>Left out and remarked</h2>\n");
        if (!report.failures().isEmpty()) {
            list("Structures that could not be read", report.failures().entrySet().stream().map(entry -> entry.getKey() + ": " + entry.getValue()).toList());
        }
        for (MethodReport method : report.methods()) {
            if (!method.notes().isEmpty()) {
                list(method.name(), method.notes());
            }
            if (!method.missing().isEmpty()) {
                List<String> lines = new ArrayList<>();
                method.missing().entrySet().stream().limit(LISTED).forEach(entry -> lines.add(missing(entry)));
                if (method.missing().size() > LISTED) {
                    lines.add("… and residues of " + (method.missing().size() - LISTED) + " more structures, see the JSON file");
                }
                list("Not predicted by " + method.name() + ": " + Numbers.count(method.missingResidues()) + " residues", lines);
            }
        }
    }

    private String missing(Map.Entry<String, List<ResidueId>> entry) {
        int comparable = report.structures().stream().filter(facts -> facts.sample().equals(entry.getKey())).findFirst().orElseThrow().comparable();
        List<String> ids = entry.getValue().stream().map(ResidueId::toString).toList();
        String which = ids.size() == comparable ? "all of " + comparable : String.join(", ", ids.subList(0, Math.min(ids.size(), 30)))
                + (ids.size() > 30 ? " and " + (ids.size() - 30) + " more" : "");
        return entry.getKey() + ": " + which;
    }

    private void list(String title, List<String> lines) {
        html.append("<details><summary>");
        text(title);
        html.append("</summary>\n<ul>\n");
        for (String line : lines) {
            html.append("<li>");
            text(line);
            html.append("</li>\n");
        }
        html.append("</ul></details>\n");
    }

    private void provenance() {
        html.append("<h2>How this was made</h2>\n<div class=\"card\"><dl>\n");
        report.provenance().forEach((key, value) -> {
            html.append("<dt>");
            text(key);
            html.append("</dt><dd>");
            text(value);
            html.append("</dd>\n");
        });
        html.append("<dt>samples</dt><dd>");
        text(report.structures().size() + ", SHA-256 of their ids and hashes " + report.dataHash());
        html.append("</dd>\n<dt>angles</dt><dd>");
        text("measured on the predicted atoms; the ends of ASP, GLU, PHE and TYR look the same after half a turn, and the smaller error counts");
        html.append("</dd>\n<dt>RMSD</dt><dd>");
        text("heavy atoms of the side chain, CB included, in the coordinates of the structure without superposition, of the better naming of symmetric atoms; "
                + "mean over residues whose side chain is complete; glycine and alanine do not count");
        html.append("</dd>\n<dt>confidence intervals</dt><dd>");
        text("95 %, percentiles of " + report.bootstrap().draws() + " draws of whole structures with replacement, seed " + report.bootstrap().seed());
        html.append("</dd>\n<dt>confidence</dt><dd>");
        text("what a method states as the probability that χ1 lies in the right well; whether it can be believed is what the calibration shows");
        html.append("</dd>\n</dl></div>\n");
    }
}
