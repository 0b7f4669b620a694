package org.bindrae.product.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** The p2 repository that the build made. */
final class UpdateSite {
    static final Path FOLDER = Path.of("../../update-site/target/repository").toAbsolutePath().normalize();
    private static final Pattern PLUGIN = Pattern.compile("<plugin[^>]*\\sid=\"([^\"]+)\"[^>]*>");

    private UpdateSite() {
    }

    /** The jars of the bundles in a feature. */
    static List<Path> feature(String id) throws IOException {
        List<Path> bundles = new ArrayList<>();
        try (JarFile feature = new JarFile(newest("features", id).toFile())) {
            ZipEntry description = feature.getEntry("feature.xml");
            Matcher plugin = PLUGIN.matcher(new String(feature.getInputStream(description).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
            while (plugin.find()) {
                bundles.add(bundle(plugin.group(1)));
            }
        }
        return bundles;
    }

    /** The jar of a bundle. */
    static Path bundle(String symbolicName) throws IOException {
        return newest("plugins", symbolicName);
    }

    /** The jars of all bundles. */
    static List<Path> bundles() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve("plugins"))) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    private static Path newest(String kind, String id) throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve(kind))) {
            return files.filter(file -> file.getFileName().toString().startsWith(id + "_")).sorted().reduce((_, last) -> last)
                    .orElseThrow(() -> new IOException("no " + id + " in " + FOLDER.resolve(kind)));
        }
    }
}
