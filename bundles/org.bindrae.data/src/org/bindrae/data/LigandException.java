package org.bindrae.data;

import java.io.IOException;

/** A ligand that cannot be read or found. The message starts with the file. */
public final class LigandException extends IOException {
    private static final long serialVersionUID = 1;

    public LigandException(String message) {
        super(message);
    }

    public LigandException(String message, Throwable cause) {
        super(message, cause);
    }
}
