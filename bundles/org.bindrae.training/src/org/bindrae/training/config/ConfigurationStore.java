package org.bindrae.training.config;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** Where configurations go from the files, and come from to {@link Configurations}. */
interface ConfigurationStore {
    /** Values by key, of configurations by name: what was put, and what others have put. */
    Map<String, Map<String, Object>> all() throws IOException;

    /** Puts the values that a file says. */
    void put(String name, Map<String, Object> values) throws IOException;

    /** Removes what a file said that is not there any more. */
    void remove(String name) throws IOException;

    /** Removes what came from files that are not there any more, of this or an earlier start. */
    void retain(Set<String> names) throws IOException;
}
