package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A sample project, copied to a folder of its own, and built there as its page says: by Maven, against the update site. */
record SampleProject(Path folder) {
    private static final Path SAMPLES = Path.of("../../docs/samples");
    private static final Pattern TESTS = Pattern.compile("Tests run: (\\d+), Failures: 0, Errors: 0, Skipped: \\d+\\s");
    private static final long PATIENCE_SECONDS = 180;

    static SampleProject copyTo(Path folder, String name) throws IOException {
        Path original = SAMPLES.resolve(name);
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.map(original::relativize).filter(file -> !isBuilt(file)).toList()) {
                Files.copy(original.resolve(file), folder.resolve(name).resolve(file));
            }
        }
        return new SampleProject(folder.resolve(name));
    }

    private static boolean isBuilt(Path file) {
        return StreamSupport.stream(file.spliterator(), false).anyMatch(part -> part.toString().equals("target"));
    }

    /** Builds it, and returns the number of tests that passed. */
    int build() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("bindrae.maven"), "bin", "mvn").toString(), "-B", "-ntp", "verify",
                "-Dbindrae.site=" + UpdateSite.FOLDER.toUri(), "-Dmaven.repo.local=" + System.getProperty("bindrae.maven.repository")));
        if ("offline=true".equals(System.getProperty("bindrae.maven.network"))) {
            command.add("-o");
        }
        Path log = folder.resolve("build.log");
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process maven = builder.start();
        if (!maven.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            maven.destroyForcibly();
        }
        String said = Files.readString(log);
        assertEquals(0, maven.waitFor(), said);
        Matcher tests = TESTS.matcher(said);
        assertTrue(tests.find(), said);
        return Integer.parseInt(tests.group(1));
    }

    /** The p2 repository that the build made. */
    Path site() {
        return folder.resolve("site/target/repository");
    }
}
