package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.shell.Candidates;
import org.bindrae.shell.Completion.Proposal;
import org.bindrae.shell.ShellCommand;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandCompletionTest {
    @AutoClose
    private final TestShell shell = new TestShell();

    @TempDir
    private Path folder;

    private record Fixed(String label, List<String> values) implements Candidates {
    }

    private List<String> propose(String typed, String... words) {
        List<ShellCommand<?>> commands = shell.commands().stream().filter(command -> !(command instanceof HelpCommand)).toList();
        return new CommandCompletion(commands, List.of(new Fixed("BACKEND", List.of("auto", "flash-cpu")))).proposals(List.of(words), typed, folder).stream()
                .map(Proposal::value).toList();
    }

    @Test
    void theFirstWordIsACommand() {
        List<String> commands = propose("");
        assertTrue(commands.containsAll(List.of("prepare", "verify-vectors", "help")), commands::toString);
        assertEquals(commands, propose("", "help"));
    }

    @Test
    void optionsComeFromTheModelAndAnUsedOneNotAgain() {
        assertTrue(propose("-", "split", "samples").containsAll(List.of("--out", "--by", "--seed", "--help")));
        List<String> left = propose("--", "split", "--seed", "1", "--out=s.json", "--by");
        assertTrue(left.isEmpty() || !left.contains("--seed"), left::toString);
        assertFalse(propose("--", "split", "--seed", "1").contains("--seed"));
        assertTrue(propose("--", "predict", "--set", "a=b").contains("--set"), "an option that may be repeated");
    }

    @Test
    void valuesAreConstantsCandidatesOrWordsOfTheLabel() {
        assertEquals(List.of("identity", "family", "target"), propose("", "split", "--by"));
        assertEquals(List.of("--by=identity", "--by=family", "--by=target"), propose("--by=f", "split"));
        assertEquals(List.of("attention", "layer", "step", "memory", "accuracy", "esm"), propose("", "bench"));
        assertEquals(List.of("auto", "flash-cpu"), propose("", "bench", "step", "--backend"));
        assertEquals(List.of("fp64", "fp32", "tf32", "bf16"), propose("b", "bench", "--precision"));
    }

    @Test
    void keysOfTheConfigurationAndTheirValuesAreKnown() {
        List<String> keys = propose("tr", "predict", "--set");
        assertTrue(keys.contains("training.learningRate=") && keys.contains("model.edge.mode="), keys::toString);
        assertTrue(propose("training.task=", "predict", "--set").containsAll(List.of("training.task=repack", "training.task=denoise")));
    }

    @Test
    void filesAreThoseBesideWhatWasTyped() throws IOException {
        Files.createDirectories(folder.resolve("my data/deep"));
        Files.createFile(folder.resolve("my data/a b.pdb"));
        Files.createFile(folder.resolve(".hidden"));
        assertEquals(List.of("my data/"), propose("", "inspect"));
        assertEquals(List.of("my data/a b.pdb", "my data/deep/"), propose("my data/a", "inspect"));
        assertTrue(propose(".h", "inspect").contains(".hidden"));
        assertEquals(List.of(), propose("nowhere/", "inspect"));
        assertEquals(List.of("my data/"), propose("", "cat"), "commands of others take files");
    }
}
