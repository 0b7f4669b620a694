package org.bindrae.training.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.bindrae.health.Finding;
import org.bindrae.health.Finding.State;
import org.bindrae.training.config.Configurations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationCheckTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatCannotBeUsedIsNamedWithTheReason() throws IOException {
        Files.writeString(folder.resolve("good.json"), "{\"training\": {\"epochs\": 3}}");
        Files.writeString(folder.resolve("bad.json"), "{\"training\": {\"epohcs\": 3}}");
        Files.writeString(folder.resolve("newer.json"), "{\"version\": 2}");
        try (Configurations configurations = new Configurations(folder)) {
            List<Finding> findings = new ConfigurationCheck(configurations).check();
            assertEquals(3, findings.size(), findings::toString);
            assertTrue(findings.getFirst().state() == State.OK && findings.getFirst().text().contains("good"), findings::toString);
            assertTrue(findings.stream().anyMatch(f -> f.subject().equals("configuration bad") && f.text().contains("epohcs")), findings::toString);
            assertTrue(findings.stream().anyMatch(f -> f.subject().equals("configuration newer") && f.text().contains("newer workbench")), findings::toString);
        }
    }

    @Test
    void withoutFilesTheDefaultsCount() throws IOException {
        try (Configurations configurations = new Configurations(folder)) {
            assertEquals(List.of(Finding.ok("configuration", "defaults, nothing in " + folder)), new ConfigurationCheck(configurations).check());
        }
    }
}
