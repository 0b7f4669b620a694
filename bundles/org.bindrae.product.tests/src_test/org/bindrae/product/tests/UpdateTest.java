package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;

/** Features come and go in a running product, and what is damaged or not trusted does not come. */
@DisabledOnOs(OS.WINDOWS)
class UpdateTest {
    private static final String MARK = "----";
    private static final int TIMES = 50;

    @TempDir
    private Path folder;

    private Product product;
    private Path home;
    private SampleSite site;

    @BeforeEach
    void publish() throws IOException {
        product = Product.copyTo(folder.resolve("the product"));
        home = Files.createDirectory(folder.resolve("home"));
        site = SampleSite.publish(folder.resolve("one"), product, "1.0.0");
    }

    /** The output of each of these lines, typed into one shell. */
    private List<String> shell(String... lines) throws IOException, InterruptedException {
        Run run = product.run(home, String.join("\necho " + MARK + "\n", lines) + "\n");
        assertEquals(0, run.status(), run::toString);
        return List.of((run.out() + String.join("\n", run.err())).split(MARK));
    }

    private Run command(String... words) throws IOException, InterruptedException {
        return product.run(home, "", words);
    }

    private void trust(SampleSite trusted) throws IOException, InterruptedException {
        Run run = command("site", "add", trusted.folder().toString(), "--trust");
        assertEquals(0, run.status(), run::toString);
    }

