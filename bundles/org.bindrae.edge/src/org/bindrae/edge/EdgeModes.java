package org.bindrae.edge;

import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.edge.internal.Flash1dBias;

/** The modes that are installed. */
public record EdgeModes(List<EdgeMode> modes) {
    /** The mode that is taken unless another is asked for. */
    public static final String DEFAULT = Flash1dBias.NAME;

    public EdgeModes {
        modes = List.copyOf(modes);
    }

    /** @throws IllegalArgumentException if no mode has that name */
    public EdgeMode named(String name) {
        return modes.stream().filter(mode -> mode.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no edge mode is called '" + name
                        + "'; installed are " + modes.stream().map(EdgeMode::name).sorted().collect(Collectors.joining(", "))));
    }
}
