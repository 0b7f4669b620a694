package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.bindrae.shell.Display;
import org.bindrae.shell.ShellCommand;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What all commands have in common. */
class CommandLineTest {
    @AutoClose
    private final TestShell shell = new TestShell();

    @Test
    void everyCommandExplainsItself() {
        assertEquals(21, shell.commands().size());
        for (ShellCommand<?> command : shell.commands()) {
            assertFalse(command.summary().isBlank(), command.name());
            assertEquals(1, command.summary().lines().count(), command.name());
            for (String option : List.of("--help", "-h")) {
                String help = shell.run(command.name(), option);
                assertTrue(help.startsWith("Usage: " + command.name()), help);
                assertTrue(help.contains("--help"), help);
                assertEquals(ShellCommand.usage(command.model().commandLine(), Display.FILE), help);
            }
        }
    }

    @Test
    void everyOptionAndParameterIsDescribed() {
        for (ShellCommand<?> command : shell.commands()) {
            for (var argument : command.model().args()) {
                assertTrue(argument.description().length > 0, command.name() + " " + argument.paramLabel());
            }
        }
    }

    /** Gogo lists a command with the description of the method of its name, with dashes as capitals. */
    @Test
    void everyCommandHasAMethodForTheShell() throws ReflectiveOperationException {
        for (ShellCommand<?> command : shell.commands()) {
            String name = methodName(command.name());
            Method method = command.getClass().getMethod(name, CommandSession.class, String[].class);
            assertFalse(method.getAnnotation(Descriptor.class).value().isBlank(), name);
        }
    }

    private static String methodName(String command) {
        String[] words = command.split("-");
        return words[0] + Arrays.stream(words).skip(1).map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
    }

    @Test
    void helpListsAllCommandsAndExplainsOne() {
        String list = shell.run("help");
        for (ShellCommand<?> command : shell.commands()) {
            assertTrue(list.lines().anyMatch(line -> line.strip().startsWith(command.name() + " ") && line.endsWith(command.summary())), list);
        }
        assertTrue(shell.run("help", "predict").startsWith("Usage: predict"));
        assertTrue(shell.misunderstands("help", "predicct").contains("predicct"));
    }

    @Test
    void anUnknownOptionIsNamedWithWhatMayBeMeant() {
        String message = shell.misunderstands("predict", "a.pdb", "--checkpoint", "run", "--out", "b.pdb", "--overwrit");
        assertTrue(message.contains("--overwrit") && message.contains("did you mean --overwrite?") && message.contains("help predict"), message);
        for (ShellCommand<?> command : shell.commands()) {
            shell.misunderstands(command.name(), "--no-such-option");
        }
    }

    @Test
    void aMissingOptionIsNamed() {
        assertTrue(shell.misunderstands("prepare", "data").contains("--out"));
        assertTrue(shell.misunderstands("split", "samples").contains("--out"));
        assertTrue(shell.misunderstands("train", "samples", "--out", "run").contains("--split"));
        assertTrue(shell.misunderstands("evaluate", "samples", "--split", "s.json").contains("--out"));
        assertTrue(shell.misunderstands("export", "run").contains("--out"));
        assertTrue(shell.misunderstands("predict", "--checkpoint", "run", "--out", "b.pdb").contains("STRUCTURE"));
        assertTrue(shell.misunderstands("resume").contains("RUN"));
        assertTrue(shell.misunderstands("inspect").contains("FILE"));
        assertTrue(shell.misunderstands("verify-vectors").contains("DIR"));
    }

    @Test
    void aValueOfTheWrongKindIsNamedWithWhatIsPossible() {
        assertTrue(shell.misunderstands("predict", "a.pdb", "--checkpoint", "run", "--out", "b", "--format", "xyz").contains("xyz"));
        assertTrue(shell.misunderstands("split", "samples", "--out", "s.json", "--seed", "one").contains("one"));
        assertTrue(shell.misunderstands("evaluate", "samples", "--split", "s.json", "--out", "r", "--part", "all").contains("all"));
        assertTrue(shell.misunderstands("prepare", "data", "--out", "s", "--threads", "many").contains("many"));
        assertTrue(shell.misunderstands("prepare", "data", "--out", "s", "--threads", "0").contains("--threads must be at least 1"));
    }

    @Test
    void optionsThatNeedOneAnotherAreToldSo(@TempDir Path folder) throws Exception {
        TinyProject project = TinyProject.write(folder);
        project.prepare(shell);
        Path samples = project.samples();
        assertTrue(shell.misunderstands("split", samples, "--out", project.split(), "--by", "target").contains("--table"));
        assertTrue(shell.misunderstands("split", samples, "--out", project.split(), "--fractions", "0.5,0.5").contains("three numbers"));
        assertFalse(Files.exists(project.split()));
        project.split(shell);
        assertTrue(shell.misunderstands("train", "--split", project.split(), "--out", folder.resolve("run")).contains("train SAMPLES"));
        assertFalse(Files.exists(folder.resolve("run")));
    }
}
