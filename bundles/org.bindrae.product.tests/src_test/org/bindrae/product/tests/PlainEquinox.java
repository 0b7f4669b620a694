package org.bindrae.product.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;

/** An installation of Equinox with Declarative Services, Gogo and p2, as there is one in every Eclipse. It knows no bundle of ours. */
record PlainEquinox(Path folder) {
    static final String PROFILE = "Plain";
    /** The director application with what it needs to fetch files, put there by the build. */
    private static final Path DIRECTOR = Path.of("target/director");
    private static final List<String> FROM_SITE = List.of("org.eclipse.", "org.osgi.", "org.apache.felix.scr_", "org.apache.felix.gogo.runtime_", "org.sat4j.",
            "org.tukaani.", "org.bindrae.thirdparty.openpgp_");
    private static final String CONFIGURATOR = "org.eclipse.equinox.simpleconfigurator";
    private static final List<String> STARTED = List.of(CONFIGURATOR, "org.eclipse.equinox.common", "org.eclipse.equinox.app", "org.apache.felix.scr",
            "org.apache.felix.gogo.runtime");
    private static final long PATIENCE_SECONDS = 120;

    /** Makes one in a new folder. */
    static PlainEquinox in(Path folder) throws IOException {
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        Path configuration = Files.createDirectories(folder.resolve("configuration").resolve(CONFIGURATOR)).getParent();
        List<String> lines = new ArrayList<>(List.of("#version=1"));
        for (Path jar : jars()) {
            Files.copy(jar, plugins.resolve(jar.getFileName()));
            lines.add(line(jar));
        }
        Files.write(configuration.resolve(CONFIGURATOR).resolve("bundles.info"), lines);
        Files.write(configuration.resolve("config.ini"), List.of(
                "osgi.framework=file\\:plugins/" + UpdateSite.bundle("org.eclipse.osgi").getFileName(),
                "osgi.framework.extensions=reference\\:file\\:" + UpdateSite.bundle("org.eclipse.osgi.compatibility.state").getFileName(),
                "osgi.bundles=reference\\:file\\:" + UpdateSite.bundle(CONFIGURATOR).getFileName() + "@1\\:start",
                "osgi.bundles.defaultStartLevel=4",
                CONFIGURATOR + ".configUrl=file\\:" + CONFIGURATOR + "/bundles.info",
                "eclipse.p2.data.area=@config.dir/../p2",
                "eclipse.p2.profile=" + PROFILE));
        return new PlainEquinox(folder);
    }

    private static List<Path> jars() throws IOException {
        List<Path> jars = new ArrayList<>(UpdateSite.bundles().stream()
                .filter(jar -> FROM_SITE.stream().anyMatch(name -> jar.getFileName().toString().startsWith(name))).toList());
        try (Stream<Path> director = Files.list(DIRECTOR)) {
            jars.addAll(director.toList());
        }
        return jars;
    }

    /** What the configurator is to do with a bundle. */
    private static String line(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Attributes manifest = file.getManifest().getMainAttributes();
            String name = manifest.getValue("Bundle-SymbolicName").split(";")[0];
            return String.join(",", name, manifest.getValue("Bundle-Version"), "plugins/" + jar.getFileName(), name.equals(CONFIGURATOR) ? "1" : "4",
                    String.valueOf(STARTED.contains(name)));
        }
    }

    /** Runs an application of Equinox with these arguments. */
    Run run(String application, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-jar", folder.resolve("plugins").resolve(UpdateSite.bundle("org.eclipse.equinox.launcher").getFileName())
                        .toString(),
                "-nosplash", "-consoleLog", "-data", folder.resolve("workspace").toString(), "-application", application));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return new Run(process.exitValue(), Files.readString(out), Files.readAllLines(err, StandardCharsets.UTF_8));
    }
}
