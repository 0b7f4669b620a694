package org.bindrae.training.report;

import java.util.List;

import org.bindrae.training.report.Svg.Anchor;
import org.bindrae.training.report.Svg.Point;

/** A figure with two axes: the frame that all charts share. */
final class Plot {
    private final Svg svg;
    private final Axis x;
    private final Axis y;

    Plot(Svg svg, Axis x, Axis y) {
        this.svg = svg;
        this.x = x;
        this.y = y;
    }

    Axis x() {
        return x;
    }

    Axis y() {
        return y;
    }

    /** Grid lines, numbers and title of the horizontal axis. */
    Plot horizontal(String title, boolean grid) {
        for (double tick : x.ticks()) {
            if (grid) {
                svg.line(x.at(tick), y.from(), x.at(tick), y.to(), "grid");
            }
            svg.text(x.at(tick), y.from() + 16, Anchor.MIDDLE, "tick", x.label(tick));
        }
        svg.text((x.from() + x.to()) / 2, y.from() + 34, Anchor.MIDDLE, "label", title);
        return this;
    }

    /** Grid lines, numbers and title of the vertical axis. */
    Plot vertical(String title) {
        for (double tick : y.ticks()) {
            svg.line(x.from(), y.at(tick), x.to(), y.at(tick), "grid");
            svg.text(x.from() - 7, y.at(tick) + 4, Anchor.END, "tick", y.label(tick));
        }
        svg.upwards(x.from() - 40, (y.from() + y.to()) / 2, "label", title);
        return this;
    }

    /** The lines of the axes; after the grid. */
    Plot axes() {
        svg.polyline(List.of(new Point(x.from(), y.to()), new Point(x.from(), y.from()), new Point(x.to(), y.from())), "axis");
        return this;
    }

    /** A key from left to right: each method's marker and name. */
    static void key(Svg svg, double left, double top, List<String> names) {
        double at = left;
        for (int m = 0; m < names.size(); m++) {
            marker(svg, m, at + 6, top - 4, 5, names.get(m));
            svg.text(at + 17, top, Anchor.START, "value", shortened(names.get(m)));
            at += 36 + 6.4 * shortened(names.get(m)).length();
        }
    }

    /** A name that fits into a key. */
    static String shortened(String name) {
        return name.length() <= 28 ? name : name.substring(0, 27) + "…";
    }

    /** A method's marker: circle, diamond, square, triangle. */
    static void marker(Svg svg, int method, double cx, double cy, double r, String tip) {
        String classes = Theme.fill(method) + " rim";
        switch (method % Theme.METHODS) {
            case 0 -> svg.circle(cx, cy, r, classes, tip);
            case 1 -> svg.polygon(List.of(new Point(cx, cy - 1.3 * r), new Point(cx + 1.3 * r, cy), new Point(cx, cy + 1.3 * r), new Point(cx - 1.3 * r, cy)),
                    classes);
            case 2 -> svg.rect(cx - 0.9 * r, cy - 0.9 * r, 1.8 * r, 1.8 * r, 0, classes, tip);
            default -> svg.polygon(List.of(new Point(cx, cy - 1.2 * r), new Point(cx + 1.2 * r, cy + r), new Point(cx - 1.2 * r, cy + r)), classes);
        }
    }
}
