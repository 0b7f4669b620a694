package org.bindrae.training.config;

import java.io.IOException;

/** A configuration that cannot be used; the message names the file, the key and the remedy. */
public final class ConfigException extends IOException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
