package org.bindrae.samples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The structure files in this bundle: proteins and complexes as PDB, ligands as MOL, SDF and MOL2. Works inside an OSGi framework only. */
public final class SampleStructures {
    private static final BundleFolder FOLDER = new BundleFolder("samples/");

    private SampleStructures() {
    }

    /** The file names, sorted. */
    public static List<String> names() {
        return FOLDER.names();
    }

    /**
     * The content of one file.
     *
     * @throws NoSuchFileException where {@link #names} does not have it
     */
    public static InputStream open(String name) throws IOException {
        return FOLDER.open(name);
    }

    /** Writes all files into a folder, which is created where needed. Files of the same name are replaced. */
    public static void copyTo(Path folder) throws IOException {
        FOLDER.copyTo(folder);
    }
}
