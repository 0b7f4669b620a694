package org.bindrae.shell;

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

    /** Exit status of the process in one-shot mode. */
    public int exitCode() {
        return exitCode;
    }
}
