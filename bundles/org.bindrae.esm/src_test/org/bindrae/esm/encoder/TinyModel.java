package org.bindrae.esm.encoder;

import java.nio.file.Path;

/** The folder of a tiny model with random weights. */
public final class TinyModel {
    public static final Path FOLDER = Path.of("src_test/org/bindrae/esm/encoder/tiny");

    private TinyModel() {
    }
}
