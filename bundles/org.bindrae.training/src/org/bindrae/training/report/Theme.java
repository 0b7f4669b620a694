package org.bindrae.training.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Colours and type of pages and figures. Methods have the colours of Okabe and Ito's palette, which people with colour vision deficiencies can tell apart, and
 * markers of different shape.
 */
final class Theme {
    /** Methods with a look of their own; further ones start over. */
    static final int METHODS = 4;
    /** Steps of depth in pictures of molecules, the last the nearest. */
    static final int DEPTHS = 6;
    /** How far the farthest atoms fade into the ground. */
    private static final double FADED = 0.62;
    private static final String FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','Liberation Sans',Arial,sans-serif";

    private static final String[] NAMES = {"ground", "panel", "ink", "muted", "grid", "edge", "m0", "m1", "m2", "m3", "truth", "right", "wrong", "ligand"};
    private static final String[] LIGHT = {"#f6f7f9", "#ffffff", "#1b1f24", "#5a6472", "#e4e7eb", "#b8bfc8", "#0072b2", "#e69f00", "#009e73", "#cc79a7",
            "#a8b0ba", "#0072b2", "#d55e00",
            "#b8860b"};
    private static final String[] DARK = {"#121519", "#1a1e24", "#e7eaee", "#a0a9b5", "#2c323a", "#525b67", "#56b4e9", "#e69f00", "#2fbf95", "#e09ac4",
            "#6d7784", "#56b4e9", "#ff8a3d",
            "#e6b93c"};

    /** Rules of figures; {@code $name} stands for a colour. */
    private static final String FIGURES = """
            .figure{font-family:%s;font-size:12px;fill:$ink}
            .figure .title{font-size:14px;font-weight:600}
            .figure .label{font-size:12px;fill:$muted}
            .figure .tick{font-size:11px;fill:$muted;font-variant-numeric:tabular-nums}
            .figure .value{font-size:11px;font-variant-numeric:tabular-nums}
            .figure .strong{font-weight:600}
            .figure .grid{stroke:$grid;stroke-width:1}
            .figure .axis{stroke:$edge;stroke-width:1;fill:none}
            .figure .mark{stroke:$muted;stroke-width:1;stroke-dasharray:3 3;fill:none}
            .figure .whisker{stroke:$ink;stroke-width:1.2;fill:none}
            .figure .link{stroke:$edge;stroke-width:2}
            .figure .curve{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
            .figure .thin{stroke-width:1.4}
            .figure .dashed{stroke-dasharray:5 4}
            .figure .rim{stroke:$panel;stroke-width:1.2}
            .figure .ground{fill:$panel}
            .figure .plate{fill:none;stroke:$edge;stroke-width:1}
            .figure .bond{fill:none;stroke-linecap:round}
            .figure .halo{fill:none;stroke:$panel;stroke-linecap:butt}
            .figure .name{font-size:12px;paint-order:stroke;stroke:$panel;stroke-width:3px;stroke-linejoin:round}
            .figure .element{font-size:11px;font-weight:600;paint-order:stroke;stroke:$panel;stroke-width:3.5px;stroke-linejoin:round}
            .figure .root{fill:$panel;stroke:$muted;stroke-width:1.6}
            .figure .leader{stroke:$edge;stroke-width:0.8}
            """.formatted(FONT);

    private Theme() {
    }

    /** Class that fills with a method's colour. */
    static String fill(int method) {
        return "f" + method % METHODS;
    }

    /** Class that strokes with a method's colour. */
    static String stroke(int method) {
        return "s" + method % METHODS;
    }

    /** The style sheet of a page: variables for light and dark, and the rules of figures. */
    static String page() {
        StringBuilder css = new StringBuilder();
        css.append(":root{color-scheme:light dark;").append(variables(LIGHT)).append("}\n");
        css.append("@media (prefers-color-scheme:dark){:root{").append(variables(DARK)).append("}}\n");
        css.append("@media print{:root{color-scheme:light;").append(variables(LIGHT)).append("}}\n");
        return css.append(rules(null)).toString();
    }

    /** The style sheet of a figure in a file of its own, light, without variables, which not every viewer knows. */
    static String file() {
        return rules(colours(LIGHT));
    }

    private static String variables(String[] values) {
        StringBuilder css = new StringBuilder();
        for (int i = 0; i < NAMES.length; i++) {
            css.append("--").append(NAMES[i]).append(':').append(values[i]).append(';');
        }
        return css.toString();
    }

    private static Map<String, String> colours(String[] values) {
        Map<String, String> colours = new LinkedHashMap<>();
        for (int i = 0; i < NAMES.length; i++) {
            colours.put(NAMES[i], values[i]);
        }
        return colours;
    }

    /** @param colours literal values; null for variables */
    private static String rules(Map<String, String> colours) {
        StringBuilder css = new StringBuilder();
        String figures = FIGURES;
        for (String name : NAMES) {
            figures = figures.replace("$" + name, colour(colours, name));
        }
        css.append(figures);
        for (int m = 0; m < METHODS; m++) {
            css.append(".figure .f").append(m).append("{fill:").append(colour(colours, "m" + m)).append("}.figure .s").append(m).append("{stroke:")
                    .append(colour(colours, "m" + m))
                    .append("}\n");
        }
        for (String kind : new String[] {"truth", "right", "wrong", "ligand"}) {
            css.append(".figure .fill-").append(kind).append("{fill:").append(colour(colours, kind)).append("}\n");
            for (int depth = 0; depth < DEPTHS; depth++) {
                double share = 1 - FADED * (DEPTHS - 1 - depth) / (DEPTHS - 1);
                css.append(".figure .").append(kind).append(depth).append("{stroke:").append(mixed(colours, kind, share)).append("}\n");
            }
        }
        return css.toString();
    }

    private static String colour(Map<String, String> colours, String name) {
        return colours == null ? "var(--" + name + ")" : colours.get(name);
    }

    /** A colour mixed with that of the panel. */
    private static String mixed(Map<String, String> colours, String name, double share) {
        if (colours == null) {
            return String.format(Locale.ROOT, "color-mix(in srgb,var(--%s) %.0f%%,var(--panel))", name, 100 * share);
        }
        StringBuilder hex = new StringBuilder("#");
        for (int i = 1; i < 7; i += 2) {
            int own = Integer.parseInt(colours.get(name).substring(i, i + 2), 16);
            int ground = Integer.parseInt(colours.get("panel").substring(i, i + 2), 16);
            hex.append(String.format(Locale.ROOT, "%02x", Math.round(share * own + (1 - share) * ground)));
        }
        return hex.toString();
    }
}
