package org.bindrae.app.internal;

import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Collection;
import java.util.List;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.bindrae.shell.CommandFailure;

/**
 * One command with its words, run in a Gogo session without Gogo's parser: words mean themselves whatever characters they have. Diagnostics are one line on the error stream.
 */
record OneCommand(CommandSession session, PrintStream out, PrintStream err) {
    static final Integer DONE = 0;
    static final Integer FAILED = CommandFailure.FAILED;
    static final Integer USAGE = CommandFailure.USAGE;
    private static final String SCOPE = "bindrae:";

    /** Runs {@code words}, the first of which names the command, and returns the exit status. */
    Integer run(List<String> words) {
        try {
            if (words.isEmpty()) {
                throw new CommandFailure(CommandFailure.USAGE, "which command? The commands are: " + String.join(", ", names()));
            }
            String name = words.getFirst();
            if (!names().contains(name)) {
                throw CommandFailure.unknownCommand(name, names());
            }
            Object result = ((Function) session.get(SCOPE + name)).execute(session, List.copyOf(words.subList(1, words.size())));
            if (result != null) {
                out.println(session.format(result, 0));
            }
            return DONE;
        } catch (Throwable e) {
            return failure(cause(e));
        }
    }

    /** The commands that are installed and able to run now. */
    private List<String> names() {
        return ((Collection<?>) session.get(".commands")).stream().map(Object::toString).filter(name -> name.startsWith(SCOPE))
                .map(name -> name.substring(SCOPE.length())).sorted().toList();
    }

    private static Throwable cause(Throwable e) {
        return e instanceof InvocationTargetException && e.getCause() != null ? cause(e.getCause()) : e;
    }

    private Integer failure(Throwable e) {
        String message = e instanceof CommandFailure ? e.getMessage() : "internal error, please report it with the output of --verbose: " + e;
        err.println("bindrae: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
        return e instanceof CommandFailure failure ? failure.exitCode() : FAILED;
    }
}
