package org.bindrae.shell;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Job;
import org.apache.felix.service.command.Process;

/**
 * The commands that run in a session, which its person may cancel. Gogo's own way would leave a command running unseen and close the streams of the session, because it gives a command up
 * as soon as it has interrupted its thread.
 */
public final class RunningCommands {
    private static final String VARIABLE = ".bindrae.running";

    private final Map<Thread, Running> running = new ConcurrentHashMap<>();

    private static final class Running {
        private final Process process;
        private volatile boolean cancelled;

        Running(Process process) {
            this.process = process;
        }

        boolean inForeground() {
            return process == null || process.job() == null || process.job().status() == Job.Status.Foreground;
        }
    }

    /** Makes the commands of a session cancellable. */
    public static RunningCommands watch(CommandSession session) {
        RunningCommands commands = new RunningCommands();
        session.put(VARIABLE, commands);
        return commands;
    }

    /** Those of a session, or a collection of its own that nobody cancels. */
    static RunningCommands of(CommandSession session) {
        return session.get(VARIABLE) instanceof RunningCommands commands ? commands : new RunningCommands();
    }

    void begin() {
        running.put(Thread.currentThread(), new Running(Process.Utils.current()));
    }

    /** Whether the command of this thread was cancelled; it is over. */
    boolean end() {
        Running command = running.remove(Thread.currentThread());
        boolean cancelled = command != null && command.cancelled;
        if (cancelled) {
            // what the thread writes from now on must not close Gogo's streams
            Thread.interrupted();
        }
        return cancelled;
    }

    /** Interrupts the commands in the foreground; false when there are none. */
    public boolean cancel() {
        boolean any = false;
        for (Map.Entry<Thread, Running> entry : running.entrySet()) {
            if (entry.getValue().inForeground()) {
                entry.getValue().cancelled = true;
                entry.getKey().interrupt();
                any = true;
            }
        }
        return any;
    }
}
