package org.bindrae.training.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.bindrae.training.Placement;
import org.bindrae.training.TrainingConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConfigurationsTest {
    private static final String RATE = "training.learningRate";

    @TempDir
    private Path temp;
    private Configurations configurations;

    private Path file(String name) {
        return temp.resolve("config").resolve(name + ".json");
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(temp.resolve("config"));
        Files.writeString(file(name), text);
    }

    private Configurations open() {
        configurations = new Configurations(temp.resolve("config"));
        return configurations;
    }

    @AfterEach
    void close() {
        if (configurations != null) {
            configurations.close();
        }
        assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter("bindrae-configurations"::equals).toList());
    }

    private RunSettings run(String named, String... assignments) throws IOException {
        ChosenConfiguration chosen = configurations.choose(named, List.of(assignments));
        Path folder = Files.createDirectories(temp.resolve("run"));
        return configurations.follow(folder, chosen.config(), FollowedConfiguration.of(chosen));
    }

    private Placement.Change change(RunSettings run) throws IOException {
        configurations.list();
        return run.change();
    }

    @Test
    void aFolderThatIsNotThereMeansTheDefaultsAndAFileThatComesIsFound() throws IOException {
        open();
        assertEquals(WorkbenchConfig.defaults(), configurations.choose(null, List.of()).config());
        write("workbench", "{\"training\": {\"epochs\": 3}}");
        assertEquals(3, configurations.choose(null, List.of()).config().training().epochs());
    }

    @Test
    void aNamedConfigurationGoesOverTheWorkbenchsAndAssignmentsOverBoth() throws IOException {
        write("workbench", "{\"training\": {\"epochs\": 3, \"seed\": 5, \"batchSamples\": 4}}");
        write("slow", "{\"training\": {\"epochs\": 30, \"seed\": 6}}");
        TrainingConfig training = open().choose("slow", List.of("training.seed=7")).config().training();
        assertEquals(List.of(30L, 7L, 4L), List.of((long) training.epochs(), training.seed(), (long) training.batchSamples()));
        Path elsewhere = Files.writeString(temp.resolve("own.json"), "{\"training\": {\"epochs\": 9}}");
        ChosenConfiguration own = configurations.choose(elsewhere.toString(), List.of());
        assertEquals(9, own.config().training().epochs());
        assertEquals(5, own.config().training().seed());
        assertEquals(Set.of("training.epochs"), own.fixed());
        assertEquals("slow", configurations.choose(file("slow").toString(), List.of()).name());
        assertTrue(assertThrows(ConfigException.class, () -> configurations.choose("fast", List.of())).getMessage().contains("slow, workbench"));
    }

    @Test
    void whatComesWithTheWorkbenchHasANameAndAFileOfThatNameLiesOverIt() throws IOException {
        write("workbench", "{\"training\": {\"seed\": 5, \"weightDecay\": 0.3}}");
        open();
        WorkbenchConfig packer = configurations.choose("packer", List.of()).config();
        assertEquals(WorkbenchConfig.packer().model(), packer.model());
        assertEquals(5, packer.training().seed());
        assertEquals(WorkbenchConfig.packer().training().weightDecay(), packer.training().weightDecay());
        List<ConfigDifference> differences = configurations.set("packer", List.of("training.epochs=7"));
        assertEquals(List.of("training.epochs: 100 → 7"), differences.stream().map(ConfigDifference::toString).toList());
        WorkbenchConfig longer = configurations.choose("packer", List.of()).config();
        assertEquals(WorkbenchConfig.packer().model(), longer.model());
        assertEquals(7, longer.training().epochs());
    }

    @Test
    void aRunOfWhatComesWithTheWorkbenchFollowsTheWorkbenchToo() throws IOException {
        write("workbench", "{}");
        open();
        RunSettings run = run("packer");
        write("workbench", "{\"training\": {\"checkpointInterval\": 7, \"weightDecay\": 0.3}}");
        assertEquals(List.of("training.checkpointInterval: 0 → 7"), change(run).differences());
    }

    @Test
    void aRunTakesOverWhatMayChange() throws IOException {
        write("workbench", "{}");
        open();
        RunSettings run = run(null);
        assertNull(change(run));
        write("workbench", "{\"training\": {\"learningRate\": 1e-4, \"loss\": {\"clash\": 0.5}}}");
        Placement.Change change = change(run);
        assertEquals(List.of("training.learningRate: 5e-4 → 1e-4", "training.loss.clash: 0.1 → 0.5"), change.differences());
        assertEquals(1e-4, change.training().learningRate());
        assertEquals(run.config(), new ConfigFormat().parse(change.config(), "change", List.of()));
        assertNull(change(run));
    }

    @Test
    void aChangeIsRefusedWholeWhenOneOfItsKeysCannotChange() throws IOException {
        write("workbench", "{}");
        open();
        RunSettings run = run(null);
        write("workbench", "{\"training\": {\"learningRate\": 1e-4}, \"model\": {\"depth\": 9}}");
        assertNull(change(run));
        String refusal = run.refusal();
        assertTrue(refusal.matches("model\\.depth: \\d+ → 9 cannot change during a run.*"), refusal);
        assertNull(run.refusal(), "told once");
        assertEquals(refusal, run.refused());
        assertEquals(WorkbenchConfig.defaults(), run.config());
        write("workbench", "{\"training\": {\"learningRate\": 1e-4}}");
        assertEquals(List.of("training.learningRate: 5e-4 → 1e-4"), change(run).differences());
        assertEquals("", run.refused());
    }

    @Test
    void aRunKeepsItsSettingsWhileItsFileIsDeletedEmptyOrInvalid() throws IOException {
        write("workbench", "{\"training\": {\"learningRate\": 1e-3}}");
        open();
        RunSettings run = run(null);
        for (String text : List.of("", "{\"training\": {\"learningRate\": 2e-3", "{\"training\": {\"learningRate\": -1}}", "{\"trainig\": {}}",
                " ".repeat(2_000_000))) {
            write("workbench", text);
            assertNull(change(run));
            assertTrue(run.refusal().startsWith(file("workbench").toString()), run.refused());
            assertThrows(ConfigException.class, () -> configurations.choose(null, List.of()), "a new command does not use what is not there");
        }
        Files.delete(file("workbench"));
        assertNull(change(run));
        assertTrue(run.refusal().contains("was deleted"), run.refused());
        assertEquals(1e-3, run.config().training().learningRate());
        write("workbench", "{\"training\": {\"learningRate\": 2e-3}}");
        assertEquals(List.of("training.learningRate: 0.001 → 0.002"), change(run).differences());
    }

    @Test
    void whatWasSetByHandStays() throws IOException {
        write("workbench", "{}");
        open();
        RunSettings run = run(null, RATE + "=3e-4");
        assertEquals(List.of("training.gradientClip: 1 → 2"), run.set(List.of("training.gradientClip=2")).stream().map(ConfigDifference::toString).toList());
        assertThrows(ConfigException.class, () -> run.set(List.of("training.epochs=3")));
        write("workbench", "{\"training\": {\"learningRate\": 1e-4, \"gradientClip\": 5, \"patience\": 3}}");
        assertEquals(List.of("training.gradientClip: 1 → 2", "training.patience: 10 → 3"), change(run).differences());
        assertEquals(Set.of(RATE, "training.gradientClip"), FollowedConfiguration.read(temp.resolve("run")).fixed());
    }

    @Test
    void severalRunsFollowOneFileAndThoseOfANameTheWorkbenchsToo() throws IOException {
        write("workbench", "{}");
        write("slow", "{\"training\": {\"learningRate\": 1e-5}}");
        open();
        RunSettings first = run(null);
        RunSettings second = run(null);
        RunSettings slow = run("slow");
        write("workbench", "{\"training\": {\"learningRate\": 1e-4, \"patience\": 3}}");
        assertEquals(2, change(first).differences().size());
        assertEquals(2, change(second).differences().size());
        assertEquals(List.of("training.patience: 10 → 3"), change(slow).differences());
        second.close();
        write("workbench", "{\"training\": {\"patience\": 4}}");
        assertEquals(2, change(first).differences().size());
        assertNull(change(second));
    }

    @Test
    void aFileIsSeenToChangeWhateverItsTimeAndHoweverItIsReplaced() throws IOException {
        write("workbench", "{\"training\": {\"seed\": 1}}");
        FileTime time = Files.getLastModifiedTime(file("workbench"));
        open();
        write("workbench", "{\"training\": {\"seed\": 2}}");
        Files.setLastModifiedTime(file("workbench"), time);
        assertEquals(2, configurations.choose(null, List.of()).config().training().seed());
        Path other = Files.writeString(temp.resolve("other"), "{\"training\": {\"seed\": 3}}");
        Files.setLastModifiedTime(other, time);
        Files.move(other, file("workbench"), StandardCopyOption.ATOMIC_MOVE);
        assertEquals(3, configurations.choose(null, List.of()).config().training().seed());
    }

    @Test
    void halfOfAFileIsNotTaken() throws IOException {
        List<String> heard = new ArrayList<>();
        ConfigurationFolder folder = new ConfigurationFolder(temp.resolve("config"), new ConfigFormat(), new ConfigurationFolder.Listener() {
            @Override
            public void says(String name, Map<String, Object> values) {
                heard.add(name + values);
            }

            @Override
            public void gone(String name) {
                heard.add(name + " gone");
            }

            @Override
            public void unusable(String name, String reason) {
                heard.add(name + " unusable");
            }
        });
        write("a", "{\"training\": {\"seed\": 1}}");
        assertFalse(folder.look());
        write("a", "");
        assertTrue(folder.look());
        write("a", "{\"training\": {\"seed\": 2}}");
        assertTrue(folder.look());
        assertFalse(folder.look());
        Files.delete(file("a"));
        assertTrue(folder.look());
        write("a", "{\"training\": {\"seed\": 2}}");
        assertFalse(folder.look(), "an editor that writes anew");
        assertEquals(List.of("a{training.seed=1}", "a{training.seed=2}"), heard);
    }

    @Test
    void aConfigurationOfOtherOriginIsCheckedLikeAFileAndTextIsTakenForNumbers() throws IOException {
        open();
        RunSettings run = run(null);
        configurations.receive("workbench", Map.of("service.pid", "org.bindrae.configuration~workbench", RATE, "2e-4", "training.patience", 3));
        assertEquals(List.of("training.learningRate: 5e-4 → 2e-4", "training.patience: 10 → 3"), change(run).differences());
        configurations.receive("workbench", Map.of(RATE, "fast"));
        assertTrue(run.refusal().contains("'training.learningRate' is \"fast\""), run.refused());
        configurations.forget("workbench");
        assertTrue(run.refusal().contains("deleted"), run.refused());
    }

    @Test
    void staleConfigurationsGoAndOthersStay() throws IOException {
        Map<String, Map<String, Object>> held = new HashMap<>(Map.of("old", Map.of("training.seed", 4L), "other", Map.of("training.seed", 5L)));
        ConfigurationStore store = new ConfigurationStore() {
            @Override
            public Map<String, Map<String, Object>> all() {
                return held;
            }

            @Override
            public void put(String name, Map<String, Object> values) {
                held.put(name, values);
                configurations.receive(name, values);
            }

            @Override
            public void remove(String name) {
                held.remove(name);
                configurations.forget(name);
            }

            @Override
            public void retain(Set<String> names) {
                held.keySet().removeIf(name -> !names.contains(name) && !name.equals("other"));
                held.forEach(configurations::receive);
            }
        };
        write("workbench", "{\"training\": {\"seed\": 1}}");
        open().use(store);
        assertEquals(Set.of("workbench", "other"), configurations.list().keySet());
    }

    @Test
    void filesCountWhereNothingCanBeStored() throws IOException {
        ConfigurationStore store = new ConfigurationStore() {
            @Override
            public Map<String, Map<String, Object>> all() {
                return Map.of();
            }

            @Override
            public void put(String name, Map<String, Object> values) throws IOException {
                throw new IOException("read-only");
            }

            @Override
            public void remove(String name) throws IOException {
                throw new IOException("read-only");
            }

            @Override
            public void retain(Set<String> names) {
                // there is nothing
            }
        };
        write("workbench", "{\"training\": {\"seed\": 1}}");
        open().use(store);
        assertEquals(1, configurations.choose(null, List.of()).config().training().seed());
        write("workbench", "{\"training\": {\"seed\": 2}}");
        assertEquals(2, configurations.choose(null, List.of()).config().training().seed());
        Files.delete(file("workbench"));
        assertEquals(WorkbenchConfig.defaults(), configurations.choose(null, List.of()).config());
    }

    @Test
    void settingAValueWritesTheFileOnlyIfAllOfItIsValid() throws IOException {
        open();
        assertEquals(List.of("training.learningRate: 5e-4 → 1e-4"),
                configurations.set("workbench", List.of(RATE + "=1e-4")).stream().map(ConfigDifference::toString).toList());
        String written = Files.readString(file("workbench"));
        assertThrows(ConfigException.class, () -> configurations.set("workbench", List.of("training.epochs=0")));
        assertThrows(ConfigException.class, () -> configurations.set("../x", List.of("training.epochs=1")));
        assertEquals(written, Files.readString(file("workbench")));
        write("workbench", "{");
        assertThrows(ConfigException.class, () -> configurations.set("workbench", List.of(RATE + "=1e-4")));
    }

    @Test
    void theFolderIsInTheInstanceAreaUnlessAPropertyNamesOne() {
        assertEquals(Path.of("/w s/config"), Configurations.folder(null, "file:/w s/"));
        assertEquals(Path.of("/c"), Configurations.folder("/c", "file:/w/"));
        assertNull(Configurations.folder(null, "@none"));
        assertNull(Configurations.folder(null, null));
    }
}