    /** What an installation is made of; how p2 looks for it is none of that. */
    private Map<String, String> installed() throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String part : List.of("plugins", "features", "bin", "configuration/org.eclipse.equinox.simpleconfigurator", "configuration/config.ini",
                "artifacts.xml")) {
            try (Stream<Path> all = Files.walk(product.folder().resolve(part))) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    files.put(product.folder().relativize(file).toString(), SampleSite.sha256(Files.readAllBytes(file)));
                }
            }
        }
        return files;
    }

    private void assertRefused(Run run, String reason) {
        assertEquals(1, run.status(), run::toString);
        assertTrue(run.err().getLast().startsWith("bindrae: ") && run.err().getLast().contains(reason), run::toString);
    }

    @Test
    void aFeatureComesAndGoesWhileTheWorkbenchRuns() throws IOException, InterruptedException {
        HttpServer server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), site.folder(),
                SimpleFileServer.OutputLevel.NONE);
        server.start();
        try {
            String web = "http://localhost:" + server.getAddress().getPort() + "/";
            for (String location : List.of(site.folder().toString(), site.zip(folder.resolve("site.zip")).toString(), web)) {
                List<String> said = shell("site add '" + location + "' --trust", "feature add " + SampleSite.FEATURE, "backends",
                        "feature remove " + SampleSite.FEATURE,
                        "backends", "site remove '" + location + "'");
                assertTrue(said.get(0).contains("Echo"), said::toString);
                assertTrue(said.get(2).contains("only an example"), said::toString);
                assertFalse(said.get(4).contains("only an example"), said::toString);
            }
        } finally {
            server.stop(0);
        }
        assertFalse(command("feature", "list").out().contains(SampleSite.FEATURE));
    }

    @Test
    void aFeatureStaysAfterARestartAndMakesWayForALaterVersion() throws IOException, InterruptedException {
        trust(site);
        assertEquals(0, command("feature", "add", SampleSite.FEATURE).status());
        assertTrue(command("backends").out().contains("echo"));
        assertRefused(command("feature", "add", SampleSite.FEATURE), "is installed already");
        trust(SampleSite.publish(folder.resolve("two"), product, "2.0.0"));
        assertEquals(0, command("feature", "add", SampleSite.FEATURE).status());
        Run list = command("feature", "list");
        assertTrue(list.out().matches("(?s).*org\\.example\\.echo\\.feature +2\\.0\\.0.*") && !list.out().contains("1.0.0"), list::toString);
    }

    @Test
    void rollbackGoesBackAStateAndForthAgain() throws IOException, InterruptedException {
        trust(site);
        List<String> said = shell("feature add " + SampleSite.FEATURE, "feature history", "feature rollback", "backends", "feature rollback", "backends");
        assertTrue(said.get(1).contains("added org.example.echo.feature 1.0.0"), said::toString);
        assertFalse(said.get(3).contains("only an example"), said::toString);
        assertTrue(said.get(5).contains("only an example"), said::toString);
        Matcher first = Pattern.compile("(\\d{13}) .*as it came").matcher(said.get(1));
        assertTrue(first.find(), said::toString);
        assertEquals(0, command("feature", "rollback", first.group(1)).status());
        assertFalse(command("feature", "list").out().contains(SampleSite.FEATURE));
        assertRefused(command("feature", "rollback", "1"), "there is no state 1");
    }

    @Test
    void aDamagedFileIsRefusedAndTheInstallationStaysAsItWas() throws IOException, InterruptedException {
        trust(site);
        byte[] bytes = Files.readAllBytes(site.jar());
        bytes[bytes.length / 2] ^= 1;
        Files.write(site.jar(), bytes);
        Map<String, String> before = installed();
        assertRefused(command("feature", "add", SampleSite.FEATURE), "is damaged: its SHA-256 is " + SampleSite.sha256(bytes));
        assertEquals(before, installed());
        Files.delete(site.jar());
        assertRefused(command("feature", "add", SampleSite.FEATURE), "no such file");
        assertEquals(before, installed());
        Files.write(site.folder().resolve("content.jar"), new byte[100]);
        assertRefused(command("site", "add", site.folder().toString()), "its content.jar is damaged");
    }

    @Test
    void nothingComesFromASiteThatIsNotTrustedOrHasChanged() throws IOException, InterruptedException {
        Map<String, String> before = installed();
        Run add = command("site", "add", site.folder().toString());
        assertEquals(0, add.status(), add::toString);
        assertTrue(add.out().contains("not trusted"), add::out);
        assertRefused(command("feature", "add", SampleSite.FEATURE), "is not trusted: it is unsigned");
        assertRefused(command("site", "add", site.folder().toString(), "--trust=sha256:00"), "not sha256:00");
        Matcher fingerprint = Pattern.compile("sha256:[0-9a-f]{64}").matcher(add.out());
        assertTrue(fingerprint.find(), add::out);
        assertEquals(0, command("site", "add", site.folder().toString(), "--trust=" + fingerprint.group()).status());
        SampleSite.publish(folder.resolve("one"), product, "1.0.1");
        assertRefused(command("feature", "add", SampleSite.FEATURE), "is not trusted any more");
        assertEquals(before, installed());
    }

    @Test
    void whatOthersNeedIsNotRemoved() throws IOException, InterruptedException {
        Map<String, String> before = installed();
        assertRefused(command("feature", "remove", "org.bindrae.core.feature"), "needed by org.bindrae.cuda.feature, org.bindrae.update.feature");
        assertRefused(command("feature", "remove", "org.bindrae.platform.feature"), "org.bindrae.core.feature");
        assertRefused(command("feature", "remove", "nothing"), "no feature nothing is installed");
        assertEquals(before, installed());
    }

    @Test
    void aServerThatIsNotThereOrSaysNothingIsAnError() throws IOException, InterruptedException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Run run = product.run(home, "", Map.of("BINDRAE_JAVA_OPTS", "-Dbindrae.update.timeout=1"), "site", "add",
                    "http://localhost:" + silent.getLocalPort());
            assertRefused(run, "did not answer for 1 s");
            int port = silent.getLocalPort();
            silent.close();
            assertRefused(command("site", "add", "http://localhost:" + port), "cannot be reached");
        }
        assertRefused(command("site", "add", "nothing.zip"), "no such folder or zip file");
    }

    @Test
    void fiftyTimesLeaveNothingBehind() throws IOException, InterruptedException {
        trust(site);
        StringBuilder lines = new StringBuilder();
        String measure = "lb -s\ncat /proc/self/status\necho " + MARK + "\n";
        for (int i = 0; i < TIMES; i++) {
            lines.append("feature add ").append(SampleSite.FEATURE).append("\nfeature remove ").append(SampleSite.FEATURE).append('\n');
            if (i == 1 || i == TIMES - 1) {
                lines.append("echo ").append(MARK).append('\n').append(measure);
            }
        }
        Run run = product.run(home, lines.toString());
        assertEquals(0, run.status(), run::toString);
        assertEquals(List.of(), run.err().stream().filter(line -> !line.startsWith("fetching ")).toList());
        String[] parts = run.out().split(MARK);
        assertEquals(bundles(parts[1]), bundles(parts[3]));
        assertEquals(threads(parts[1]), threads(parts[3]), 5);
        try (Stream<Path> states = Files.walk(product.folder().resolve("p2/org.eclipse.equinox.p2.engine/profileRegistry"))) {
            assertTrue(states.count() < 40);
        }
    }

    private static long bundles(String said) {
        return said.lines().filter(line -> line.matches(" *\\d+\\|.*")).count();
    }

    private static int threads(String said) {
        return said.lines().filter(line -> line.startsWith("Threads:")).mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", ""))).findFirst().orElse(0);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theWorkbenchHasNoOpenSocket() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(product.folder().resolve("bin/bindrae").toString()).redirectErrorStream(true);
        builder.environment().put("BINDRAE_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString());
        Process shell = builder.start();
        try {
            StringBuilder greeting = new StringBuilder();
            while (!greeting.toString().contains("help lists the commands")) {
                int next = shell.getInputStream().read();
                assertTrue(next >= 0, greeting::toString);
                greeting.append((char) next);
            }
            try (Stream<Path> files = Files.list(Path.of("/proc", String.valueOf(shell.pid()), "fd"))) {
                List<String> open = files.map(UpdateTest::target).toList();
                assertTrue(open.stream().anyMatch(file -> file.endsWith(".jar")), open::toString);
                assertEquals(List.of(), open.stream().filter(file -> file.startsWith("socket:")).toList());
            }
        } finally {
            shell.getOutputStream().close();
            assertTrue(shell.waitFor(1, TimeUnit.MINUTES));
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
