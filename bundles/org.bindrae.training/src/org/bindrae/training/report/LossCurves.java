package org.bindrae.training.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.training.report.Svg.Anchor;
import org.bindrae.training.report.Svg.Point;

/**
 * How the loss of a training run fell.
 *
 * @param training step and loss of each step
 * @param validation step and loss of each validation
 * @param accuracy step and fraction of right χ1 of each validation
 */
public record LossCurves(List<Value> training, List<Value> validation, List<Value> accuracy) {
    private static final double WIDTH = 560;
    private static final double LEFT = 62;
    private static final double TOP = 58;
    private static final double BOTTOM = 304;
    /** Points of a curve at most; more are put together. */
    private static final int POINTS = 240;

    /** A number at a step. */
    public record Value(double step, double value) {
    }

    public LossCurves {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
        accuracy = List.copyOf(accuracy);
    }

    /**
     * Reads a run's {@code metrics.csv}.
     *
     * @throws IOException naming file and line
     */
    public static LossCurves read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header = lines.isEmpty() ? List.of() : Arrays.asList(lines.getFirst().split(",", -1));
        int step = column(file, header, "step");
        int part = column(file, header, "part");
        int loss = column(file, header, "loss");
        int chi1 = header.indexOf("chi1_accuracy");
        List<Value> training = new ArrayList<>();
        List<Value> validation = new ArrayList<>();
        List<Value> accuracy = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            String[] cells = lines.get(i).split(",", -1);
            if (cells.length != header.size()) {
                throw new IOException(file + ", line " + (i + 1) + ": " + cells.length + " columns instead of " + header.size());
            }
            try {
                add(cells[part].equals("validation") ? validation : training, cells[step], cells[loss]);
                add(accuracy, cells[step], chi1 < 0 ? "" : cells[chi1]);
            } catch (NumberFormatException e) {
                throw new IOException(file + ", line " + (i + 1) + ": no number where one should be", e);
            }
        }
        return new LossCurves(training, validation, accuracy);
    }

    private static int column(Path file, List<String> header, String name) throws IOException {
        int column = header.indexOf(name);
        if (column < 0) {
            throw new IOException(file + ", line 1: no column " + name + "; this is not the log of a training run");
        }
        return column;
    }

    private static void add(List<Value> values, String step, String value) {
        if (!value.isEmpty()) {
            double number = Double.parseDouble(value);
            if (Double.isFinite(number)) {
                values.add(new Value(Double.parseDouble(step), number));
            }
        }
    }

    boolean isEmpty() {
        return training.isEmpty() && validation.isEmpty();
    }

    Svg loss() {
        List<Value> smooth = thinned(training);
        List<Value> all = new ArrayList<>(smooth);
        all.addAll(validation);
        Svg svg = plot("Loss", "Training loss, means of neighbouring steps, and validation loss, against the step.");
        double high = quantile(all, 0.98);
        double low = all.stream().mapToDouble(Value::value).min().orElse(0);
        Axis y = Axis.around(Math.min(low, 0.95 * high), high, 5, BOTTOM, TOP);
        curves(svg, y, "loss", smooth, validation);
        Plot.key(svg, LEFT, 44, List.of("training", "validation"));
        return svg;
    }

    /** Null without any validation. */
    Svg chi1() {
        if (accuracy.isEmpty()) {
            return null;
        }
        Svg svg = plot("Validation during training", "Fraction of residues with χ1 right within 20°, against the step.");
        List<Value> percent = accuracy.stream().map(value -> new Value(value.step(), 100 * value.value())).toList();
        curves(svg, Axis.of(0, 100, 20, BOTTOM, TOP), "χ1 within 20° / %", percent, List.of());
        return svg;
    }

    private static Svg plot(String title, String description) {
        return new Svg(WIDTH, BOTTOM + 46, title, description).text(18, 22, Anchor.START, "title", title);
    }

    private void curves(Svg svg, Axis y, String title, List<Value> first, List<Value> second) {
        double last = Math.max(end(training), Math.max(end(validation), end(accuracy)));
        Axis x = Axis.around(0, Math.max(1, last), 6, LEFT, WIDTH - 18);
        new Plot(svg, x, y).vertical(title).horizontal("step", false).axes();
        svg.polyline(points(first, x, y), "curve thin " + Theme.stroke(0));
        svg.polyline(points(second, x, y), "curve " + Theme.stroke(1));
        List<Value> marked = second.isEmpty() ? first : second;
        if (marked.size() <= 40) {
            marked.forEach(value -> Plot.marker(svg, second.isEmpty() ? 0 : 1, x.at(value.step()), clipped(y, value.value()), 3.2,
                    title + " " + Numbers.of(value.value(), 3)));
        }
    }

    private static double end(List<Value> values) {
        return values.stream().mapToDouble(Value::step).max().orElse(0);
    }

    private static List<Point> points(List<Value> values, Axis x, Axis y) {
        return values.stream().map(value -> new Point(x.at(value.step()), clipped(y, value.value()))).toList();
    }

    private static double clipped(Axis y, double value) {
        return y.at(Math.clamp(value, y.low(), y.high()));
    }

    /** The first steps of a training may cost many times more than all others. */
    private static double quantile(List<Value> values, double fraction) {
        double[] sorted = values.stream().mapToDouble(Value::value).sorted().toArray();
        return sorted.length == 0 ? 1 : sorted[(int) (fraction * (sorted.length - 1))];
    }

    private static List<Value> thinned(List<Value> values) {
        int group = (values.size() + POINTS - 1) / POINTS;
        List<Value> thinned = new ArrayList<>();
        for (int from = 0; from < values.size(); from += group) {
            List<Value> some = values.subList(from, Math.min(values.size(), from + group));
            thinned.add(new Value(some.stream().mapToDouble(Value::step).average().orElseThrow(),
                    some.stream().mapToDouble(Value::value).average().orElseThrow()));
        }
        return thinned;
    }
}
