package org.bindrae.data;

import java.io.IOException;
import java.nio.file.Path;

/** A data set's folder, manifest, index or list that cannot be used. The message starts with the file, and the line where there is one. */
public final class DataSetException extends IOException {
    private static final long serialVersionUID = 1;

    public DataSetException(Path file, String problem) {
        super(file + ": " + problem);
    }

    /** @param line from 1 */
    public DataSetException(Path file, int line, String problem) {
        super(file + ": line " + line + ": " + problem);
    }
}
