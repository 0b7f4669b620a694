package org.bindrae.shell;

import java.util.List;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What may stand where a command line takes a value of some kind, for completion. A component with this service completes every option and parameter whose {@code paramLabel} is
 * {@link #label()}, in commands of any bundle. Enum constants, files, folders and configuration keys ({@code KEY=VALUE}) need none.
 */
@ConsumerType
public interface Candidates {
    /** The label, such as {@code JOB} or {@code BACKEND}. */
    String label();

    /** What is there now. Asked whenever a person presses the key, so it must be quick. */
    List<String> values();
}
