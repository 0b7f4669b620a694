package org.bindrae.training.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.bindrae.edge.Distance;
import org.bindrae.training.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;

class ConfigFormatTest {
    private final ConfigFormat format = new ConfigFormat();

    private String failure(String text, String... assignments) {
        return assertThrows(ConfigException.class, () -> format.parse(text, "my.json", List.of(assignments))).getMessage();
    }

    @Test
    void anEmptyFileMeansTheDefaults() throws IOException {
        assertEquals(WorkbenchConfig.defaults(), format.parse("{}", "my.json", List.of()));
    }

    @Test
    void aFileSaysSomeValuesAndAssignmentsOverrideIt() throws IOException {
        WorkbenchConfig config = format.parse("""
                { // a comment
                  "training": {"epochs": 7, "learningRate": 0.01, "task": "denoise"},
                  "model": {"edge": {"distance": "rbf"}},
                }""", "my.json", List.of("training.epochs=9", "attention.backend=reference", "compute.precision=fp64"));
        assertEquals(9, config.training().epochs());
        assertEquals(0.01, config.training().learningRate());
        assertEquals(Task.DENOISE, config.training().task());
        assertEquals("fp64", config.compute().precision());
        assertEquals(Distance.RBF, config.model().edge().distance());
        assertEquals("reference", config.attention().backend());
        assertEquals(WorkbenchConfig.defaults().model().attention(), config.model().attention());
    }

    @Test
    void whatIsWrittenReadsBack() throws IOException {
        WorkbenchConfig config = format.defaults(List.of("model.depth=1", "training.loss.clash=0"));
        assertEquals(config, format.parse(format.json(config), "written", List.of()));
        assertEquals(config, format.parse(format.commented(config), "written", List.of()));
        assertTrue(format.commented(config).contains("// repack: "), "enumerations are explained");
    }

    @Test
    void aFileOfANewerVersionIsRefusedWhateverElseItSays() throws IOException {
        assertEquals(WorkbenchConfig.defaults(), format.parse("{\"version\": 1}", "my.json", List.of()));
        assertEquals("my.json: written by a newer workbench (format 2, this one reads up to 1): update the workbench, or take the file of an older one",
                assertThrows(ConfigException.class, () -> format.parse("{\"version\": 2, \"unheard\": {}}", "my.json", List.of())).getMessage());
        assertTrue(assertThrows(ConfigException.class, () -> format.parse("{\"version\": \"new\"}", "my.json", List.of())).getMessage()
                .startsWith("my.json: its version is new"));
    }

    @Test
    void anUnknownKeyIsAnErrorThatSuggestsTheNearest() {
        assertEquals("my.json: unknown key 'training.epoch'; did you mean 'training.epochs'?", failure("{\"training\": {\"epoch\": 1}}"));
        assertTrue(failure("{}", "training.loss.fap=1").contains("did you mean 'training.loss.fape'?"));
        assertTrue(failure("{\"zzzzzz\": 1}").contains("known here: data, preparation, embedding, attention, compute, model, training"));
    }

    @Test
    void aWrongValueIsAnErrorThatNamesTheKey() {
        assertTrue(failure("{\"training\": {\"epochs\": 0}}").contains("'training.epochs' is 0"));
        assertTrue(failure("{\"training\": {\"epochs\": \"many\"}}").contains("'training.epochs' is \"many\""));
        assertTrue(failure("{\"training\": {\"epochs\": 1.5}}").contains("'training.epochs' is 1.5"));
        assertTrue(failure("{\"training\": {\"task\": \"fold\"}}").contains("'training.task'"));
        assertTrue(failure("{\"training\": 3}").contains("'training'"));
        assertTrue(failure("{\"training\": {\"epochs\": null}}").contains("'training.epochs'"));
        assertTrue(failure("{\"model\": {\"cS\": 100, \"ligand\": {\"heads\": 7}}}").contains("cS must be a multiple of ligand.heads"));
    }

    @Test
    void textThatIsNoJsonIsAnErrorThatNamesThePlace() {
        assertTrue(failure("{\n\"training\": }").startsWith("my.json, line 2, column "));
        assertTrue(failure("[]").contains("a configuration is a JSON object"));
        assertTrue(failure("{\"attention\": {}, \"attention\": {}}").contains("Duplicate"));
        assertTrue(failure("{}", "training.epochs").contains("write key.key=value"));
        assertFalse(failure("{} {}").isEmpty());
    }

    @Test
    void aLongFileIsRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("long.json");
        Files.writeString(file, " ".repeat((1 << 20) + 1));
        assertTrue(assertThrows(ConfigException.class, () -> format.read(file, List.of())).getMessage().contains("too long"));
    }

    @Test
    void theSchemaSaysWhatTheRecordsSay() {
        compare(format.schema().json(), WorkbenchConfig.class, "");
    }

    @Test
    void theTrainerAgreesOnWhatMayChangeDuringARun() throws IOException {
        WorkbenchConfig defaults = WorkbenchConfig.defaults();
        for (Map.Entry<String, Object> entry : format.values(defaults).entrySet()) {
            String key = entry.getKey();
            if (!key.startsWith("training.")) {
                assertEquals(key.startsWith("attention."), format.schema().live(key), key);
                continue;
            }
            Object other = switch (entry.getValue()) {
                case Long number -> number + 1;
                case Double number -> number / 2;
                default -> key.equals("training.task") ? "denoise" : "chi1";
            };
            WorkbenchConfig changed = format.defaults(List.of(key + "=" + other));
            if (format.schema().live(key)) {
                defaults.training().requireSameRun(changed.training());
            } else {
                assertThrows(IllegalStateException.class, () -> defaults.training().requireSameRun(changed.training()), key);
            }
        }
    }

    @Test
    void aDeviceThatCanBeNoneIsRefused() throws IOException {
        assertTrue(failure("{\"compute\": {\"device\": \"gpu\"}}")
                .contains("compute.device must be auto, cpu, or kind and number of a device such as cuda:0, not gpu"));
        assertEquals("cuda:7", format.defaults(List.of("compute.device=cuda:7")).compute().device());
    }

    private static void compare(JsonNode schema, Class<?> record, String path) {
        Set<String> described = new TreeSet<>();
        schema.path("properties").fieldNames().forEachRemaining(described::add);
        Set<String> components = new TreeSet<>(Arrays.stream(record.getRecordComponents()).map(RecordComponent::getName).toList());
        assertEquals(components, described, "keys of " + path);
        for (RecordComponent component : record.getRecordComponents()) {
            JsonNode property = schema.get("properties").get(component.getName());
            String name = path + component.getName();
            assertFalse(property.path("description").asText().isBlank(), name + " has no description");
            Class<?> type = component.getType();
            if (type.isRecord()) {
                compare(property, type, name + ".");
            } else if (type.isEnum()) {
                Set<String> values = new TreeSet<>();
                property.get("enum").forEach(value -> values.add(value.asText()));
                assertEquals(new TreeSet<>(Arrays.stream(type.getEnumConstants()).map(c -> ((Enum<?>) c).name().toLowerCase(java.util.Locale.ROOT)).toList()),
                        values, name);
            }
        }
    }
}
