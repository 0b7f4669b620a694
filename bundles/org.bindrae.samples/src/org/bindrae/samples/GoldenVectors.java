package org.bindrae.samples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Inputs, results and gradients of attention, edge embedding and geometry that other code computed, as safetensors files. */
public final class GoldenVectors {
    private static final String VECTORS = "vectors/";
    private static final BundleFolder FOLDER = new BundleFolder(VECTORS);

    private GoldenVectors() {
    }

    /**
     * The content of one file, also where no OSGi framework runs.
     *
     * @throws NoSuchFileException if there is none of that name
     */
    public static InputStream open(String name) throws IOException {
        InputStream content = GoldenVectors.class.getResourceAsStream("/" + VECTORS + name);
        if (content == null) {
            throw new NoSuchFileException(name, null, "not among the golden vectors");
        }
        return content;
    }

    /** Writes all files into a folder, which is created where needed. Files of the same name are replaced. Works inside an OSGi framework only. */
    public static void copyTo(Path folder) throws IOException {
        FOLDER.copyTo(folder);
    }
}
