package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An installation in which its user may write nothing. Permissions do not bind root, who therefore runs it as nobody. */
@DisabledOnOs(OS.WINDOWS)
class ReadOnlyTest {
    private static final int ROOT = 0;
    private static final List<String> NOBODY = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    private static final Set<PosixFilePermission> EVERYTHING = PosixFilePermissions.fromString("rwxrwxrwx");
    private static final Set<PosixFilePermission> READING = PosixFilePermissions.fromString("r-xr-xr-x");

    @TempDir
    private Path folder;
    private Product product;
    private Path home;
    private SampleSite site;

    @BeforeEach
    void install() throws IOException, InterruptedException {
        product = Product.copyTo(folder.resolve("product"));
        Path samples = SmallRun.prepare(product, folder);
        site = SampleSite.publish(folder.resolve("site"), product, "1.0.0");
        home = Files.createDirectory(folder.resolve("home"));
        SmallRun.writeInputs(home, samples);
        Files.setPosixFilePermissions(home, EVERYTHING);
        Files.setPosixFilePermissions(folder, READING);
        forbidWriting();
        if (Files.getAttribute(home, "unix:uid").equals(ROOT)) {
            product = product.as(NOBODY);
            assumeTrue(mayRead(), "the user nobody cannot read " + product.folder() + ", or there is no setpriv");
        }
    }

    private void forbidWriting() throws IOException {
        try (Stream<Path> files = Files.walk(product.folder())) {
            for (Path file : files.toList()) {
                Set<PosixFilePermission> permissions = new HashSet<>(Files.getPosixFilePermissions(file));
                permissions.retainAll(READING);
                Files.setPosixFilePermissions(file, permissions);
            }
        }
    }

    private boolean mayRead() throws InterruptedException {
        List<String> command = new ArrayList<>(NOBODY);
        command.addAll(List.of("test", "-x", product.folder().resolve("bin/bindrae").toString(), "-a", "-x",
                Path.of(System.getProperty("java.home"), "bin/java").toString()));
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @AfterEach
    void allowRemoval() throws IOException {
        Files.setPosixFilePermissions(folder, EVERYTHING);
        try (Stream<Path> files = Files.walk(product.folder())) {
            for (Path file : files.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(file, EVERYTHING);
            }
        }
    }

    private Run run(String input, String... words) throws IOException, InterruptedException {
        return product.run(home, input, Map.of("HOME", home.toString(), "XDG_STATE_HOME", home.resolve("state").toString()), words);
    }

    /** Every file of the installation with what is in it. */
    private Map<String, String> content() throws IOException {
        Map<String, String> content = new TreeMap<>();
        try (Stream<Path> files = Files.walk(product.folder())) {
            for (Path file : files.toList()) {
                content.put(file.toString(), Files.isDirectory(file) ? "" : SampleSite.sha256(Files.readAllBytes(file)));
            }
        }
        return content;
    }

    @Test
    void everythingWorksButChangingWhatIsInstalled() throws IOException, InterruptedException {
        Map<String, String> before = content();
        Run doctor = run("", "doctor");
        assertEquals(0, doctor.status(), doctor::toString);
        Run shell = run(String.join("\n", "config set training.learningRate=3e-4", SmallRun.TRAIN, "job pause j1", "job resume j1", "job stop j1", "jobs", ""));
        assertEquals(0, shell.status(), shell::toString);
        assertTrue(Files.readString(home.resolve("run/history.jsonl")).contains("interrupted"), shell::toString);
        assertTrue(run("", "config").out().contains("\"learningRate\" : 3.0E-4"), shell::toString);
        Run trusted = run("", "site", "add", site.folder().toString(), "--trust");
        assertEquals(0, trusted.status(), trusted::toString);
        Run refused = run("", "feature", "add", SampleSite.FEATURE);
        assertEquals(1, refused.status(), refused::toString);
        assertTrue(refused.err().getLast().matches("bindrae: .*: cannot be written: unpack the workbench into a folder of your own.*"), refused::toString);
        assertEquals(before, content());
        try (Stream<Path> kept = Files.list(home.resolve("state/bindrae"))) {
            assertTrue(kept.anyMatch(file -> file.getFileName().toString().startsWith("configuration-")));
        }
    }
}
