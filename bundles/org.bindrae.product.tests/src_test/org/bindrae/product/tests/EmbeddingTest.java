package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/embedding.md, as it stands there, in a framework that knows nothing of ours. */
class EmbeddingTest {
    private static final Page PAGE = Page.of("embedding.md");
    private static final String TYPE = "org.example.embedding.SideChains";
    /** Where Gogo and Equinox's applications are missing. */
    private static final List<String> NOT_NEEDED = List.of("org.bindrae.app", "org.bindrae.shell");
    /** What a build makes of the annotations. */
    private static final String COMPONENT = """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="org.example.embedding.SideChains" init="1">
              <implementation class="org.example.embedding.SideChains"/>
              <service><provide interface="org.example.embedding.SideChains"/></service>
              <reference name="workbench" interface="org.bindrae.training.Workbench" parameter="0"/>
            </scr:component>
            """;

    @TempDir
    private Path folder;

    @Test
    void aForeignApplicationTrainsAndPredicts() throws Exception {
        Path structures = Files.createDirectory(folder.resolve("structures"));
        for (String id : List.of("1BOQ", "1GCI", "1PPA", "1NE6")) {
            Files.copy(Path.of("../org.bindrae.samples/samples", id + ".pdb"), structures.resolve(id + ".pdb"));
        }
        try (ForeignApplication application = new ForeignApplication(folder.resolve("storage"))) {
            assertEquals(NOT_NEEDED, application.unresolved());
            application.add(bundle());
            Object sideChains = application.service(TYPE);
            Object outcome = withoutContextClassLoader(
                    () -> sideChains.getClass().getMethod("trainAndPredict", Path.class, Path.class).invoke(sideChains, structures,
                            folder.resolve("out")));
            assertTrue((Boolean) outcome.getClass().getMethod("done").invoke(outcome), outcome::toString);
        }
        assertTrue(Files.readString(folder.resolve("out/run/history.jsonl")).contains("finished"));
        assertTrue(Files.readString(folder.resolve("out/1NE6-predicted.pdb")).contains("ATOM"));
    }

    private static Object withoutContextClassLoader(Callable<Object> work) throws Exception {
        FutureTask<Object> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "foreign");
        thread.setContextClassLoader(null);
        thread.start();
        return task.get();
    }

    /** The bundle that the page describes. */
    private Path bundle() throws IOException {
        Path source = Files.writeString(folder.resolve("SideChains.java"), PAGE.block("java", "package org.example.embedding;"));
        Path classes = compile(source);
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Bundle-ManifestVersion", "2");
        attributes.putValue("Bundle-SymbolicName", "org.example.embedding");
        attributes.putValue("Bundle-Version", "1.0.0");
        attributes.putValue("Service-Component", "OSGI-INF/component.xml");
        attributes.putValue("Import-Package", PAGE.block("", "Import-Package: ").replace("Import-Package: ", "").replace("\n", ""));
        attributes.putValue("Require-Capability", "osgi.extender;filter:=\"(osgi.extender=osgi.component)\"");
        Path jar = folder.resolve("embedding.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest); Stream<Path> files = Files.walk(classes)) {
            out.putNextEntry(new JarEntry("OSGI-INF/component.xml"));
            out.write(COMPONENT.getBytes(StandardCharsets.UTF_8));
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
        return jar;
    }

    private Path compile(Path source) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        Path classes = folder.resolve("classes");
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            String classPath = UpdateSite.bundles().stream().map(Path::toString).collect(Collectors.joining(System.getProperty("path.separator")));
            boolean compiled = compiler.getTask(messages, files, null, List.of("-proc:none", "-cp", classPath, "-d", classes.toString()), null,
                    files.getJavaFileObjects(source)).call();
            assertTrue(compiled, messages::toString);
        }
        return classes;
    }
}
