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

/** Files of this bundle in the folder {@code path}, which ends with a slash. */
record BundleFolder(String path) {
    List<String> names() {
        return Collections.list(bundle().getEntryPaths(path)).stream().map(entry -> entry.substring(path.length())).sorted().toList();
    }

    InputStream open(String name) throws IOException {
        URL url = bundle().getEntry(path + name);
        if (url == null || name.contains("/")) {
            throw new NoSuchFileException(name, null, "not among " + names());
        }
        return url.openStream();
    }

    void copyTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String name : names()) {
            try (InputStream in = open(name)) {
                Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Bundle bundle() {
        return FrameworkUtil.getBundle(BundleFolder.class);
    }
}
