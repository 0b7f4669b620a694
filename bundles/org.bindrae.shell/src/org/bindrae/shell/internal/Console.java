package org.bindrae.shell.internal;

import java.io.PrintStream;

/**
 * Where a command writes: results to {@link #out()}, progress and warnings to {@link #err()}. {@code live} says that a person watches, so that a progress line may rewrite itself.
 */
record Console(PrintStream out, PrintStream err, boolean live) {
    /** The console of a Gogo session: its streams, live when the process has a terminal. */
    static Console of(PrintStream out, PrintStream err) {
        var console = System.console();
        return new Console(out, err, console != null && console.isTerminal());
    }

    void println(String line) {
        out.println(line);
    }

    void warn(String line) {
        err.println(line);
    }

    Progress progress(String what) {
        return new Progress(err, live, what, System::nanoTime);
    }
}
