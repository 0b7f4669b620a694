package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.Calibration;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Metrics;
import org.bindrae.training.evaluation.ResidueResult;
import org.bindrae.training.evaluation.Score;
import org.bindrae.training.evaluation.Subset;
import org.bindrae.training.report.Svg.Anchor;
import org.bindrae.training.report.Svg.Point;

/** The charts of an evaluation. */
final class Charts {
    private static final double WIDTH = 560;
    private static final double WIDE = 1140;
    private static final double HEIGHT = 350;
    /** Panels of a row of χ maps. */
    private static final int MAPS = 3;
    private static final double LEFT = 62;
    private static final double RIGHT = WIDTH - 18;
    private static final double TOP = 58;
    private static final double BOTTOM = HEIGHT - 46;

    private Charts() {
    }

    private static List<String> names(EvaluationReport report) {
        return report.methods().stream().map(MethodReport::name).toList();
    }

    private static Svg titled(String title, String description, double height) {
        return titled(WIDTH, title, description, height);
    }

    private static Svg titled(double width, String title, String description, double height) {
        return new Svg(width, height, title, description).text(LEFT - 44, 22, Anchor.START, "title", title);
    }

    /** A measure in every group of residues, a bar for each method, with confidence intervals. */
    static Svg groups(EvaluationReport report, Measure measure) {
        Svg svg = titled(capital(measure.label()) + " by group of residues", "Bars: means over residues; whiskers: 95 % confidence intervals.", HEIGHT);
        Plot.key(svg, LEFT, 44, names(report));
        Subset[] subsets = Subset.values();
        double highest = measure.unit() == Measure.Unit.FRACTION ? 100 : highest(report, measure);
        Axis y = measure.unit() == Measure.Unit.FRACTION ? Axis.of(0, 100, 20, BOTTOM, TOP) : Axis.around(0, highest, 5, BOTTOM, TOP);
        Axis x = Axis.of(0, subsets.length, 1, LEFT, RIGHT);
        Plot plot = new Plot(svg, x, y).vertical(measure.unit() == Measure.Unit.FRACTION ? "residues / %" : title(measure)).axes();
        double group = 0.76 * (x.at(1) - x.at(0));
        double bar = group / report.methods().size();
        for (int s = 0; s < subsets.length; s++) {
            double middle = x.at(s + 0.5);
            svg.text(middle, BOTTOM + 16, Anchor.MIDDLE, "value", subsets[s].label());
            svg.text(middle, BOTTOM + 32, Anchor.MIDDLE, "tick", "n = " + Numbers.count(report.methods().getFirst().metrics().score(measure, subsets[s])
                    .count()));
            for (int m = 0; m < report.methods().size(); m++) {
                bar(svg, plot, report, measure, subsets[s], m, middle - group / 2 + m * bar, bar);
            }
        }
        return svg;
    }

    private static void bar(Svg svg, Plot plot, EvaluationReport report, Measure measure, Subset subset, int m, double left, double width) {
        MethodReport method = report.methods().get(m);
        double value = Numbers.shown(method.metrics().score(measure, subset).value(), measure.unit());
        if (Double.isNaN(value)) {
            return;
        }
        double top = plot.y().at(value);
        Interval interval = report.interval(method, measure, subset);
        String text = Numbers.of(method.metrics().score(measure, subset).value(), measure.unit());
        svg.rect(left + 1, top, width - 2, plot.y().from() - top, 1.5, Theme.fill(m), method.name() + ", " + subset.label() + ": " + text + " "
                + Numbers.symbol(measure.unit())
                + (interval.isKnown() ? " (" + Numbers.of(interval, measure.unit()) + ")" : ""));
        double middle = left + width / 2;
        double labelled = top;
        if (interval.isKnown()) {
            double low = plot.y().at(Numbers.shown(interval.low(), measure.unit()));
            double high = plot.y().at(Numbers.shown(interval.high(), measure.unit()));
            svg.line(middle, low, middle, high, "whisker").line(middle - 3, high, middle + 3, high, "whisker")
                    .line(middle - 3, low, middle + 3, low, "whisker");
            labelled = high;
        }
        if (width >= 22) {
            svg.text(middle, labelled - 5, Anchor.MIDDLE, "tick", text);
        }
    }

    private static double highest(EvaluationReport report, Measure measure) {
        double highest = 0;
        for (MethodReport method : report.methods()) {
            for (Subset subset : Subset.values()) {
                double value = method.metrics().score(measure, subset).value();
                Interval interval = report.interval(method, measure, subset);
                highest = Math.max(highest, Double.isNaN(value) ? 0 : 1.08 * Math.max(value, interval.isKnown() ? interval.high() : value));
            }
        }
        return highest > 0 ? highest : 1;
    }

