package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.training.config.ConfigFormat;
import org.bindrae.training.config.WorkbenchConfig;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

class ConfigCommandTest {
    @AutoClose
    private final TestShell shell = new TestShell();
    @TempDir
    private Path folder;

    @Test
    void whatIsPrintedReadsBack() throws IOException {
        ConfigFormat format = new ConfigFormat();
        String commented = shell.run("config", "--defaults");
        assertEquals(WorkbenchConfig.defaults(), format.parse(commented, "commented", List.of()));
        assertTrue(commented.lines().filter(line -> line.strip().startsWith("//")).count() > 40, commented);
        String plain = shell.run("config", "--set", "training.epochs=7", "-s", "attention.backend=reference", "-s", "training.epochs=8");
        WorkbenchConfig read = format.parse(plain, "plain", List.of());
        assertEquals(8, read.training().epochs());
        assertEquals("reference", read.attention().backend());
        assertEquals(WorkbenchConfig.defaults().model(), read.model());
    }

    @Test
    void theCommandLineGoesOverTheFileAndTheFileOverTheDefaults() throws IOException {
        Path file = Files.writeString(folder.resolve("my.json"), "{\n  // a comment\n  \"training\": {\"epochs\": 3, \"seed\": 9}\n}\n");
        String out = shell.run("config", "--config", file, "--set", "training.seed=10");
        WorkbenchConfig config = new ConfigFormat().parse(out, "out", List.of());
        assertEquals(3, config.training().epochs());
        assertEquals(10, config.training().seed());
        assertEquals(WorkbenchConfig.defaults().training().learningRate(), config.training().learningRate());
    }

    @Test
    void theSchemaIsJsonAndKnowsTheKeys() throws IOException {
        JsonNode schema = new JsonMapper().readTree(shell.run("config", "--schema"));
        assertTrue(schema.path("properties").has("training"), schema.toString());
    }

    @Test
    void mistakesAreNamedWithFileAndPlace() throws IOException {
        Path file = folder.resolve("my.json");
        Files.writeString(file, "{\"training\": {\"epoch\": 3}}");
        String unknown = shell.fails("config", "-c", file);
        assertTrue(unknown.startsWith(file.toString()) && unknown.contains("epoch") && unknown.contains("training.epochs"), unknown);
        Files.writeString(file, "{\n  \"training\": {\"epochs\": }\n}");
        String syntax = shell.fails("config", "-c", file);
        assertTrue(syntax.startsWith(file + ", line 2"), syntax);
        Files.writeString(file, "{\"training\": {\"epochs\": -1}}");
        assertTrue(shell.fails("config", "-c", file).contains("epochs"));
        Files.writeString(file, "");
        assertTrue(shell.fails("config", "-c", file).startsWith(file.toString()));
        Path absent = folder.resolve("absent.json");
        assertTrue(shell.fails("config", "-c", absent).startsWith(absent + ": no such file"));
        assertTrue(shell.fails("config", "--set", "training.epochs").contains("key.key=value"));
        assertTrue(shell.fails("config", "--set", "training.epochs=many").contains("epochs"));
        assertTrue(shell.fails("config", "--set", "modell.cS=16").contains("model"));
        assertTrue(shell.fails("config", "--set", "model.cS=17").contains("cS"));
    }

    @Test
    void everyCommandWithAConfigurationChecksIt() throws IOException {
        Path file = Files.writeString(folder.resolve("my.json"), "{\"trainig\": {}}");
        Path structure = TinyComplex.of("ACDEFG").writePdb(folder.resolve("x.pdb"));
        for (List<Object> words : List.<List<Object>>of(List.of("backends"), List.of("inspect", structure),
                List.of("prepare", structure, "--out", folder.resolve("s")),
                List.of("predict", structure, "--checkpoint", folder, "--out", folder.resolve("y.pdb")))) {
            Object[] all = Stream.concat(words.stream(), Stream.of("--config", file)).toArray();
            assertTrue(shell.fails(all).contains("trainig"), words.toString());
        }
    }

    @Test
    void aValueIsSetShownComparedAndUsed() throws IOException {
        try (TestShell lab = new TestShell(folder.resolve("config"), new FlashCpuBackend(), new ReferenceBackend())) {
            assertEquals("training.learningRate: 5e-4 → 1e-4\nattention.backend: auto → reference\n",
                    lab.run("config", "set", "attention.backend=reference", "training.learningRate=1e-4").lines().sorted(Comparator.reverseOrder())
                            .map(line -> line + "\n").collect(Collectors.joining()));
            assertTrue(lab.run("backends").contains("\"reference\" takes reference"));
            assertTrue(lab.run("config", "show").lines().anyMatch(line -> line.matches("training.learningRate +1e-4 +5e-4 +yes")), lab.out());
            assertEquals(4, lab.run("config", "diff").strip().lines().count(), lab.out());
            assertEquals(2, new JsonMapper().readTree(lab.run("config", "diff", "--json")).size());
            assertEquals("no differences", lab.run("config", "diff", "workbench", folder.resolve("config/workbench.json")).strip());
            lab.run("config", "set", "--config", "slow", "training.epochs=99");
            assertEquals(99, new ConfigFormat().parse(lab.run("config", "--config", "slow"), "slow", List.of()).training().epochs());
            assertTrue(lab.run("config", "list").contains("slow"), lab.out());
            assertFalse(lab.run("config", "--defaults").contains("reference\""), "the defaults are those of the program");
            assertTrue(lab.fails("config", "set", "training.epochs=0").contains("training.epochs"));
            assertTrue(lab.fails("config", "set", "--job", "j7", "training.seed=0").contains("no job 'j7'"));
        }
    }

    @Test
    void aFileIsValidatedAndWhatItNamesThatIsNotHereIsSaid() throws IOException {
        Path file = Files.writeString(folder.resolve("my.json"), "{\"compute\": {\"device\": \"cuda:9\"}}");
        assertTrue(shell.run("config", "validate", file).contains("is valid"));
        assertTrue(shell.err().contains("warning: there is no device 'cuda:9'"), shell.err());
        Files.writeString(file, "{\"compute\": {\"device\": \"gpu\"}}");
        assertTrue(shell.fails("config", "validate", file).contains("not gpu"));
    }
}
