package org.bindrae.shell;

import org.apache.felix.service.command.CommandSession;

/**
 * What the place where a command's results appear can show.
 *
 * @param width columns of the terminal; 0 where lines may have any length, as in a file
 * @param colours whether it understands colours
 * @param live whether a person watches, so that a line of progress may rewrite itself
 */
public record Display(int width, boolean colours, boolean live) {
    /** A file or another program. */
    public static final Display FILE = new Display(0, false, false);

    private static final String VARIABLE = ".bindrae.display";

    /** A terminal of this many columns, with colours unless the environment objects: {@code NO_COLOR} with any value, or {@code TERM=dumb}. */
    public static Display terminal(int width) {
        return terminal(width, System.getenv("TERM"), System.getenv("NO_COLOR"));
    }

    static Display terminal(int width, String term, String noColor) {
        return new Display(width, (noColor == null || noColor.isEmpty()) && term != null && !term.equals("dumb"), true);
    }

    /** That of a session, for its commands: {@link #FILE} unless {@link #use} said otherwise. */
    static Display of(CommandSession session) {
        return session.get(VARIABLE) instanceof Display display ? display : FILE;
    }

    /** Says what the commands of a session may show. */
    public void use(CommandSession session) {
        session.put(VARIABLE, this);
    }
}