    /** Fraction of residues whose χ1 is off by no more than an angle, against the angle. */
    static Svg errors(EvaluationReport report) {
        Svg svg = titled("Distribution of χ1 errors", "Fraction of residues with a smaller error, all residues solid, pocket residues dashed.", HEIGHT);
        Plot.key(svg, LEFT, 44, names(report));
        Axis x = Axis.of(0, 180, 20, LEFT, RIGHT);
        Axis y = Axis.of(0, 100, 20, BOTTOM, TOP);
        new Plot(svg, x, y).vertical("residues with a smaller error / %").horizontal("error of χ1 / °", false).axes();
        for (int limit : new int[] {20, 40}) {
            svg.line(x.at(limit), y.from(), x.at(limit), y.to(), "mark");
        }
        for (int m = 0; m < report.methods().size(); m++) {
            Metrics metrics = report.methods().get(m).metrics();
            cumulative(svg, x, y, metrics, Subset.ALL, "curve " + Theme.stroke(m));
            cumulative(svg, x, y, metrics, Subset.POCKET, "curve thin dashed " + Theme.stroke(m));
        }
        svg.text(RIGHT - 4, BOTTOM - 24, Anchor.END, "tick", "solid: all residues").text(RIGHT - 4, BOTTOM - 9, Anchor.END, "tick", "dashed: pocket");
        return svg;
    }

    private static void cumulative(Svg svg, Axis x, Axis y, Metrics metrics, Subset subset, String classes) {
        double[] errors = metrics.structures().stream().flatMap(structure -> structure.residues().stream()).filter(residue -> subset.contains(residue.truth()))
                .mapToDouble(residue -> residue.errors()[0]).filter(error -> !Double.isNaN(error)).sorted().toArray();
        if (errors.length == 0) {
            return;
        }
        List<Point> points = new ArrayList<>();
        int within = 0;
        for (int degrees = 0; degrees <= 180; degrees += 2) {
            while (within < errors.length && errors[within] <= degrees) {
                within++;
            }
            points.add(new Point(x.at(degrees), y.at(100.0 * within / errors.length)));
        }
        svg.polyline(points, classes);
    }

    /** A measure of every residue type, a marker for each method. */
    static Svg types(EvaluationReport report, Measure measure) {
        List<Integer> types = Metrics.flexibleTypes();
        double row = 19;
        double bottom = TOP + row * types.size() + 6;
        double left = LEFT;
        double right = RIGHT - 44;
        Svg svg = titled(capital(measure.label()) + " by residue type", "One row for each type, one marker for each method; right: number of residues.",
                bottom + 46);
        Plot.key(svg, left, 44, names(report));
        Axis x = measure.unit() == Measure.Unit.FRACTION ? Axis.of(0, 100, 20, left, right) : Axis.around(0, highestOfTypes(report, measure), 5, left, right);
        Axis y = Axis.of(0, 1, 1, bottom, TOP);
        new Plot(svg, x, y).horizontal(measure.unit() == Measure.Unit.FRACTION ? "residues / %" : title(measure), true).axes();
        svg.text(RIGHT, TOP - 4, Anchor.END, "tick", "n");
        for (int i = 0; i < types.size(); i++) {
            double at = TOP + row * (i + 0.5) + 3;
            int type = types.get(i);
            svg.text(left - 8, at + 4, Anchor.END, "value", ResidueConstants.code(type));
            svg.text(RIGHT, at + 4, Anchor.END, "tick", Numbers.count(report.methods().getFirst().metrics().score(measure, Subset.ALL, type).count()));
            double[] values = report.methods().stream().mapToDouble(method -> Numbers.shown(method.metrics().score(measure, Subset.ALL, type).value(),
                    measure.unit())).toArray();
            double[] known = Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
            if (known.length > 1) {
                svg.line(x.at(Arrays.stream(known).min().orElseThrow()), at, x.at(Arrays.stream(known).max().orElseThrow()), at, "link");
            }
            for (int m = values.length - 1; m >= 0; m--) {
                if (!Double.isNaN(values[m])) {
                    Plot.marker(svg, m, x.at(values[m]), at, 5, report.methods().get(m).name() + ", " + ResidueConstants.code(type) + ": "
                            + Numbers.of(values[m], 1));
                }
            }
        }
        return svg;
    }

    private static double highestOfTypes(EvaluationReport report, Measure measure) {
        double highest = 0;
        for (MethodReport method : report.methods()) {
            for (int type : Metrics.flexibleTypes()) {
                Score score = method.metrics().score(measure, Subset.ALL, type);
                highest = Double.isNaN(score.value()) ? highest : Math.max(highest, score.value());
            }
        }
        return highest > 0 ? highest : 1;
    }

