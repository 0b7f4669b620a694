package org.bindrae.update.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where the files of a site come from. Nothing of it is believed here: whoever copies a file compares it with its checksum. */
sealed interface SiteSource extends AutoCloseable permits FolderSource, ZipSource, HttpSource {
    /**
     * Copies a file of the site.
     *
     * @param path relative to the site, with slashes
     * @throws NoSuchFileException if the site has no such file
     * @throws java.io.InterruptedIOException if the thread was interrupted meanwhile
     * @throws IOException if the site cannot be reached, or the file not be read; the message names it
     */
    void copy(String path, Path target) throws IOException;

    @Override
    void close() throws IOException;

    /**
     * Opens a site.
     *
     * @param location as {@link #canonical} gives it
     * @param work a folder for what must be fetched before a file can be copied
     */
    static SiteSource open(String location, Path work) throws IOException {
        if (!isWeb(location)) {
            Path path = Path.of(location);
            return Files.isDirectory(path) ? new FolderSource(path) : new ZipSource(path, location);
        }
        if (!location.endsWith(".zip")) {
            return new HttpSource(URI.create(location + "/"));
        }
        URI zip = URI.create(location);
        Path copy = work.resolve("site.zip");
        try (HttpSource web = new HttpSource(zip.resolve("."))) {
            web.copy(location.substring(location.lastIndexOf('/') + 1), copy);
        }
        return new ZipSource(copy, location);
    }

    /**
     * The one way to write a location: a web address without a slash at its end, or the absolute path of a folder or zip file.
     *
     * @throws IOException if it is neither
     */
    static String canonical(String location) throws IOException {
        String plain = location.replaceFirst("^jar:(.*)!/?$", "$1").replaceFirst("/+$", "");
        try {
            if (isWeb(plain)) {
                return URI.create(plain).toString();
            }
            Path path = plain.startsWith("file:") ? Path.of(URI.create(plain)) : Path.of(plain.isEmpty() ? location : plain);
            if (!Files.exists(path)) {
                throw new NoSuchFileException(location, null, "no such folder or zip file, and no address that begins with http:// or https://");
            }
            return path.toRealPath().toString();
        } catch (IllegalArgumentException e) {
            throw new IOException(location + ": is no address of a site: " + e.getMessage(), e);
        }
    }

    private static boolean isWeb(String location) {
        return location.startsWith("http://") || location.startsWith("https://");
    }
}
