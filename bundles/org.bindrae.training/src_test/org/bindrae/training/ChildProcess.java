package org.bindrae.training;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The {@link TinyRun} in a Java process of its own, to be killed. */
final class ChildProcess {
    private ChildProcess() {
    }

    static Process start(Path folder) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String library = "-Djava.library.path=" + System.getProperty("java.library.path");
        return new ProcessBuilder(java, "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", library, "-cp", classPath(),
                ChildProcess.class.getName(), folder.toString()).redirectErrorStream(true).start();
    }

    /** That of the tests, because another library for matrix products gives other bits. */
    private static String classPath() {
        if (ChildProcess.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs()).map(ChildProcess::file).collect(Collectors.joining(File.pathSeparator));
        }
        return System.getProperty("java.class.path");
    }

    private static String file(URL url) {
        try {
            return Path.of(url.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static void main(String[] arguments) throws IOException {
        // slow enough to be killed between two steps
        TrainingListener slow = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                try {
                    Thread.sleep(30);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        TinyRun.train(Path.of(arguments[0]), TinyRun.config(), 1, slow);
    }
}
