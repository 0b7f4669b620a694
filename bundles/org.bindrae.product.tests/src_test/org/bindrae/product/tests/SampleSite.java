package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipOutputStream;

import javax.tools.ToolProvider;

/** A small p2 repository: the feature {@code org.example.echo.feature}, whose bundle has an attention backend by the name of echo, which can do nothing. */
record SampleSite(Path folder) {
    static final String FEATURE = "org.example.echo.feature";
    private static final String BUNDLE = "org.example.echo";
    private static final String BACKEND = """
            package org.example.echo;

            import org.bindrae.attention.*;
            import org.bindrae.tensor.*;

            public final class EchoBackend implements AttentionBackend {
                public String name() { return "echo"; }
                public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) { return Support.no("only an example"); }
                public Tensor attend(Tape tape, AttentionInputs inputs) { throw new IllegalArgumentException(); }
            }
            """;
    private static final String COMPONENT = """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="org.example.echo.EchoBackend">
              <implementation class="org.example.echo.EchoBackend"/>
              <service><provide interface="org.bindrae.attention.AttentionBackend"/></service>
            </scr:component>
            """;
    private static final String MANIFEST = """
            Manifest-Version: 1.0
            Bundle-ManifestVersion: 2
            Bundle-SymbolicName: org.example.echo
            Bundle-Version: VERSION
            Import-Package: org.bindrae.attention,org.bindrae.tensor
            Service-Component: OSGI-INF/echo.xml
            """;
    private static final String CONTENT = """
            <?xml version='1.0' encoding='UTF-8'?>
            <?metadataRepository version='1.2.0'?>
            <repository name='Sample' type='org.eclipse.equinox.internal.p2.metadata.repository.LocalMetadataRepository' version='1'>
              <units size='2'>
                <unit id='org.example.echo' version='VERSION' singleton='false'>
                  <provides size='2'>
                    <provided namespace='org.eclipse.equinox.p2.iu' name='org.example.echo' version='VERSION'/>
                    <provided namespace='osgi.bundle' name='org.example.echo' version='VERSION'/>
                  </provides>
                  <requires size='1'><required namespace='java.package' name='org.bindrae.attention' range='[0.1.0,0.2.0)'/></requires>
                  <artifacts size='1'><artifact classifier='osgi.bundle' id='org.example.echo' version='VERSION'/></artifacts>
                  <touchpoint id='org.eclipse.equinox.p2.osgi' version='1.0.0'/>
                  <touchpointData size='1'>
                    <instructions size='5'>
                      <instruction key='install'>installBundle(bundle:${artifact})</instruction>
                      <instruction key='configure'>setStartLevel(startLevel:4);markStarted(started:true)</instruction>
                      <instruction key='unconfigure'>markStarted(started:false)</instruction>
                      <instruction key='uninstall'>uninstallBundle(bundle:${artifact})</instruction>
                      <instruction key='manifest'>Bundle-SymbolicName: org.example.echo&#xA;Bundle-Version: VERSION</instruction>
                    </instructions>
                  </touchpointData>
                </unit>
                <unit id='org.example.echo.feature.feature.group' version='VERSION' singleton='false'>
                  <properties size='2'>
                    <property name='org.eclipse.equinox.p2.name' value='Echo'/>
                    <property name='org.eclipse.equinox.p2.type.group' value='true'/>
                  </properties>
                  <provides size='1'><provided namespace='org.eclipse.equinox.p2.iu' name='org.example.echo.feature.feature.group' version='VERSION'/></provides>
                  <requires size='1'><required namespace='org.eclipse.equinox.p2.iu' name='org.example.echo' range='[VERSION,VERSION]'/></requires>
                  <touchpoint id='null' version='0.0.0'/>
                </unit>
              </units>
            </repository>
            """;
    private static final String ARTIFACTS = """
            <?xml version='1.0' encoding='UTF-8'?>
            <?artifactRepository version='1.1.0'?>
            <repository name='Sample' type='org.eclipse.equinox.p2.artifact.repository.simpleRepository' version='1'>
              <mappings size='1'><rule filter='(&amp; (classifier=osgi.bundle))' output='${repoUrl}/plugins/${id}_${version}.jar'/></mappings>
              <artifacts size='1'>
                <artifact classifier='osgi.bundle' id='org.example.echo' version='VERSION'>
                  <properties size='1'><property name='download.checksum.sha-256' value='SHA256'/></properties>
                </artifact>
              </artifacts>
            </repository>
            """;

    /** Compiles the bundle against those of a product, and publishes it. */
    static SampleSite publish(Path folder, Product product, String version) throws IOException {
        Path source = folder.resolve("src/org/example/echo/EchoBackend.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, BACKEND);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-cp", plugins(product), "-d", classes.toString(), source.toString()));
        Path site = Files.createDirectories(folder.resolve("site"));
        Path jar = Files.createDirectories(site.resolve("plugins")).resolve(BUNDLE + "_" + version + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            entry(out, "META-INF/MANIFEST.MF", MANIFEST.replace("VERSION", version).getBytes(StandardCharsets.UTF_8));
            entry(out, "OSGI-INF/echo.xml", COMPONENT.getBytes(StandardCharsets.UTF_8));
            entry(out, "org/example/echo/EchoBackend.class", Files.readAllBytes(classes.resolve("org/example/echo/EchoBackend.class")));
        }
        SampleSite published = new SampleSite(site);
        published.index("artifacts", ARTIFACTS.replace("VERSION", version).replace("SHA256", sha256(Files.readAllBytes(jar))));
        published.index("content", CONTENT.replace("VERSION", version));
        return published;
    }

    private static String plugins(Product product) throws IOException {
        try (Stream<Path> jars = Files.list(product.folder().resolve("plugins"))) {
            return jars.filter(jar -> jar.getFileName().toString().matches("org\\.bindrae\\.(attention|tensor)_.*")).map(Path::toString)
                    .collect(Collectors.joining(java.io.File.pathSeparator));
        }
    }

    private static void entry(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(bytes);
        out.closeEntry();
    }

    /** Writes an index file, as p2 does in a jar of its own. */
    private void index(String name, String xml) throws IOException {
        Files.deleteIfExists(folder.resolve(name + ".xml"));
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(folder.resolve(name + ".jar")))) {
            entry(out, name + ".xml", xml.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The bundle's file. */
    Path jar() throws IOException {
        try (Stream<Path> plugins = Files.list(folder.resolve("plugins"))) {
            return plugins.findFirst().orElseThrow(() -> new IOException("no bundle in " + folder));
        }
    }

    /** The same as a zip file. */
    Path zip(Path file) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        try (OutputStream bytes = Files.newOutputStream(file); ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (Path part : files) {
                entry(out, folder.relativize(part).toString(), Files.readAllBytes(part));
            }
        }
        return file;
    }

    /** SHA-256 in hexadecimal digits. */
    static String sha256(byte[]... parts) {
        try {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (byte[] part : parts) {
                all.writeBytes(part);
            }
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
