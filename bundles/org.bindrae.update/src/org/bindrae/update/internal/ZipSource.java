package org.bindrae.update.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** A site in a zip file. */
final class ZipSource implements SiteSource {
    private final ZipFile zip;
    private final String name;

    /** @param name what to call the file in messages */
    ZipSource(Path file, String name) throws IOException {
        this.name = name;
        try {
            zip = new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw new IOException(name + ": is neither a folder nor a zip file, or a damaged one: " + e.getMessage(), e);
        }
    }

    @Override
    public void copy(String path, Path target) throws IOException {
        ZipEntry entry = zip.getEntry(path);
        if (entry == null) {
            throw new NoSuchFileException(name + "!/" + path);
        }
        try (InputStream in = zip.getInputStream(entry)) {
            Files.copy(in, target);
        } catch (ZipException e) {
            throw new IOException(name + "!/" + path + ": is damaged: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
