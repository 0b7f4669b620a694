package org.bindrae.tensor.io;

import java.io.IOException;
import java.nio.file.Path;

/** A safetensors file that is damaged, or lacks what was asked of it. The message starts with the file. */
public final class SafetensorsException extends IOException {
    private static final long serialVersionUID = 1;

    public SafetensorsException(Path file, String problem) {
        super(file + ": " + problem);
    }

    public SafetensorsException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
