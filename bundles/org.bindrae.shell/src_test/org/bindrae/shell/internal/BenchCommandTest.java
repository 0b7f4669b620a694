package org.bindrae.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

class BenchCommandTest {
    private final TestShell shell = new TestShell();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        shell.close();
    }

    @Test
    void aLayerIsTimedInATableAndAFile() throws IOException {
        Path file = folder.resolve("layer.json");
        String out = shell.run("bench", "layer", "--device", "cpu", "--model", "small", "--lengths", "9,17", "--batch", "2", "--json", file);
        assertTrue(out.contains("forward+backward ms") && out.contains("flash-cpu"), out);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals("layer", json.get("subject").asText());
        assertEquals(2, json.get("rows").size());
        assertEquals(17, json.get("rows").get(1).get("N").asInt());
        assertTrue(json.get("rows").get(0).get("forward ms").asDouble() > 0);
        assertEquals("cpu", json.get("machine").get("device").asText());
    }

    @Test
    void whatCannotBeTimedIsAnError() {
        assertTrue(shell.fails("bench", "layer", "--device", "cuda:7").contains("there is no device 'cuda:7'; there are cpu"));
        assertTrue(shell.fails("bench", "layer", "--device", "cpu", "--precision", "bf16").contains("cpu computes with fp32 or fp64"));
        shell.misunderstands("bench", "layer", "--batch", "0");
        shell.misunderstands("bench", "everything");
    }
}
