package org.bindrae.samples;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Inputs, results and gradients of attention, edge embedding and geometry that other code computed, as safetensors files. Works inside an OSGi framework only.
 */
public final class GoldenVectors {
    private static final BundleFolder FOLDER = new BundleFolder("vectors/");

    private GoldenVectors() {
    }

    /** Writes all files into a folder, which is created where needed. Files of the same name are replaced. */
    public static void copyTo(Path folder) throws IOException {
        FOLDER.copyTo(folder);
    }
}
