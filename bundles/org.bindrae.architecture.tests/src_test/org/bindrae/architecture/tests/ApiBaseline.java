package org.bindrae.architecture.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What was released last, as text: a file for each bundle, with the packages that it exports. */
final class ApiBaseline {
    private static final Path FOLDER = Path.of("api");
    private static final String ENDING = ".txt";

    private ApiBaseline() {
    }

    /** By package. */
    static Map<String, Api> read() throws IOException {
        Map<String, Api> packages = new TreeMap<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.filter(path -> path.toString().endsWith(ENDING)).sorted().toList()) {
                Api.parse(Files.readAllLines(file)).forEach(api -> packages.put(api.name(), api));
            }
        }
        return packages;
    }

    /** Replaces all of it. */
    static void write(Map<String, List<Api>> bundles) throws IOException {
        Files.createDirectories(FOLDER);
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.filter(path -> path.toString().endsWith(ENDING)).toList()) {
                Files.delete(file);
            }
        }
        for (Map.Entry<String, List<Api>> bundle : bundles.entrySet()) {
            List<String> lines = new ArrayList<>();
            bundle.getValue().forEach(api -> lines.addAll(api.lines()));
            if (!lines.isEmpty()) {
                Files.write(FOLDER.resolve(bundle.getKey() + ENDING), lines);
            }
        }
    }
}