    /** How often χ1 lies in the right well, against the stated confidence; null where no method states any. */
    static Svg calibration(EvaluationReport report) {
        List<Calibration> calibrations = report.methods().stream().map(method -> method.metrics().calibration()).toList();
        if (calibrations.stream().allMatch(calibration -> calibration.count() == 0)) {
            return null;
        }
        Svg svg = titled("Calibration of the confidence", "Observed frequency of the right χ1 rotamer against the stated confidence; on the diagonal "
                + "the two agree.", HEIGHT);
        Plot.key(svg, LEFT, 44, names(report));
        double side = BOTTOM - TOP;
        Axis x = Axis.of(0, 100, 20, LEFT, LEFT + side);
        Axis y = Axis.of(0, 100, 20, BOTTOM, TOP);
        new Plot(svg, x, y).vertical("right χ1 rotamer / %").horizontal("stated confidence / %", true).axes();
        svg.line(x.at(0), y.at(0), x.at(100), y.at(100), "mark");
        double text = TOP + 6;
        for (int m = 0; m < calibrations.size(); m++) {
            Calibration calibration = calibrations.get(m);
            List<Calibration.Bin> bins = calibration.bins().stream().filter(bin -> bin.count() > 0).toList();
            svg.polyline(bins.stream().map(bin -> new Point(x.at(100 * bin.confidence()), y.at(100 * bin.right()))).toList(), "curve thin " + Theme.stroke(m));
            for (Calibration.Bin bin : bins) {
                double radius = 3 + 6 * Math.sqrt((double) bin.count() / calibration.count());
                Plot.marker(svg, m, x.at(100 * bin.confidence()), y.at(100 * bin.right()), radius,
                        String.format(Locale.ROOT, "%s: confidence %.0f–%.0f %%, n = %d, right %.1f %%",
                                report.methods().get(m).name(), 100 * bin.from(), 100 * bin.to(), bin.count(), 100 * bin.right()));
            }
            svg.text(LEFT + side + 22, text, Anchor.START, "value strong", Plot.shortened(report.methods().get(m).name()));
            svg.text(LEFT + side + 22, text + 16, Anchor.START, "tick",
                    calibration.count() == 0 ? "states no confidence" : "expected error " + Numbers.of(100 * calibration.error(), 1) + " % points");
            svg.text(LEFT + side + 22, text + 31, Anchor.START, "tick", calibration.count() == 0 ? "" : "n = " + Numbers.count(calibration.count()));
            text += 54;
        }
        return svg;
    }

    /** Density of χ1 and χ2 of the true structures and of each method, residues with both. */
    static Svg map(EvaluationReport report) {
        int panels = Math.min(MAPS, 1 + report.methods().size());
        double gap = 34;
        double side = (WIDE - LEFT - 18 - gap * (MAPS - 1)) / MAPS;
        double bottom = TOP + side;
        Svg svg = titled(WIDE, "χ1 and χ2", "Density of side chains with both angles; the wells of χ1 are parted by dashed lines.", bottom + 46);
        for (int p = 0; p < panels; p++) {
            int method = p - 1;
            double left = LEFT + p * (side + gap);
            Axis x = Axis.of(0, 360, 60, left, left + side);
            Axis y = Axis.of(0, 360, 60, bottom, TOP);
            cells(svg, x, y, report.methods().get(Math.max(0, method)).metrics(), method < 0);
            for (int well : new int[] {120, 240}) {
                svg.line(x.at(well), bottom, x.at(well), TOP, "mark");
            }
            svg.rect(left, TOP, side, side, 0, "plate");
            for (double tick : x.ticks()) {
                svg.text(x.at(tick), bottom + 16, Anchor.MIDDLE, "tick", x.label(tick));
                if (p == 0) {
                    svg.text(left - 7, y.at(tick) + 4, Anchor.END, "tick", y.label(tick));
                }
            }
            svg.text(left + side / 2, bottom + 34, Anchor.MIDDLE, "label", "χ1 / °");
            svg.text(left, TOP - 8, Anchor.START, "value strong", method < 0 ? "true structures" : Plot.shortened(report.methods().get(method).name()));
        }
        svg.upwards(LEFT - 40, TOP + side / 2, "label", "χ2 / °");
        return svg;
    }

    private static void cells(Svg svg, Axis x, Axis y, Metrics metrics, boolean truth) {
        int bins = 36;
        double degrees = 360.0 / bins;
        int[][] counts = new int[bins][bins];
        int largest = 0;
        for (ResidueResult residue : metrics.structures().stream().flatMap(structure -> structure.residues().stream()).toList()) {
            double[] chi = truth ? residue.truth().chi() : residue.chi();
            if (!Double.isNaN(residue.errors()[1]) && !Double.isNaN(chi[0]) && !Double.isNaN(chi[1])) {
                int a = Math.min(bins - 1, (int) (((chi[0] + 360) % 360) / degrees));
                int b = Math.min(bins - 1, (int) (((chi[1] + 360) % 360) / degrees));
                largest = Math.max(largest, ++counts[a][b]);
            }
        }
        for (int a = 0; a < bins; a++) {
            for (int b = 0; b < bins; b++) {
                if (counts[a][b] > 0) {
                    double right = x.at((a + 1) * degrees);
                    double top = y.at((b + 1) * degrees);
                    // a root shows rare conformations beside frequent ones
                    svg.cell(x.at(a * degrees), top, right - x.at(a * degrees), y.at(b * degrees) - top, Math.sqrt((double) counts[a][b] / largest), "f0");
                }
            }
        }
    }

    private static String title(Measure measure) {
        return measure.label() + " / " + Numbers.symbol(measure.unit());
    }

    private static String capital(String text) {
        return text.startsWith("χ") ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
