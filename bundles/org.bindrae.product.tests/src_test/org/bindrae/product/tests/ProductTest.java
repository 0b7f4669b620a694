package org.bindrae.product.tests;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.bindrae.product.tests.Product.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class ProductTest {
    private static final Path SAMPLE = Path.of("../org.bindrae.samples/samples/1CRN.pdb");
    private static final int USAGE = 2;

    private static Product product;

    @TempDir
    private Path home;

    @BeforeAll
    static void copyProduct(@TempDir Path folder) throws IOException {
        product = Product.copyTo(folder.resolve("the product"));
    }

    @BeforeEach
    @AfterEach
    void theFrameworkLoggedNoError() throws IOException {
        try (Stream<Path> files = Files.list(product.folder().resolve("configuration"))) {
            assertEquals(List.of(), files.filter(file -> file.toString().endsWith(".log")).map(file -> read(file)).toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Run run(String... words) throws IOException, InterruptedException {
        return product.run(home, "", words);
    }

    @Test
    void helpListsTheCommandsAndSaysNothingElse() throws IOException, InterruptedException {
        Run run = run("help");
        assertEquals(0, run.status());
        assertTrue(run.out().contains("\n  train ") && run.out().contains("\n  predict "), run::out);
        assertEquals(List.of(), run.err());
    }

    @Test
    void aCommandThatIsNotThereIsAnErrorOfUsageThatNamesThoseThatAre() throws IOException, InterruptedException {
        Run run = run("nothing");
        assertEquals(USAGE, run.status());
        assertEquals(1, run.err().size(), run::toString);
        assertTrue(run.err().getFirst().matches("bindrae: there is no command 'nothing'; known here: .*\\bpredict\\b.* \\(see: help\\)"), run::toString);
        assertEquals("", run.out());
    }

    @Test
    void wordsReachTheCommandAsTheyWereWritten() throws IOException, InterruptedException {
        for (String word : List.of("a b", "$HOME", "\"quoted\" 'twice'", "a;b|c&d", "{x} [y] (z)", "back\\slash", "*", "übermäßig", "")) {
            Run run = run("help", word);
            assertEquals(USAGE, run.status(), word);
            assertTrue(run.err().getFirst().contains("'" + word + "'"), run::toString);
        }
    }

    @Test
    void wordsThatTheLauncherOfEquinoxKnowsAreTheCommandsOwn() throws IOException, InterruptedException {
        for (String word : List.of("-data", "-console", "-clean")) {
            Run run = run("help", word);
            assertEquals(USAGE, run.status(), word);
            assertTrue(run.err().getFirst().contains("'" + word + "'"), run::toString);
        }
    }

    @Test
    void aStackTraceIsShownOnRequestOnly() throws IOException, InterruptedException {
        assertEquals(1, run("help", "--nothing").err().size());
        Run verbose = run("help", "--nothing", "--verbose");
        assertEquals(USAGE, verbose.status());
        assertTrue(verbose.err().stream().anyMatch(line -> line.startsWith("\tat ")), verbose::toString);
    }

    @Test
    void filesAreLookedForInTheFolderOfTheCaller() throws IOException, InterruptedException {
        Files.copy(SAMPLE, home.resolve("my $file;.pdb"));
        Run found = run("inspect", "my $file;.pdb");
        assertEquals(0, found.status(), found::toString);
        assertTrue(found.out().contains("46"), found::out);
        Run missing = run("inspect", "no file.pdb");
        assertEquals(1, missing.status());
        assertTrue(missing.err().stream().anyMatch(line -> line.contains("no file.pdb")), missing::toString);
    }

    @Test
    void aFreshInstallationPredictsWithItsOwnModel() throws IOException, InterruptedException {
        Files.copy(SAMPLE, home.resolve("1CRN.pdb"));
        Run models = run("models");
        assertEquals(0, models.status(), models::toString);
        assertTrue(models.out().contains("packer-small") && models.out().contains("repack"), models::out);
        Run predicted = run("predict", "1CRN.pdb");
        assertEquals(0, predicted.status(), predicted::toString);
        assertTrue(predicted.out().startsWith("network: packer-small (installed model)"), predicted::out);
        assertEquals(List.of("1CRN-predicted.pdb", "1CRN.pdb"), files());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theVersionNamesTheProduct() throws IOException, InterruptedException {
        Run run = run("--version");
        assertEquals(0, run.status());
        assertTrue(run.out().startsWith("BINDRAE Workbench 0."), run::out);
    }

    @Test
    void theShellGreetsAndEndsWithItsInput() throws IOException, InterruptedException {
        Run run = product.run(home, "help split\n");
        assertEquals(0, run.status());
        assertTrue(run.out().contains("BINDRAE Workbench: help lists the commands") && run.out().contains("Usage: split"), run::toString);
    }

    @Test
    void aListingIsOneJsonDocumentOnRequest() throws IOException, InterruptedException {
        Run run = run("help", "--json");
        assertEquals(0, run.status(), run::toString);
        assertTrue(run.out().strip().startsWith("[") && run.out().strip().endsWith("]") && run.out().contains("\"command\" : \"predict\""), run::out);
    }

    @Test
    void commandsRunSideBySide() throws InterruptedException, ExecutionException {
        List<Future<Run>> runs = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                runs.add(executor.submit(() -> run("help")));
            }
        }
        List<Run> ended = new ArrayList<>();
        for (Future<Run> run : runs) {
            ended.add(run.get());
        }
        assertAll(ended.stream().map(run -> () -> assertEquals(0, run.status(), run::toString)));
    }
}
