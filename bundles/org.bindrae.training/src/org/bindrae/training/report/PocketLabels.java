package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.bindrae.training.report.Svg.Anchor;
import org.bindrae.training.report.Svg.Point;

/** Writes names beside the ends of side chains where they cover least. */
final class PocketLabels {
    private static final double CHARACTER = 6.6;
    private static final double HEIGHT = 13;
    private static final double[] REACHES = {14, 22, 32, 46};
    private static final int DIRECTIONS = 12;

    private final Svg svg;
    private final double left;
    private final double right;
    private final double top;
    private final double bottom;
    private final List<Box> taken = new ArrayList<>();

    /**
     * A name to be written.
     *
     * @param end of the side chain
     * @param root of the side chain; the name rather goes to the other side
     */
    record Label(String text, Point end, Point root, boolean strong) {
    }

    private record Box(double x0, double y0, double x1, double y1) {
        double overlap(Box other) {
            double width = Math.min(x1, other.x1) - Math.max(x0, other.x0);
            double height = Math.min(y1, other.y1) - Math.max(y0, other.y0);
            return width > 0 && height > 0 ? width * height : 0;
        }

        boolean holds(Point p, double margin) {
            return p.x() > x0 - margin && p.x() < x1 + margin && p.y() > y0 - margin && p.y() < y1 + margin;
        }
    }

    /** Names stay within these bounds. */
    PocketLabels(Svg svg, double left, double right, double top, double bottom) {
        this.svg = svg;
        this.left = left;
        this.right = right;
        this.top = top;
        this.bottom = bottom;
    }

    /** @param drawn points that names should not cover */
    void write(List<Label> labels, List<Point> drawn) {
        // from the outside inwards: those have the most room
        List<Label> sorted = new ArrayList<>(labels);
        Point middle = new Point((left + right) / 2, (top + bottom) / 2);
        sorted.sort(Comparator.comparingDouble((Label label) -> -distance(label.end(), middle)));
        for (Label label : sorted) {
            Box box = best(label, drawn);
            taken.add(box);
            Point near = new Point(Math.clamp(label.end().x(), box.x0(), box.x1()), Math.clamp(label.end().y(), box.y0(), box.y1()));
            if (distance(near, label.end()) > 9) {
                svg.line(near.x(), near.y(), label.end().x(), label.end().y(), "leader");
            }
            svg.text((box.x0() + box.x1()) / 2, box.y1() - 3, Anchor.MIDDLE, label.strong() ? "name strong fill-wrong" : "name", label.text());
        }
    }

    private Box best(Label label, List<Point> drawn) {
        double width = CHARACTER * label.text().codePointCount(0, label.text().length());
        double outwards = StrictMath.atan2(label.end().y() - label.root().y(), label.end().x() - label.root().x());
        Box best = null;
        double least = Double.POSITIVE_INFINITY;
        for (double reach : REACHES) {
            for (int d = 0; d < DIRECTIONS; d++) {
                // alternately to either side of the outward direction
                double turn = (d + 1) / 2 * (d % 2 == 0 ? 1 : -1) * 2 * Math.PI / DIRECTIONS;
                double cx = label.end().x() + StrictMath.cos(outwards + turn) * (reach + 0.42 * width * Math.abs(StrictMath.cos(outwards + turn)));
                double cy = label.end().y() + StrictMath.sin(outwards + turn) * reach;
                Box box = new Box(cx - width / 2, cy - HEIGHT / 2, cx + width / 2, cy + HEIGHT / 2);
                double cost = cost(box, drawn) + 0.6 * Math.abs(turn) + 0.05 * reach;
                if (cost < least) {
                    least = cost;
                    best = box;
                }
            }
        }
        return best;
    }

    private double cost(Box box, List<Point> drawn) {
        double cost = 0;
        for (Box other : taken) {
            cost += box.overlap(other);
        }
        for (Point point : drawn) {
            cost += box.holds(point, 3) ? 1.5 : 0;
        }
        boolean outside = box.x0() < left + 3 || box.x1() > right - 3 || box.y0() < top + 3 || box.y1() > bottom - 3;
        return cost + (outside ? 1000 : 0);
    }

    private static double distance(Point a, Point b) {
        return StrictMath.hypot(a.x() - b.x(), a.y() - b.y());
    }
}
