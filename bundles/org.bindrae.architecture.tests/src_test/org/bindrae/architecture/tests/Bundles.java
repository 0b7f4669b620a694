package org.bindrae.architecture.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;

/** The bundles of this source tree and their compiled classes, found by looking into the folders. */
final class Bundles {
    private static final Path FOLDER = Path.of("..");
    private static final Path ARCHITECTURE = Path.of("../../docs/architecture.md");
    /** A row of the table: bundle in backquotes, then what it owns. */
    private static final Pattern ROW = Pattern.compile("\\| `(org\\.bindrae\\.[a-z0-9.]+)(\\.\\*)?` \\|.*");

    private Bundles() {
    }

    /** Symbolic names of the bundles with code of ours, sorted. Fragments and test bundles are left out. */
    static List<String> names() {
        try (Stream<Path> folders = Files.list(FOLDER)) {
            return folders.filter(folder -> Files.isDirectory(folder.resolve("src"))).map(folder -> folder.getFileName().toString())
                    .filter(name -> !name.endsWith(".tests")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bundles in the order of the architecture's table: each may know those before it. A name that ends in a dot stands for all that begin so. */
    static List<String> table() {
        try (Stream<String> lines = Files.lines(ARCHITECTURE)) {
            return lines.map(ROW::matcher).filter(Matcher::matches).map(row -> row.group(2) == null ? row.group(1) : row.group(1) + ".").toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path classes(String bundle) {
        return FOLDER.resolve(bundle).resolve("target/classes");
    }

    /** The classes that we wrote; libraries are not among them. */
    static JavaClasses ours() {
        return new ClassFileImporter().importPaths(names().stream().map(Bundles::classes).toList());
    }

    /** The bundle that a class was compiled in, or null for a class of a library. */
    static String of(JavaClass type) {
        return type.getSource().map(source -> {
            Matcher matcher = Pattern.compile(".*/(org\\.bindrae\\.[^/]+)/target/classes/.*").matcher(source.getUri().toString());
            return matcher.matches() ? matcher.group(1) : null;
        }).orElse(null);
    }
}
