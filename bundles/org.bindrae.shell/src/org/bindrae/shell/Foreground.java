package org.bindrae.shell;

import java.util.Optional;

import org.apache.felix.service.command.CommandSession;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a session of a single command has: the process ends with the command, so that long work is not for the background. Requests to end the process (Ctrl-C, SIGTERM) can be heard first.
 */
@ProviderType
public interface Foreground {
    /** Gogo variable of the session. */
    String VARIABLE = ".bindrae.foreground";

    /** Until it is closed, the first request to end the process interrupts a thread instead. The second one ends the process at once. */
    @ProviderType
    interface Interruption extends AutoCloseable {
        @Override
        void close();
    }

    /** Has requests to end the process interrupt the calling thread. */
    Interruption interrupts();

    /** That of a session; empty for an interactive one. */
    static Optional<Foreground> of(CommandSession session) {
        return session.get(VARIABLE) instanceof Foreground foreground ? Optional.of(foreground) : Optional.empty();
    }

    /** Makes a session one of a single command. */
    default void use(CommandSession session) {
        session.put(VARIABLE, this);
    }
}
