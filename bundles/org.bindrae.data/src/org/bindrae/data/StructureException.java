package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;

/** A structure file that cannot be used; the message is one line that names the file and the place. */
public final class StructureException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int LONGEST = 500;

    /** @param problem what is wrong and where, without the file's name */
    public StructureException(Path file, String problem) {
        super(message(file, problem));
    }

    /** @param problem what is wrong and where, without the file's name */
    public StructureException(Path file, String problem, Throwable cause) {
        super(message(file, problem), cause);
    }

    /** One line of bearable length, though damaged files put anything into the values that a problem quotes. */
    private static String message(Path file, String problem) {
        String line = problem.replaceAll("\\p{Cntrl}+", " ");
        return file + ": " + (line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line);
    }
}
