package org.bindrae.tensor;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The devices that are there.
 *
 * @param ranked best first
 */
public record Devices(List<Device> ranked) {
    /** Takes the best device. */
    public static final String AUTO = "auto";

    public Devices {
        ranked = List.copyOf(ranked);
    }

    /**
     * The device to use.
     *
     * @param name of a device, or {@link #AUTO}
     * @throws IllegalArgumentException if there is none of that name
     */
    public Device choose(String name) {
        if (ranked.isEmpty()) {
            throw new IllegalArgumentException("there is no device; install the bundle org.bindrae.tensor.cpu");
        }
        return name.equals(AUTO) ? ranked.getFirst() : ranked.stream().filter(device -> device.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no device '" + name + "'; there are "
                        + ranked.stream().map(Device::name).collect(Collectors.joining(", ")) + ", or say " + AUTO
                        + "; the command doctor says what is missing"));
    }
}
