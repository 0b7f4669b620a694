package org.bindrae.product.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The product that the build made, in a folder of its own, run by its script.
 *
 * @param user words before the command that have another user run it; none for this one
 */
record Product(Path folder, List<String> user) {
    private static final Path BUILT = Path.of("../../update-site/target/products/org.bindrae.workbench");
    private static final long PATIENCE_SECONDS = 120;
    private static final int LINES = 5;

    /** How a run ended. {@code err} is without Java's own warning that the vector API is an incubator module. */
    record Run(int status, String out, List<String> err) {
    }

    /** The product in a copy, so that running it leaves no traces in what the build ships. */
    static Product copyTo(Path folder) throws IOException {
        try (Stream<Path> all = Files.find(BUILT, 5, (path, attributes) -> path.endsWith("bin/bindrae"))) {
            Path built = all.findFirst().orElseThrow(() -> new IOException("no product in " + BUILT.toAbsolutePath())).getParent().getParent();
            try (Stream<Path> files = Files.walk(built)) {
                files.forEach(file -> copy(file, folder.resolve(built.relativize(file))));
            }
        }
        return new Product(folder, List.of());
    }

    /** The same run by another user. */
    Product as(List<String> other) {
        return new Product(folder, other);
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The script with these words, in folder {@code home}, with a workspace there. */
    ProcessBuilder command(Path home, String... words) {
        List<String> command = new ArrayList<>(user);
        command.add(folder.resolve("bin/bindrae").toString());
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile());
        builder.environment().put("BINDRAE_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString());
        builder.environment().put("BINDRAE_WORKSPACE", home.resolve("workspace").toString());
        return builder;
    }

    /** Runs the script in folder {@code home} with these words and this input. */
    Run run(Path home, String input, String... words) throws IOException, InterruptedException {
        return run(home, input, Map.of(), words);
    }

    /** Runs the script with these variables of the environment. */
    Run run(Path home, String input, Map<String, String> environment, String... words) throws IOException, InterruptedException {
        return run(home, input, environment, null, words);
    }

    /** Runs the script and tells it to end, by a signal, once there are some lines in a file. */
    Run runUntil(Path home, Path file, String... words) throws IOException, InterruptedException {
        return run(home, "", Map.of(), file, words);
    }

    private Run run(Path home, String input, Map<String, String> environment, Path until, String... words) throws IOException, InterruptedException {
        // the installation may be read-only, and what is in the home folder is a test's own
        Path beside = folder.getParent();
        Path out = Files.createTempFile(beside, "out", ".txt");
        Path err = Files.createTempFile(beside, "err", ".txt");
        Path in = Files.writeString(Files.createTempFile(beside, "in", ".txt"), input);
        ProcessBuilder builder = command(home, words).redirectInput(in.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        while (until != null && process.isAlive() && !(Files.exists(until) && Files.readAllLines(until).size() > LINES)) {
            Thread.sleep(20);
        }
        if (until != null) {
            process.destroy();
        }
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(builder.command() + " did not end; it said " + Files.readString(out) + Files.readString(err));
        }
        List<String> lines = Files.readAllLines(err, StandardCharsets.UTF_8).stream()
                .filter(line -> !line.equals("WARNING: Using incubator modules: jdk.incubator.vector")).toList();
        return new Run(process.exitValue(), Files.readString(out), lines);
    }
}
