package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;

/** A structure file that cannot be used; the message is one line that names the file and the place. */
public final class StructureException extends IOException {
    private static final long serialVersionUID = 1;

    /** @param problem what is wrong and where, without the file's name */
    public StructureException(Path file, String problem) {
        super(file + ": " + problem);
    }

    /** @param problem what is wrong and where, without the file's name */
    public StructureException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
