package org.bindrae.training.report;

import java.util.List;
import java.util.Locale;

/**
 * Builds one SVG figure. Elements take their colours from the classes of {@link Theme}, so that the same figure suits a light and a dark page. All text is
 * escaped.
 */
final class Svg {
    /** Where a text is anchored. */
    enum Anchor {
        START, MIDDLE, END;

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A point of a figure. */
    record Point(double x, double y) {
    }

    private final StringBuilder body = new StringBuilder();
    private final double width;
    private final double height;
    private final String title;
    private final String description;

    /**
     * @param title what the figure shows, for screen readers and tool tips
     * @param description what it says, in a sentence
     */
    Svg(double width, double height, String title, String description) {
        this.width = width;
        this.height = height;
        this.title = title;
        this.description = description;
    }

    Svg line(double x1, double y1, double x2, double y2, String classes) {
        return element("line", classes, "x1", x1, "y1", y1, "x2", x2, "y2", y2).append("/>\n");
    }

    Svg rect(double x, double y, double w, double h, double radius, String classes) {
        return element("rect", classes, "x", x, "y", y, "width", w, "height", h, "rx", radius).append("/>\n");
    }

    Svg circle(double x, double y, double r, String classes) {
        return element("circle", classes, "cx", x, "cy", y, "r", r).append("/>\n");
    }

    /** A circle with a tool tip. */
    Svg circle(double x, double y, double r, String classes, String tip) {
        return element("circle", classes, "cx", x, "cy", y, "r", r).append("><title>").append(Markup.escape(tip)).append("</title></circle>\n");
    }

    /** A rectangle with a tool tip. */
    Svg rect(double x, double y, double w, double h, double radius, String classes, String tip) {
        return element("rect", classes, "x", x, "y", y, "width", w, "height", h, "rx", radius).append("><title>").append(Markup.escape(tip))
                .append("</title></rect>\n");
    }

    /** A rectangle filled to some degree. */
    Svg cell(double x, double y, double w, double h, double opacity, String classes) {
        return element("rect", classes, "x", x, "y", y, "width", w, "height", h, "fill-opacity", opacity).append("/>\n");
    }

    /** A line of its own width. */
    Svg stroke(Point a, Point b, double width, String classes) {
        return element("line", classes, "x1", a.x(), "y1", a.y(), "x2", b.x(), "y2", b.y(), "stroke-width", width).append("/>\n");
    }

    Svg polyline(List<Point> points, String classes) {
        return path(points, false, classes);
    }

    Svg polygon(List<Point> points, String classes) {
        return path(points, true, classes);
    }

    private Svg path(List<Point> points, boolean closed, String classes) {
        StringBuilder d = new StringBuilder();
        for (Point point : points) {
            d.append(d.isEmpty() ? "M" : "L").append(Markup.number(point.x())).append(' ').append(Markup.number(point.y()));
        }
        return append("<path class=\"").append(classes).append("\" d=\"").append(d).append(closed ? "Z" : "").append("\"/>\n");
    }

    Svg text(double x, double y, Anchor anchor, String classes, String text) {
        return element("text", classes, "x", x, "y", y).append(" text-anchor=\"").append(anchor.word()).append("\">").append(Markup.escape(text))
                .append("</text>\n");
    }

    /** Text that reads upwards, centred at a point. */
    Svg upwards(double x, double y, String classes, String text) {
        return append("<text class=\"").append(classes).append("\" transform=\"translate(").append(Markup.number(x)).append(' ').append(Markup.number(y))
                .append(") rotate(-90)\" text-anchor=\"middle\">").append(Markup.escape(text)).append("</text>\n");
    }

    private Svg element(String name, String classes, Object... attributes) {
        append("<").append(name).append(" class=\"").append(classes).append('"');
        for (int i = 0; i < attributes.length; i += 2) {
            append(" ").append((String) attributes[i]).append("=\"").append(Markup.number((double) attributes[i + 1])).append('"');
        }
        return this;
    }

    private Svg append(CharSequence text) {
        body.append(text);
        return this;
    }

    private Svg append(char c) {
        body.append(c);
        return this;
    }

    /** The figure as part of a page that holds {@link Theme#page()}. */
    String inPage() {
        return open("") + "<title>" + Markup.escape(title) + "</title>\n<desc>" + Markup.escape(description) + "</desc>\n" + body + "</svg>\n";
    }

    /** The figure as a file of its own, on a light ground. */
    String file() {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + open(" xmlns=\"http://www.w3.org/2000/svg\" width=\"" + Markup.number(width) + "\" height=\""
                + Markup.number(height) + "\"")
                + "<title>" + Markup.escape(title) + "</title>\n<desc>" + Markup.escape(description) + "</desc>\n<style>\n" + Theme.file()
                + "</style>\n<rect class=\"ground\" width=\""
                + Markup.number(width) + "\" height=\"" + Markup.number(height) + "\"/>\n" + body + "</svg>\n";
    }

    private String open(String attributes) {
        return "<svg" + attributes + " class=\"figure\" viewBox=\"0 0 " + Markup.number(width) + " " + Markup.number(height) + "\" role=\"img\">\n";
    }
}
