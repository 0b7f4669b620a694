package org.bindrae.shell;

import java.util.List;

import org.bindrae.training.config.NearestName;

/** A command that failed in a way its user can understand: the message is one line and says what to do. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Exit status of a command that ran and failed. */
    public static final int FAILED = 1;
    /** Exit status of a command line that could not be understood. */
    public static final int USAGE = 2;

    private final int exitCode;

    public CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public CommandFailure(String message, Throwable cause) {
        super(message, cause);
        this.exitCode = FAILED;
    }

    /** There is no command of this name; the message proposes the nearest of those that are known, or lists them. */
    public static CommandFailure unknownCommand(String name, List<String> known) {
        return new CommandFailure(USAGE, "there is no command '" + name + "'" + NearestName.suggestion(name, known, "") + " (see: help)");
    }

    /** Exit status of the process in one-shot mode. */
    public int exitCode() {
        return exitCode;
    }
}
