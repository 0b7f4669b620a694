package org.bindrae.update.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A site in a folder. */
record FolderSource(Path folder) implements SiteSource {
    @Override
    public void copy(String path, Path target) throws IOException {
        Files.copy(folder.resolve(path), target);
    }

    @Override
    public void close() {
        // nothing is open
    }
}
