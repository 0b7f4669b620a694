package org.bindrae.training.config;

import java.util.Set;
import java.util.TreeSet;

/**
 * A configuration for a command, and where it is from.
 *
 * @param config complete and valid
 * @param name of the configuration that a run with it {@linkplain RunSettings follows}
 * @param fixed keys that the user gave by hand, or in a file of his own: no configuration changes them during the run
 */
public record ChosenConfiguration(WorkbenchConfig config, String name, Set<String> fixed) {
    public ChosenConfiguration {
        fixed = Set.copyOf(fixed);
    }

    /** The same on other samples. */
    public ChosenConfiguration withSamples(String folder) {
        Set<String> more = new TreeSet<>(fixed);
        more.add("data.samples");
        return new ChosenConfiguration(config.withSamples(folder), name, more);
    }
}
