package org.bindrae.samples;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;

import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** The structure files in this bundle: proteins and complexes as PDB, ligands as MOL, SDF and MOL2. Works inside an OSGi framework only. */
public final class SampleStructures {
    private static final String FOLDER = "samples/";

    private SampleStructures() {
    }

    /** The file names, sorted. */
    public static List<String> names() {
        return Collections.list(bundle().getEntryPaths(FOLDER)).stream().map(path -> path.substring(FOLDER.length())).sorted().toList();
    }

    /**
     * The content of one file.
     *
     * @throws NoSuchFileException where {@link #names} does not have it
     */
    public static InputStream open(String name) throws IOException {
        URL url = bundle().getEntry(FOLDER + name);
        if (url == null || name.contains("/")) {
            throw new NoSuchFileException(name, null, "not among the samples " + names());
        }
        return url.openStream();
    }

    /** Writes all files into a folder, which is created where needed. Files of the same name are replaced. */
    public static void copyTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String name : names()) {
            try (InputStream in = open(name)) {
                Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Bundle bundle() {
        return FrameworkUtil.getBundle(SampleStructures.class);
    }
}
