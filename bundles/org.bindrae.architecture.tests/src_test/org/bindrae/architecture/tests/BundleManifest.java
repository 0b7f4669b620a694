package org.bindrae.architecture.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a bundle's manifest says of its packages.
 *
 * @param exported ours for everybody; what is internal or of a library is left out
 */
record BundleManifest(List<Package> exported, List<Package> imported) {
    private static final Pattern VERSION = Pattern.compile(";version=\"([^\"]*)\"");

    /**
     * A clause of Export-Package or Import-Package.
     *
     * @param version or range of versions; empty where there is none
     */
    record Package(String name, String version) {
    }

    static Path file(String bundle) {
        return Path.of("..", bundle, "META-INF", "MANIFEST.MF");
    }

    static BundleManifest of(String bundle) {
        try (InputStream in = Files.newInputStream(file(bundle))) {
            Attributes attributes = new Manifest(in).getMainAttributes();
            return new BundleManifest(packages(attributes.getValue("Export-Package")).stream().filter(one -> one.name().startsWith("org.bindrae.")).toList(),
                    packages(attributes.getValue("Import-Package")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Package> packages(String clauses) {
        List<Package> packages = new ArrayList<>();
        // commas within quotation marks separate nothing
        for (String clause : clauses == null ? new String[0] : clauses.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
            Matcher version = VERSION.matcher(clause);
            if (!clause.contains("x-internal:=true")) {
                packages.add(new Package(clause.split(";")[0].strip(), version.find() ? version.group(1) : ""));
            }
        }
        return packages;
    }
}
